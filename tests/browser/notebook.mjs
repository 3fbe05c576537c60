// notebook.mjs SERVER BROWSER: opens the copies in the classic notebook and works with them. One line for each check; fails if one fails.
import { chromium } from "playwright-core";

const [server, browserPath] = process.argv.slice(2);
const seconds = n => ({ timeout: n * 1000 });
const began = Date.now();
let failed = 0;

async function check(what, action) {
  try {
    await action();
    console.log(`ok: ${what} (${Math.round((Date.now() - began) / 1000)} s)`);
    return true;
  } catch (error) {
    failed++;
    console.log(`failed: ${what}: ${error.message.split("\n")[0]}`);
    return false;
  }
}

function expect(condition, found) {
  if (!condition) throw new Error(found);
}

async function poll(what, limit, read) {
  for (const end = Date.now() + limit * 1000; ;) {
    const value = await read();
    if (value) return value;
    expect(Date.now() < end, `${what} did not come within ${limit} s`);
    await new Promise(next => setTimeout(next, 200));
  }
}

await poll("Jupyter", 40, () => fetch(`${server}/api`).then(answer => answer.ok, () => false));
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
const complaints = [];

/** Opens a notebook and waits for its kernel. */
async function open(name) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  // MathJax, which Jupyter loads for formulas, tries a blank font. Some installations of Jupyter enable its widgets without their files.
  page.on("console", message => message.type() === "error" && message.location().url !== "about:blank"
    && !message.text().startsWith("Access to font at 'about:blank'")
    && !`${message.text()} ${message.location().url}`.includes("/nbextensions/widgets/") && complaints.push(`${message.text()} (${message.location().url})`));
  page.on("pageerror", error => complaints.push(error.message));
  page.on("dialog", dialog => dialog.accept().catch(() => { }));
  await page.goto(`${server}/notebooks/${name}`, seconds(40));
  await page.waitForFunction(() => {
    const kernel = window.Jupyter?.notebook?.kernel;
    return kernel?.is_connected() && kernel.info_reply.status === "ok";
  }, null, seconds(60));
  const kernel = await page.evaluate(() => Jupyter.notebook.kernel.name);
  expect(kernel === "approxnets", `found the kernel ${kernel}`);
  return page;
}

const errors = page => page.evaluate(() => [...document.querySelectorAll(".output_error, .output_stderr")]
  .map(element => element.innerText.slice(0, 200)));
const output = (page, cell) => page.evaluate(i => Jupyter.notebook.get_cell(i).output_area.element[0].innerText.trim(), cell);
const execute = (page, cell) => page.evaluate(i => Jupyter.notebook.execute_cells([i]), cell);
const done = (page, limit) => page.waitForFunction(() => Jupyter.notebook.get_cells()
  .every(cell => cell.cell_type !== "code" || cell.input_prompt_number !== "*") && !Jupyter.notebook.kernel_busy, null, seconds(limit));

let page;
if (await check("notebook 01 opens with its kernel", async () => { page = await open("01-approximate-multipliers.ipynb"); })) {
  await check("all cells of notebook 01 run without an error", async () => {
    await page.evaluate(() => Jupyter.notebook.execute_all_cells());
    await done(page, 90);
    const [count, cells] = await page.evaluate(() => {
      const cells = Jupyter.notebook.get_cells().filter(cell => cell.cell_type === "code");
      return [cells.filter(cell => cell.input_prompt_number > 0).length, cells.length];
    });
    const found = await errors(page);
    expect(found.length === 0, `found ${JSON.stringify(found[0])}`);
    expect(count === cells, `found ${count} of ${cells} cells executed`);
  });
  await check("Plotly draws at least 6 figures of notebook 01", async () => {
    const drawn = () => page.evaluate(() => [...document.querySelectorAll(".js-plotly-plot")]
      .filter(plot => plot.querySelector("svg.main-svg")).length);
    await poll("the sixth figure", 15, async () => await drawn() >= 6).catch(async () => expect(false, `found ${await drawn()}`));
    const missing = await page.evaluate(() => document.body.innerText.includes("plotly.js is not on this page"));
    expect(!missing, "a figure says that plotly.js is not on the page");
  });
  await check("a point of a chart has a label on hover", async () => {
    const point = page.locator(".js-plotly-plot .scatterlayer .point").first();
    await point.scrollIntoViewIfNeeded(seconds(10));
    await poll("the label", 10, async () => {
      const box = await point.boundingBox();
      await page.mouse.move(box.x - 3, box.y - 3);
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.waitForTimeout(300);
      return page.evaluate(() => [...document.querySelectorAll(".hoverlayer .hovertext")].some(label => label.textContent.trim() !== ""));
    });
  });
  // One kernel at a time is enough for a small machine.
  await page.evaluate(() => new Promise(next => Jupyter.notebook.session.delete(next, next))).catch(() => { });
  await page.close();
}

