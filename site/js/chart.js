// Bars over time: a row for each quantity, a column for each letter.

export const ROWS = [
  { key: "r", name: "r", says: "reset gate", role: "reset", low: 0 },
  { key: "z", name: "z", says: "update gate", role: "update", low: 0 },
  { key: "n", name: "n", says: "candidate", role: "candidate", low: -1 },
  { key: "h", name: "h", says: "state", role: "state", low: -1 },
  { key: "dh", name: "∂h_T / ∂h", says: "gradient", role: "gradient", low: -1 },
];
const [LEFT, COLUMN, HIGH, GAP, TOP] = [78, 34, 58, 14, 30];

function element(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

// Lay the chart out for these letters; return a function that moves the bars to new steps.
export function chart(svg, letters, choose) {
  const width = LEFT + COLUMN * letters.length + 4;
  const height = TOP + ROWS.length * (HIGH + GAP);
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.width = `${width}px`;
  const x = (t) => LEFT + COLUMN * t;
  const chosen = element("rect", { class: "chosen", y: 0, width: COLUMN, height, rx: 4 }, svg);
  letters.forEach((letter, t) => {
    const said = element("text", { class: "letter", x: x(t) + COLUMN / 2, y: 20 }, svg);
    said.textContent = letter === " " ? "␣" : letter;
  });
  const bars = ROWS.map((row, k) => {
    const top = TOP + k * (HIGH + GAP);
    const zero = row.low ? top + HIGH / 2 : top + HIGH;
    element("text", { class: "row", x: 0, y: top + HIGH / 2 }, svg).textContent = row.name;
    element("text", { class: "says", x: 0, y: top + HIGH / 2 + 15 }, svg).textContent = row.says;
    element("line", { class: "axis", x1: LEFT, x2: width, y1: zero, y2: zero }, svg);
    const unit = row.low ? HIGH / 2 : HIGH;
    return letters.map((_, t) => {
      const place = { x: x(t) + 6, y: zero - unit, width: COLUMN - 12, height: unit };
      const bar = element("rect", { class: `bar ${row.role}`, ...place }, svg);
      bar.style.transformOrigin = `0 ${zero}px`;
      return bar;
    });
  });
  letters.forEach((_, t) => {
    const column = element("rect", { class: "column", x: x(t), y: 0, width: COLUMN, height }, svg);
    column.addEventListener("pointerenter", () => choose(t));
    column.addEventListener("click", () => choose(t));
  });
  return (steps, at) => {
    chosen.setAttribute("x", x(at));
    ROWS.forEach((row, k) =>
      steps.forEach((s, t) => {
        const v = Math.max(-1, Math.min(1, s[row.key][0]));
        bars[k][t].style.transform = `scaleY(${v})`;
      }),
    );
  };
}
