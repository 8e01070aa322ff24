"use strict";
// One question across the class. What students wrote comes as HTML that the server has made safe.
const at = id => document.getElementById(id);
const state = {questions: [], q: 0, id: null, shown: null, asked: 0};
let saving = Promise.resolve(true);
let doing = Promise.resolve();  // keys that come while an answer is on its way wait for it

async function ask(what, sent) {
  const how = sent && {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify(sent)};
  let reply, made;
  try {
    reply = await fetch(what, how);
    made = await reply.json();
  } catch {
    throw Object.assign(new Error("No answer from autograder review. Is it still running?"), {status: 0});
  }
  if (!reply.ok) throw Object.assign(new Error(made.says), {status: reply.status});
  return made;
}

function alarm(text) {
  at("alert").hidden = !text;
  at("alert").textContent = text || "";
}
const say = text => { at("status").textContent = text; };
const question = () => state.questions[state.q];
const listed = () => question().answers.filter(
  a => a.unmarked || !at("unmarked").checked || a.id === state.id);
const here = () => question().answers.find(a => a.id === state.id);
const number = x => String(Number(x));

function options() {
  const select = at("questions"), groups = new Map();
  select.replaceChildren();
  state.questions.forEach((q, i) => {
    const label = q.written ? q.title : `${q.title}: checks to look at`;
    if (!groups.has(label)) {
      const group = document.createElement("optgroup");
      group.label = label;
      groups.set(label, group);
      select.append(group);
    }
    const n = q.answers.filter(a => a.unmarked).length;
    groups.get(label).append(new Option(`${q.name} (${n ? `${n} to mark` : "all marked"})`, i));
  });
  select.value = state.q;
}

function progress() {
  const q = question(), done = q.answers.filter(a => !a.unmarked).length;
  const empty = q.empty && q.written ? `, ${q.empty} gave no answer` : "";
  at("progress").textContent = `${done} of ${q.answers.length} marked${empty}`;
}

function heading() {
  const mine = listed(), a = here(), place = mine.findIndex(x => x.id === state.id);
  const who = a && at("names").checked ? ` · \u2068${a.who}\u2069` : "";
  at("who").textContent = a ? `Answer ${place + 1} of ${mine.length}${who}`
    : question().answers.length ? "Every answer is marked" : "Nobody has answered";
  at("previous").disabled = place <= 0;
  at("next").disabled = place < 0 || place >= mine.length - 1;
}

function buttons() {
  const most = state.shown.most, step = most <= 3 ? 0.5 : 1;
  const row = at("points");
  at("most").textContent = `of ${number(most)}`;
  if (row.dataset.most === String(most)) return;  // whoever is at a button there stays there
  row.dataset.most = most;
  row.replaceChildren();
  if (most / step <= 10) for (let x = 0; x <= most; x += step) {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = number(x);
    b.setAttribute("aria-label", `${number(x)} of ${number(most)} points`);
    b.dataset.points = x;
    b.addEventListener("click", () => give(x));
    row.append(b);
  }
}

function mark() {
  const {mark: m, automatic} = state.shown, checks = automatic !== null;
  at("score").value = m.score === null ? "" : number(m.score);
  for (const b of at("points").children) b.setAttribute("aria-pressed", Number(b.dataset.points) === m.score);
  at("clear").textContent = checks ? `Leave it at ${number(automatic)}, as checked` : "Take the mark back";
  at("clear").disabled = m.score === null && !(checks && m.unmarked);
}

async function show(id) {
  const turn = ++state.asked;
  state.id = id;
  state.shown = null;
  say("");
  at("mark").hidden = !id;
  at("mark").setAttribute("aria-busy", "true");
  at("comment").value = at("score").value = "";
  at("answer").replaceChildren();
  at("why").hidden = true;
  heading();
  if (!id) return;
  try {
    const made = await ask(`answer?id=${encodeURIComponent(id)}`);
    if (turn !== state.asked) return;
    state.shown = made;
  } catch (error) {
    alarm(error.message);
    return;
  }
  const s = state.shown;
  at("answer").innerHTML = s.html;
  for (const link of at("answer").querySelectorAll("a")) link.target = "_blank";
  at("why").hidden = !s.why;
  at("why").textContent = s.why;
  const early = at("comment").value;  // typed while it was on its way
  at("comment").value = [s.mark.comment, early].filter(Boolean).join("\n");
  buttons();
  mark();
  const q = question();
  history.replaceState(null, "", `#${q.chapter}/${q.name}/${id}`);
  at("mark").setAttribute("aria-busy", "false");
}

async function open(q, id) {
  state.q = q;
  at("questions").value = q;
  const it = question();
  document.title = `${it.name} · Review`;
  at("counts").hidden = !it.counts;
  at("counts").textContent = it.counts;
  progress();
  const wanted = it.answers.find(a => a.id === id) || it.answers.find(a => a.unmarked) || it.answers[0];
  const shown = show(wanted ? wanted.id : null);
  try {
    const k = await ask(`question?chapter=${encodeURIComponent(it.chapter)}&name=${encodeURIComponent(it.name)}`);
    if (question() === it) {
      at("question").innerHTML = k.question;
      at("model").innerHTML = k.model;
      at("rubric").innerHTML = k.rubric;
      at("rubric-part").hidden = !k.rubric;
    }
  } catch (error) {
    alarm(error.message);
  }
  await shown;
}

