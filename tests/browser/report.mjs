// report.mjs BROWSER PAGE HOSTILE: opens two pages of a report from their files. PAGE has charts and formulas and must draw them; HOSTILE is that of
// a notebook that tries to run scripts and to reach other machines, and must do neither. One line for each check; fails if one fails.
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";

const [browserPath, good, hostile] = process.argv.slice(2);
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

for (const [width, colorScheme] of [[1200, "light"], [390, "dark"]]) {
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
if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/hostile.png`, fullPage: true });
await browser.close();
process.exit(failed > 0 ? 1 : 0);
