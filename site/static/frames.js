// A range input shows the picture that was drawn at its value; the other inputs go to their start.
document.addEventListener("input", ({ target }) => {
  const frames = target.closest?.(".frames");
  if (!frames) return;
  for (const slider of frames.querySelectorAll("input")) {
    if (slider !== target) slider.value = slider.defaultValue;
    const value = slider.dataset.values.split(" ")[slider.value];
    slider.setAttribute("aria-valuetext", value);
    slider.nextElementSibling.value = value;
  }
  const shown = target.dataset.frames.split(" ")[target.value];
  frames.querySelectorAll("img").forEach((img, k) => (img.hidden = k !== Number(shown)));
});
