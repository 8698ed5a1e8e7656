"""The keys of a player: a widget that listens on the box around it."""

from __future__ import annotations

import anywidget
import traitlets

KEYS = """
function render({ model, el }) {
  el.style.display = "none";
  const act = (event) => {
    const at = event.target;
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (at.matches("input, textarea, select, [contenteditable]")) return;
    if (event.key === " " && at.closest("button")) return;          // the button's own key
    if (at.closest(".noUi-handle") && event.key !== " ") return;     // the slider's own keys
    if (!model.get("caught").includes(event.key)) return;
    event.preventDefault(); event.stopPropagation();
    model.send({ key: event.key });
  };
  let box = null, tries = 0;
  const label = () => {
    for (const b of box.querySelectorAll("button"))
      if (b.title) b.setAttribute("aria-label", b.title);
    for (const i of box.querySelectorAll("img")) i.alt = model.get("says");
    for (const s of box.querySelectorAll(".course-sentence"))
      s.setAttribute("aria-live", "polite");
  };
  const watcher = new MutationObserver(() => box && label());
  const focus = (event) => {
    if (!event.target.closest("button, input, select, .noUi-handle"))
      box.focus({ preventScroll: true });
  };
  const attach = () => {
    box = el.closest(".course-player, .course-explorer");
    if (!box) { if (tries++ < 600) requestAnimationFrame(attach); return; }
    if (model.get("caught").length) box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", model.get("label"));
    box.setAttribute("data-lm-suppress-shortcuts", "true");         // the notebook's own keys
    box.addEventListener("keydown", act);
    box.addEventListener("click", focus);
    watcher.observe(box, { childList: true, subtree: true });
    label();
  };
  attach();
  return () => {
    watcher.disconnect();
    if (box) { box.removeEventListener("keydown", act); box.removeEventListener("click", focus); }
  };
}
export default { render };
"""
STYLE = """
.course-player, .course-explorer { padding: 4px; border-radius: 4px; outline-offset: -1px; }
.course-player:focus-visible, .course-explorer:focus-visible { outline: 2px solid #E69F00; }
.course-player:focus, .course-explorer:focus { outline: 2px solid #E69F00; }
.course-sentence, .course-code { line-height: 1.4; }
.course-code code { font-size: 12px; user-select: all; overflow-wrap: anywhere; }
.course-projector { --jp-widgets-font-size: 18px; --jp-widgets-inline-height: 38px; }
.course-projector .course-sentence, .course-projector .course-code code { font-size: 18px; }
.course-error { color: #b00020; font-weight: 600; }
"""


class Keys(anywidget.AnyWidget):
    """Sends `{"key": ...}` for the keys that it was told to catch; invisible itself."""

    _esm = KEYS
    _css = STYLE
    caught = traitlets.List(traitlets.Unicode()).tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
