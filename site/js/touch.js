import { overTime } from "./gru.js";
import { GATES, PRESETS, input, params, sliders } from "./presets.js";
import { ROWS, chart } from "./chart.js";

const page = document.getElementById("touch");
const find = (name) => page.querySelector(`[data-part=${name}]`);
const state = { weights: {}, letters: [], at: 0, draw: null };
const inputs = new Map();

function number(v) {
  return (v < 0 ? "−" : "") + Math.abs(v).toFixed(3);
}

function build() {
  for (const gate of GATES) {
    const group = document.createElement("fieldset");
    group.className = gate.role;
    group.innerHTML = `<legend>${gate.name}: weight on</legend>`;
    for (const [key, what] of sliders(gate.g)) {
      const label = document.createElement("label");
      label.innerHTML =
        `<span>${what}</span><input type="range" min="-8" max="8" step="0.1" value="0">` +
        "<output>0</output>";
      const [slider, shown] = [label.children[1], label.children[2]];
      slider.setAttribute("aria-label", `${gate.name}: ${/^bias/.test(what) ? what : `weight on ${what}`}`);
      slider.addEventListener("input", () => {
        state.weights[key] = Number(slider.value);
        shown.value = slider.value;
        compute();
      });
      inputs.set(key, [slider, shown]);
      group.append(label);
    }
    find("sliders").append(group);
  }
  for (const name of Object.keys(PRESETS)) find("preset").append(new Option(name));
  find("preset").addEventListener("change", () => take(PRESETS[find("preset").value]));
  find("text").addEventListener("input", read);
  find("step").addEventListener("input", () => choose(Number(find("step").value) - 1));
}

function take(weights) {
  state.weights = { ...weights };
  for (const [key, [slider, shown]] of inputs) {
    slider.value = weights[key] ?? 0;
    shown.value = slider.value;
  }
  compute();
}

function read() {
  state.letters = [...find("text").value];
  if (!state.letters.length) state.letters = [" "];
  state.at = Math.min(state.at, state.letters.length - 1);
  find("step").max = state.letters.length;
  state.draw = chart(find("chart"), state.letters, choose);
  compute();
}

function choose(t) {
  state.at = t;
  find("step").value = t + 1;
  compute();
}

function compute() {
  const steps = overTime(state.letters.map(input), [0], params(state.weights));
  state.draw(steps, state.at);
  const [s, t] = [steps[state.at], state.at];
  const letter = state.letters[t] === " " ? "space" : `“${state.letters[t]}”`;
  find("step").setAttribute("aria-valuetext", `step ${t + 1}, ${letter}`);
  const before = t ? steps[t - 1].h[0] : 0;
  find("says").textContent =
    `Step ${t + 1}, ${letter}: h = (1 − z) n + z h₋ = (1 − ${number(s.z[0])}) · ${number(s.n[0])} + ` +
    `${number(s.z[0])} · ${number(before)} = ${number(s.h[0])}. ` +
    `Of a nudge to this state ${number(s.dh[0])} arrives at the last one.`;
  find("numbers").innerHTML = steps
    .map((v, k) => {
      const cells = ROWS.map((row) => `<td>${number(v[row.key][0])}</td>`).join("");
      return `<tr><th scope="row">${k + 1}</th>${cells}</tr>`;
    })
    .join("");
  steps.forEach((_, k) => {
    const said = ` ${state.letters[k] === " " ? "space" : state.letters[k]}`;
    find("numbers").rows[k].cells[0].append(said);
  });
}

build();
state.draw = () => {};
state.letters = [" "];
take(PRESETS[find("preset").value]);
read();
choose(state.letters.length - 1);
