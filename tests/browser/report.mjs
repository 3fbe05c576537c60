// report.mjs BROWSER PAGE HOSTILE SINGLE: opens pages of a report from their files. PAGE has charts and formulas and must draw them; HOSTILE is that of
// a notebook that tries to run scripts and to reach other machines, and must do neither; SINGLE is a report in one file. One line for each check;
// fails if one fails.
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";

const [browserPath, good, hostile, single] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
let failed = 0;

async function check(what, action) {
  try {
    await action();
    console.log(`ok: ${what}`);
  } catch (error) {
    failed++;
    console.log(`failed: ${what}: ${error.message.split("\n")[0]}`);
  }
}

function expect(condition, found) {
  if (!condition) throw new Error(found);
}

/** Opens a page and notes all that it does beyond showing itself. */
async function open(file, width, colorScheme = "light") {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const heard = [], url = pathToFileURL(file).href;
  page.on("console", message => heard.push(`console: ${message.text()}`));
  page.on("pageerror", error => heard.push(`error: ${error.message}`));
  page.on("dialog", dialog => { heard.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("popup", popup => heard.push(`popup: ${popup.url()}`));
  page.on("request", request => request.url() !== url && !/^(data|blob):/.test(request.url()) && heard.push(`request: ${request.url()}`));
  page.on("framenavigated", frame => frame.url().split("#")[0] !== url && heard.push(`navigation: ${frame.url()}`));
  await page.goto(url, { timeout: 60000 });
  await page.waitForLoadState("load");
  return { page, heard };
}

for (const [width, colorScheme] of [[1400, "light"], [390, "dark"]]) {
  const { page, heard } = await open(good, width, colorScheme);
  const figures = await page.locator("figure.an-figure").count();
  await check(`all ${figures} charts are drawn at ${width} pixels`, async () => {
    expect(figures > 0, "found no figure");
    await page.waitForFunction(n => document.querySelectorAll(".js-plotly-plot svg.main-svg .plot").length >= n, figures, { timeout: 30000 });
  });
  await check("all formulas are MathML", async () => {
    const [spans, math] = await page.evaluate(() => [document.querySelectorAll("span.math").length, document.querySelectorAll("span.math > math").length]);
    expect(spans > 0 && spans === math, `found ${math} of ${spans}`);
  });
  await check("the page is as wide as the window and of the right colour", async () => {
    const [page_, window_, colour] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth, getComputedStyle(document.body).backgroundColor]);
    expect(page_ <= window_, `found ${page_} of ${window_} pixels`);
    expect((colour === "rgb(255, 255, 255)") === (colorScheme === "light"), `found ${colour}`);
  });
  await check("charts have labels, and the colours of the page", async () => {
    const [labels, colours] = await page.evaluate(() => [
      [...document.querySelectorAll("figure.an-figure > div")].filter(chart => chart.getAttribute("role") !== "img" || !chart.getAttribute("aria-label")).length,
      [...new Set([...document.querySelectorAll("figure.an-figure svg.main-svg")].map(svg => svg.style.background).filter(colour => colour))]]);
    expect(labels === 0, `found ${labels} charts without a label`);
    const light = colours.some(colour => colour === "rgb(255, 255, 255)");
    expect(light === (colorScheme === "light"), `found ${colours.join(", ")}`);
  });
  await check("no chart, table or text reaches beyond its place", async () => {
    const beyond = await page.evaluate(() => [...document.querySelectorAll("main table, main figure, main h1, main h2, main p, main .card")]
      .filter(element => element.offsetParent && element.getBoundingClientRect().right > innerWidth + 1).map(element => element.outerHTML.slice(0, 80)));
    expect(beyond.length === 0, beyond.slice(0, 3).join(" | "));
    const boxes = await page.evaluate(() => [...document.querySelectorAll("figure.an-figure")].map(figure => figure.getBoundingClientRect())
      .map(({ top, bottom }) => [top, bottom]));
    expect(boxes.every(([top], i) => i === 0 || top >= boxes[i - 1][1] - 1), "two charts overlap");
  });
  await check("the contents follow, the code folds, and the first stop of the keyboard skips to the text", async () => {
    if (width > 1240) {
      await page.locator("main h2").last().scrollIntoViewIfNeeded();
      await page.waitForFunction(() => document.querySelector(".contents a[aria-current]"), null, { timeout: 5000 });
      const top = await page.evaluate(() => document.querySelector(".contents").getBoundingClientRect().top);
      expect(top >= 0 && top < 200, `found the contents at ${top} pixels`);
    }
    await page.locator("button.switch").click();
    expect(await page.locator("section.code > details[open]").count() === 0, "some code is still shown");
    await page.locator("button.switch").click();
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement.tagName === "A"), "found no link first");
  });
  await check("a point has a label on hover and a chart can be saved", async () => {
    const point = page.locator(".js-plotly-plot .scatterlayer .point").first();
    await point.scrollIntoViewIfNeeded();
    const box = await point.boundingBox();
    await page.mouse.move(box.x - 3, box.y - 3);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForFunction(() => [...document.querySelectorAll(".hoverlayer .hovertext")].some(label => label.textContent.trim() !== ""), null, { timeout: 10000 });
    if (width > 600) {
      const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20000 }),
        page.locator(".js-plotly-plot").first().locator(".modebar-btn[data-title*='png']").click({ force: true })]);
      expect(/\.png$/.test(download.suggestedFilename()), `found ${download.suggestedFilename()}`);
    }
  });
  await check("the browser has nothing to say", () => expect(heard.length === 0, heard.slice(0, 3).join(" | ")));
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/page-${width}.png`, fullPage: true });
  await page.close();
}

for (const width of [1200, 390]) {
  const { page, heard } = await open(single, width);
  await check(`the report in one file leads with its index and shows one page at a time at ${width} pixels`, async () => {
    const shown = () => page.evaluate(() => [...document.querySelectorAll("article.page")].filter(part => !part.hidden).map(part => part.id).join());
    expect(await shown() === "index", `found ${await shown()}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(!wide, "the index scrolls sideways");
    await page.locator("#index .card h3 a").first().click();
    await page.waitForFunction(() => !document.getElementById("notebook-1").hidden, null, { timeout: 5000 });
    expect(await shown() === "notebook-1", `found ${await shown()}`);
    const figures = await page.locator("#notebook-1 figure.an-figure").count();
    await page.waitForFunction(n => document.querySelectorAll("#notebook-1 .js-plotly-plot svg.main-svg .plot").length >= n, figures, { timeout: 30000 });
    await page.goBack();
    await page.waitForFunction(() => !document.getElementById("index").hidden, null, { timeout: 5000 });
  });
  await check("it raises no request and no message", () => expect(heard.length === 0, heard.slice(0, 3).join(" | ")));
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/single-${width}.png`, fullPage: true });
  await page.close();
}

const { page, heard } = await open(hostile, 1200);
await check("a hostile page shows and runs nothing", async () => {
  // Whatever waits for a pointer or for the focus gets it.
  for (const link of await page.locator("main a:not([href^='#'])").all()) {
    const href = await link.getAttribute("href");
    expect(!/^\s*(javascript|vbscript|data|blob|file):/i.test(href ?? ""), `found a link to ${href}`);
  }
  await page.evaluate(() => document.querySelectorAll("main a").forEach(link => link.addEventListener("click", event => event.preventDefault())));
  await page.evaluate(() => document.querySelectorAll("main *").forEach(element => {
    for (const type of ["click", "pointerover", "mouseenter", "focus", "toggle", "animationstart"]) element.dispatchEvent(new Event(type));
  }));
  await page.waitForTimeout(2000);
  const ran = await page.evaluate(() => window.ran ?? ({}).ran);
  expect(ran === undefined, "a script ran");
});
await check("its own scripts work beside it", async () => {
  const math = await page.locator("span.math > math").count();
  expect(math > 0, "found no formula drawn");
});
await check("it raises no request, dialog or message", () => expect(heard.length === 0, heard.slice(0, 5).join(" | ")));
if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/hostile.png` });
await browser.close();
process.exit(failed > 0 ? 1 : 0);