if (await check("a short notebook opens with its kernel", async () => { page = await open("short.ipynb"); })) {
  await check("a slider changes its chart", async () => {
    await page.evaluate(() => Jupyter.notebook.execute_cells([0, 1]));
    await done(page, 40);
    const plot = page.locator(".js-plotly-plot").first();
    const grip = plot.locator(".slider-grip-rect");
    await grip.scrollIntoViewIfNeeded(seconds(10));
    const state = () => plot.evaluate(p => [p.querySelector(".slider-group .slider-label").textContent,
      p.querySelector(".scatterlayer .js-line").getAttribute("d")]);
    const before = await state();
    expect(before[0] === "power: 1", `found the value '${before[0]}' at first`);
    const from = await grip.boundingBox(), rail = await plot.locator(".slider-rail-touch-rect").boundingBox();
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(rail.x + rail.width / 2, from.y + from.height / 2, { steps: 4 });
    await page.mouse.move(rail.x + rail.width - 4, from.y + from.height / 2, { steps: 4 });
    await page.mouse.up();
    await poll("the value 'power: 3'", 10, async () => (await state())[0] === "power: 3");
    await poll("another curve", 10, async () => (await state())[1] !== before[1]);
  });

  await check("Tab completes Mat to Math", async () => {
    await page.evaluate(() => {
      Jupyter.notebook.select(2);
      Jupyter.notebook.edit_mode();
      Jupyter.notebook.get_cell(2).code_mirror.focus();
    });
    await page.keyboard.type("Mat");
    await page.keyboard.press("Tab");
    await page.waitForSelector(".completions option", { ...seconds(20), state: "attached" });
    const names = await page.locator(".completions option").allTextContents();
    const wanted = names.findIndex(name => name.trim() === "Math");
    expect(wanted >= 0, `found ${names.slice(0, 8).join(", ")}`);
    for (let i = 0; i < wanted; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const text = await page.evaluate(() => Jupyter.notebook.get_cell(2).get_text());
    expect(text === "Math", `found '${text}' in the cell`);
  });

  await check("a training shows its progress while it runs", async () => {
    await execute(page, 3);
    const first = await poll("the first progress", 40, () => output(page, 3));
    await poll("further progress", 20, async () => await output(page, 3) !== first);
  });
  await check("an interrupt stops the training", async () => {
    const runs = await page.evaluate(() => Jupyter.notebook.get_cell(3).input_prompt_number === "*");
    expect(runs, "the training was over before the interrupt");
    await page.evaluate(() => Jupyter.notebook.kernel.interrupt());
    await done(page, 20);
  });
  await check("variables stay after the interrupt", async () => {
    await execute(page, 4);
    await poll("'117'", 20, async () => (await output(page, 4)).includes("117"));
  });
  await check("a cell runs after a restart, and the variables are gone", async () => {
    await page.evaluate(() => new Promise(next => {
      Jupyter.notebook.kernel.events.one("kernel_ready.Kernel", next);
      Jupyter.notebook.kernel.restart();
    }));
    await execute(page, 5);
    await poll("'2'", 40, async () => (await output(page, 5)).includes("2"));
    await execute(page, 4);
    await poll("the compiler's error", 20, async () => (await output(page, 4)).includes("'kept'"));
  });
}

await check("the console of the browser has no error", () =>
  expect(complaints.length === 0, complaints.map(complaint => complaint.slice(0, 200)).join(" | ")));
await browser.close();
process.exit(failed > 0 ? 1 : 0);
