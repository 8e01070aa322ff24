// The update gates of a trained GRU over one review: a head reads, the gates move.

const review = REVIEW_JSON;
const page = document.getElementById("front");
const find = (name) => page.querySelector(`[data-part=${name}]`);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const PAUSE = 2600; // ms at the end, before it begins again
const WORD = 620; // ms a word
let [at, timer] = [0, null];

const words = review.words.map((word, t) => {
  const made = document.createElement("span");
  made.textContent = word;
  made.addEventListener("click", () => (stop(), show(t)));
  find("words").append(made, " ");
  return made;
});
const gates = review.z[0].map(() => {
  const made = document.createElement("i");
  made.append(document.createElement("b"));
  find("gates").append(made);
  return made.firstChild;
});
find("place").max = words.length - 1;

function show(t) {
  at = t;
  words.forEach((word, k) => (word.className = k === t ? "now" : k < t ? "read" : ""));
  gates.forEach((gate, k) => (gate.style.transform = `scaleY(${review.z[t][k]})`));
  const held = review.z[t].filter((z) => z > 0.9).length;
  find("place").value = t;
  find("place").setAttribute("aria-valuetext", `word ${t + 1}, ${review.words[t]}: ${held} hold`);
  find("count").textContent = `${held} of ${gates.length} units hold what they have`;
}

function next() {
  show((at + 1) % words.length);
  timer = setTimeout(next, at === words.length - 1 ? PAUSE : WORD);
}

function stop() {
  clearTimeout(timer);
  timer = null;
  find("play").textContent = "Play";
}

function play() {
  find("play").textContent = "Pause";
  next();
}

find("play").addEventListener("click", () => (timer === null ? play() : stop()));
find("place").addEventListener("input", () => (stop(), show(Number(find("place").value))));
if (still.matches) {
  stop();
  show(words.length - 1);
} else {
  show(0);
  find("play").textContent = "Pause";
  timer = setTimeout(next, WORD);
}
