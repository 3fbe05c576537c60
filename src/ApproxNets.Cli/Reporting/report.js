// Formulas and charts of the page, code that folds, contents that follow, tables on narrow pages; of a report in one file, one page at a
// time. What fails leaves the rest as it is.
const dark = matchMedia("(prefers-color-scheme: dark)");
const pages = [...document.querySelectorAll("article.page")];
const shades = { ffffff: "1c232b", "333333": "e3e8ee", "444444": "c9d1da", "000000": "e3e8ee", e6e6e6: "36404b", c8c8c8: "56616d", "888888": "8d99a6" };

function each(root, selector, act) {
  root.querySelectorAll(selector).forEach(element => { try { act(element); } catch { } });
}

function paint(figure, isDark) {
  const target = figure.querySelector("div"), caption = figure.querySelector("figcaption");
  const text = figure.querySelector(":scope > script").textContent;
  const data = JSON.parse(isDark ? text.replace(/"#([0-9a-f]{6})"/gi, (all, hex) => shades[hex.toLowerCase()] ? `"#${shades[hex.toLowerCase()]}"` : all) : text);
  target.setAttribute("role", "img");
  target.setAttribute("aria-label", caption ? caption.textContent : (((data.layout || {}).title || {}).text || "Chart"));
  draw(target, data, caption !== null, 0);
}

// On a narrow page a table that is wider becomes a list of its rows.
function stack(table) {
  if (innerWidth >= 600 || table.scrollWidth <= table.clientWidth) { return; }
  const titles = [...table.querySelectorAll("tr:first-child th")].map(title => title.textContent);
  table.querySelectorAll("tr").forEach(row => [...row.cells].forEach((cell, i) => { cell.dataset.title = titles[i] || ""; }));
  table.classList.add("stacked");
}

function follow(root) {
  const links = new Map([...root.querySelectorAll(".contents a")].map(link => [decodeURIComponent(link.hash.slice(1)), link]));
  const update = () => {
    let current = null;
    links.forEach((link, id) => {
      const heading = document.getElementById(id);
      if (heading && heading.getBoundingClientRect().top < 0.4 * innerHeight) { current = link; }
    });
    links.forEach(link => link === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
  };
  addEventListener("scroll", update, { passive: true });
  update();
  each(root, ".contents details", details => { details.open = innerWidth >= 1240; });
}

function render(root) {
  if (root.dataset.rendered) { return; }
  root.dataset.rendered = "yes";
  each(root, "span.math", formula =>
    temml.render(formula.textContent, formula, { displayMode: formula.classList.contains("display"), throwOnError: false }));
  each(root, "figure.an-figure", figure => paint(figure, dark.matches));
  each(root, "table", stack);
  each(root, ".layout", follow);
}

function repaint(isDark) {
  each(document, "[data-rendered] figure.an-figure", figure => paint(figure, isDark));
}

function show() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1))), found = target && target.closest("article.page");
  if (target && !found && pages.some(page => !page.hidden && page.dataset.rendered)) { return; }
  pages.forEach(page => { page.hidden = page !== (found || pages[0]); });
  render(found || pages[0]);
  (target && target !== found ? target : document.documentElement).scrollIntoView();
}

each(document, ".column", column => {
  if (!column.querySelector("section.code")) { return; }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "switch";
  button.textContent = "Hide code";
  button.addEventListener("click", () => {
    const hide = button.textContent === "Hide code";
    each(document, "section.code > details", details => { details.open = !hide; });
    each(document, "button.switch", other => { other.textContent = hide ? "Show code" : "Hide code"; });
  });
  column.prepend(button);
});

if (pages.length > 0) {
  addEventListener("hashchange", show);
  show();
} else {
  render(document.body);
}

// Paper is white.
dark.addEventListener("change", () => repaint(dark.matches));
addEventListener("beforeprint", () => { if (dark.matches) { repaint(false); } });
addEventListener("afterprint", () => { if (dark.matches) { repaint(true); } });
