// What the theme's and Sphinx's markup lack for a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(".search-button-field[aria-label]")) {
    button.removeAttribute("aria-label"); // it has a text, and another than the label
  }
  for (const list of document.querySelectorAll("dt.sig dl, dt.sig dl > dd")) {
    list.setAttribute("role", "presentation"); // the arguments of one signature, line by line
  }
});
// What is too wide for the page scrolls by itself; the keyboard reaches it then.
const reach = () => {
  for (const e of document.querySelectorAll(".bd-article :is(table, pre, div.math, div.output)"))
    if (e.scrollWidth > e.clientWidth) e.tabIndex = 0;
};
addEventListener("load", reach);
addEventListener("resize", reach);
