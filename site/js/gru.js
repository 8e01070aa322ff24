// One cell, forward and back: the equations of gru_ref/cell.py, reset after.
// A vector is an array, a matrix an array of rows; p has the twelve names of GRUParams.

export function sigmoid(a) {
  return 0.5 * (1 + Math.tanh(0.5 * a));
}

function dot(u, v) {
  return u.reduce((sum, u_i, i) => sum + u_i * v[i], 0);
}

function affine(W, v, b) {
  return W.map((row, i) => dot(row, v) + b[i]);
}

function transposed(W, v) {
  return W[0].map((_, j) => W.reduce((sum, row, i) => sum + row[j] * v[i], 0));
}

// Return {r, z, n, h, q}: what one step computes.
export function step(x, h, p) {
  const a = (g) => {
    const i = affine(p["W_i" + g], x, p["b_i" + g]);
    const s = affine(p["W_h" + g], h, p["b_h" + g]);
    return [i, s];
  };
  const gate = ([i, s]) => i.map((i_k, k) => sigmoid(i_k + s[k]));
  const r = gate(a("r")); // (1)
  const z = gate(a("z")); // (2)
  const [i, q] = a("n");
  const n = i.map((i_k, k) => Math.tanh(i_k + r[k] * q[k])); // (3)
  return { r, z, n, q, h: n.map((n_k, k) => (1 - z[k]) * n_k + z[k] * h[k]) }; // (4)
}

// Return {dx, dh}: the gradient for the input and for the state before, given dh_t.
export function stepBackward(dh_t, h, v, p) {
  const da_n = dh_t.map((d, k) => (1 - v.z[k]) * (1 - v.n[k] ** 2) * d); // (5)
  const da_z = dh_t.map((d, k) => (h[k] - v.n[k]) * v.z[k] * (1 - v.z[k]) * d); // (6)
  const dq = da_n.map((d, k) => v.r[k] * d); // (7)
  const da_r = da_n.map((d, k) => v.q[k] * v.r[k] * (1 - v.r[k]) * d); // (8)
  const through = (names, ds) =>
    names.map((name, k) => transposed(p[name], ds[k])).reduce((u, w) => u.map((u_k, k) => u_k + w[k]));
  const dx = through(["W_ir", "W_iz", "W_in"], [da_r, da_z, da_n]); // (9)
  const back = through(["W_hr", "W_hz", "W_hn"], [da_r, da_z, dq]);
  return { dx, dh: back.map((b, k) => v.z[k] * dh_t[k] + b) }; // (10)
}

// Return the steps over xs from h_0, each with dh = dL/dh_t and dx = dL/dx_t for L = sum of h_T.
export function overTime(xs, h_0, p) {
  const steps = [];
  let h = h_0;
  for (const x of xs) {
    steps.push(step(x, h, p));
    h = steps.at(-1).h;
  }
  let dh = h.map(() => 1);
  for (let t = xs.length - 1; t >= 0; t--) {
    const back = stepBackward(dh, t ? steps[t - 1].h : h_0, steps[t], p);
    Object.assign(steps[t], { dh, dx: back.dx });
    dh = back.dh;
  }
  return steps;
}
