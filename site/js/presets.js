// What a letter is to the cell, its weights by name, and some cells to begin with.

export const INPUTS = ["vowel", "consonant", "space"];

// Return x_t: one of three numbers is 1. A vowel, another letter, or neither.
export function input(letter) {
  const kind = /[aeiouäöüyáéíóúàèìòù]/i.test(letter) ? 0 : /\p{L}/u.test(letter) ? 1 : 2;
  return INPUTS.map((_, k) => (k === kind ? 1 : 0));
}

export const GATES = [
  { g: "r", name: "Reset gate r", role: "reset" },
  { g: "z", name: "Update gate z", role: "update" },
  { g: "n", name: "Candidate n", role: "candidate" },
];

// Return the sliders of a gate: a key and what it moves.
export function sliders(g) {
  const rows = INPUTS.map((what, k) => [`i${g}${k}`, what]);
  rows.push([`h${g}`, "state"], [`b${g}`, "bias"]);
  if (g === "n") rows.push(["bhn", "bias inside r"]);
  return rows;
}

// Return GRUParams of one unit from the sliders' values; what is not given is 0.
export function params(w) {
  const of = (key) => w[key] ?? 0;
  const p = {};
  for (const g of ["r", "z", "n"]) {
    p["W_i" + g] = [INPUTS.map((_, k) => of(`i${g}${k}`))];
    p["W_h" + g] = [[of("h" + g)]];
    p["b_i" + g] = [of("b" + g)];
    p["b_h" + g] = [g === "n" ? of("bhn") : 0];
  }
  return p;
}

export const PRESETS = {
  "Was the last letter a vowel? Spaces do not count": {
    iz2: 8, bz: -4, in0: 3, in1: -3, br: 4,
  },
  "Has there been a vowel since the last space?": {
    iz0: -4, iz1: 4, iz2: -4, in0: 3, br: -4,
  },
  "A slow average of vowels": { bz: 2, in0: 2, in1: -2, br: -4 },
  "A switch that the first vowel sets for good": {
    iz0: -4, iz1: 4, iz2: 4, in0: 4, br: 4,
  },
  "All weights 0: everything halves": {},
};