function save(score, force) {  // one after the other; returns whether what stands here is saved
  const shown = state.shown, id = state.id, a = shown && here(), comment = at("comment").value;
  if (!shown) return saving;
  saving = saving.then(async () => {
    const same = score === shown.mark.score && comment.trim() === shown.mark.comment;
    if (same && !force) return true;
    say("Saving …");
    try {
      shown.mark = await ask("mark", {id, score, comment, version: shown.mark.version});
    } catch (error) {
      say("Not saved.");
      const lost = comment.trim() === shown.mark.comment ? "" : ` Your comment was: ${comment.trim()}`;
      alarm(error.message + (error.status === 409 ? lost : ""));
      if (error.status === 409 && state.id === id) await show(id);
      return false;
    }
    alarm("");
    Object.assign(a, {score: shown.mark.score, unmarked: shown.mark.unmarked});
    progress();
    options();
    if (state.shown === shown) {
      mark();
      say("Saved.");
    }
    return true;
  });
  return saving;
}

function typed() {  // the points that stand in the field; undefined where they are none
  const text = at("score").value.trim().replace(",", ".");
  if (!text) return null;
  return /^\d*\.?\d+$|^\d+\.$/.test(text) ? Number(text) : undefined;
}

function give(x) {
  if (!state.shown) return;
  if (x > state.shown.most) return alarm(`${number(x)} is more than the ${number(state.shown.most)} points of this question.`);
  at("score").value = number(x);
  save(x, true);
}

async function keep(agreed) {  // what is typed, before anything else is shown
  if (!state.shown) return saving;
  const x = typed();
  if (x === undefined) {
    alarm(`“${at("score").value}” are no points. Wanted: a number from 0 to ${number(state.shown.most)}.`);
    return false;
  }
  return save(x, agreed === true && x !== null && state.shown.mark.unmarked);
}

async function go(by) {
  if (!await keep()) return;
  const mine = listed(), to = mine[mine.findIndex(a => a.id === state.id) + by];
  if (to) await show(to.id);
}

async function goQuestion(by) {
  const to = state.q + by;
  if (state.questions[to] && await keep()) await open(to);
}

async function onwards() {  // an old mark that still holds is agreed to
  if (!await keep(true)) return;
  const all = question().answers, i = all.findIndex(a => a.id === state.id);
  const next = [...all.slice(i + 1), ...all.slice(0, Math.max(i, 0))].find(a => a.unmarked);
  if (next) {
    await show(next.id);
    at("who").focus();
  } else say("Saved. No other answer to this question waits.");
}

function half() {
  if (!state.shown) return;
  const x = typed() ?? 0, whole = Math.floor(x);
  const to = x > whole ? whole : whole + 0.5;
  if (to <= state.shown.most) give(to);
}

function names() {
  at("names").checked = !at("names").checked;
  heading();
}

const KEYS = {n: () => go(1), ArrowRight: () => go(1), p: () => go(-1), ArrowLeft: () => go(-1),
  "]": () => goQuestion(1), "[": () => goQuestion(-1), ".": half, ",": half, h: names,
  c: () => at("comment").focus(), x: () => { if (!at("clear").disabled) save(null, true); }};

document.addEventListener("keydown", event => {
  const typing = event.target.matches("textarea, select, input:not([type=checkbox])");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    onwards();
  } else if (event.key === "Escape" && typing) {
    event.target.blur();
    keep();
  } else if (!typing && at("keys").checked && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const does = /^\d$/.test(event.key) ? () => give(Number(event.key)) : KEYS[event.key];
    if (does && state.questions.length) {
      event.preventDefault();
      if (event.key === "c") does();
      else doing = doing.then(does, does);
    }
  }
});

at("questions").addEventListener("change", async event => {
  const to = Number(event.target.value);
  if (await keep()) await open(to);
  else event.target.value = state.q;
});
at("names").addEventListener("change", heading);
at("unmarked").addEventListener("change", heading);
at("score").addEventListener("change", () => keep());
at("comment").addEventListener("change", () => keep());
at("clear").addEventListener("click", () => save(null, true));
at("previous").addEventListener("click", () => go(-1));
at("next").addEventListener("click", () => go(1));
at("save").addEventListener("click", onwards);
addEventListener("beforeunload", event => {
  const s = state.shown;
  if (s && (at("comment").value.trim() !== s.mark.comment || typed() !== s.mark.score)) event.preventDefault();
});

(async () => {
  try {
    state.questions = (await ask("questions")).questions;
  } catch (error) {
    alarm(error.message);
    return;
  }
  const [chapter, name, id] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const q = state.questions.findIndex(x => x.chapter === chapter && x.name === name);
  options();
  const first = state.questions.findIndex(x => x.answers.some(a => a.unmarked));
  if (state.questions.length) await open(q >= 0 ? q : Math.max(first, 0), id);
})();
