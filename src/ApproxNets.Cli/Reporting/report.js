// Formulas and charts of the page. One that cannot be drawn stays as it is and leaves the others alone.
document.querySelectorAll("span.math").forEach(formula => {
  try {
    temml.render(formula.textContent, formula, { displayMode: formula.classList.contains("display"), throwOnError: false });
  } catch { }
});
document.querySelectorAll("figure.an-figure > script").forEach(data => {
  try {
    draw(data.parentNode.querySelector("div"), JSON.parse(data.textContent), data.parentNode.querySelector("figcaption") !== null, 0);
  } catch { }
});
