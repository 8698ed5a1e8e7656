"""The clock of a mock exam: it counts in the browser, and notices when the kernel is gone."""

from __future__ import annotations

import anywidget
import traitlets

CLOCK = """
const EVERY = 5000, PATIENCE = 12000;  // milliseconds between questions, and until we worry
const WARNINGS = [[600, "10 minutes left"], [300, "5 minutes left"], [60, "1 minute left"]];

function render({ model, el }) {
  const time = document.createElement("span"), note = document.createElement("span");
  time.setAttribute("role", "timer");
  time.setAttribute("aria-label", "time left");
  note.setAttribute("role", "status");
  note.setAttribute("aria-live", "polite");
  Object.assign(time.style, { font: "bold 1.4em monospace", marginRight: "1em" });
  el.append(time, note);
  let left = model.get("left"), at = performance.now(), heard = at, said = Infinity, over = false;
  const running = () => model.get("running");
  const show = () => {
    const now = performance.now();
    const seconds = Math.max(0, running() ? left - (now - at) / 1000 : left);
    const whole = Math.ceil(seconds), two = (n) => String(n).padStart(2, "0");
    time.textContent = `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
    if (running() && now - heard > PATIENCE) {
      note.textContent = "The kernel does not answer: what you type now is not saved. " +
        "If it has stopped, restart it and run this cell again; what you typed before is kept.";
      note.style.color = "var(--jp-error-color1, #b00020)"; said = Infinity;
    } else if (!running()) {
      note.textContent = model.get("words"); note.style.color = "";
    } else {
      const due = WARNINGS.filter(([at]) => seconds <= at).pop();
      const words = model.get("words") || (due ? due[1] : "");
      if (due && due[0] < said) { said = due[0]; note.textContent = due[1]; }
      else if (note.textContent !== words) note.textContent = words;
      note.style.color = "";
    }
    if (running() && seconds <= 0 && !over) { over = true; tick(); }
  };
  const hear = (message) => {
    if (message.kind !== "left") return;
    left = message.left; at = heard = performance.now(); over = left <= 0; show();
  };
  const set = () => { left = model.get("left"); at = heard = performance.now(); show(); };
  const tick = () => {
    try { model.send({ kind: "tick" }); } catch { /* the kernel is gone, and `show` will say so */ }
  };
  const ask = () => { if (running()) tick(); };
  model.on("msg:custom", hear);
  model.on("change:left", set); model.on("change:running", set); model.on("change:words", show);
  tick();
  show();
  const ticking = setInterval(show, 250), asking = setInterval(ask, EVERY);
  return () => {
    clearInterval(ticking); clearInterval(asking);
    model.off("msg:custom", hear); model.off("change:left", set);
    model.off("change:running", set); model.off("change:words", show);
  };
}
export default { render };
"""


class Clock(anywidget.AnyWidget):
    """Shows `left` seconds, counting down while `running`; asks the kernel every 5 seconds, which
    answers with {"kind": "left", "left": seconds}. `words` stand beside it and are read aloud.
    """

    _esm = CLOCK
    left = traitlets.Float().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    words = traitlets.Unicode("").tag(sync=True)
