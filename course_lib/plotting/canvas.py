"""The canvas of a decision map: raw bytes in, pixels out."""

from __future__ import annotations

import anywidget
import traitlets

PAINT = """
const MARKS = {
  "o": (c, r) => c.arc(0, 0, r, 0, 7),
  "s": (c, r) => c.rect(-0.9 * r, -0.9 * r, 1.8 * r, 1.8 * r),
};
const corners = (n, turn, inner) => (c, r) => {
  for (let k = 0; k < n; k++) {
    const a = turn + 2 * Math.PI * k / n, far = inner && k % 2 ? inner * r : 1.15 * r;
    c.lineTo(far * Math.sin(a), -far * Math.cos(a));
  }
  c.closePath();
};
Object.assign(MARKS, { "^": corners(3, 0), "v": corners(3, Math.PI), "<": corners(3, -Math.PI / 2),
  ">": corners(3, Math.PI / 2), "D": corners(4, 0), "P": corners(8, Math.PI / 8, 0.5),
  "X": corners(8, 0, 0.5), "*": corners(10, 0, 0.5) });

function render({ model, el }) {
  const [width, height] = model.get("size"), font = model.get("font");
  const canvas = document.createElement("canvas"), ratio = Math.max(window.devicePixelRatio, 1);
  canvas.width = width * ratio; canvas.height = height * ratio;
  Object.assign(canvas.style, { width: width + "px", maxWidth: "100%", background: "#fff" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", model.get("says"));
  canvas.dataset.frames = "0";
  el.appendChild(canvas);
  const left = 4.2 * font, bottom = 3.4 * font, top = 0.8 * font, right = 1.2 * font;
  const w = width - left - right, h = height - top - bottom;
  const small = document.createElement("canvas");
  const frame = document.createElement("canvas");          // axes: drawn once
  const over = document.createElement("canvas");           // points: drawn when they change
  for (const c of [frame, over]) { c.width = canvas.width; c.height = canvas.height; }
  const place = (x, y) => {
    const [x0, x1, y0, y1] = model.get("extent");
    return [left + (x - x0) / (x1 - x0) * w, top + (y1 - y) / (y1 - y0) * h];
  };
  const start = (c) => {
    const pen = c.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0); pen.clearRect(0, 0, width, height);
    return pen;
  };
  const drawFrame = () => {
    const pen = start(frame), [xs, ys] = model.get("ticks"), [xl, yl] = model.get("axis_labels");
    pen.fillStyle = "#fff"; pen.fillRect(0, 0, width, height);
    pen.fillStyle = "#1a1a1a"; pen.strokeStyle = "#404040"; pen.font = font + "px sans-serif";
    const word = (v) => String(v).replace("-", "\\u2212");
    pen.textAlign = "center"; pen.textBaseline = "top"; pen.beginPath();
    for (const v of xs) {
      const x = place(v, 0)[0];
      pen.moveTo(x, top + h); pen.lineTo(x, top + h + 5); pen.fillText(word(v), x, top + h + 8);
    }
    pen.textAlign = "right"; pen.textBaseline = "middle";
    for (const v of ys) {
      const y = place(0, v)[1];
      pen.moveTo(left, y); pen.lineTo(left - 5, y); pen.fillText(word(v), left - 8, y);
    }
    pen.stroke();
    pen.textAlign = "center"; pen.textBaseline = "bottom";
    pen.fillText(xl, left + w / 2, height - 2);
    pen.save(); pen.translate(font * 1.1, top + h / 2); pen.rotate(-Math.PI / 2);
    pen.fillText(yl, 0, 0); pen.restore();
    pen.strokeRect(left - 0.5, top - 0.5, w + 1, h + 1);
  };
  const drawPoints = () => {
    const pen = start(over);
    pen.beginPath(); pen.rect(left, top, w, h); pen.clip();
    pen.strokeStyle = "#fff"; pen.lineWidth = 1;
    for (const [x, y, colour, mark] of model.get("points")) {
      const [px, py] = place(x, y);
      pen.save(); pen.translate(px, py); pen.beginPath(); MARKS[mark](pen, font * 0.34);
      pen.fillStyle = colour; pen.fill(); pen.stroke(); pen.restore();
    }
  };
  const draw = () => {
    const n = model.get("resolution"), view = model.get("picture");
    const bytes = new Uint8ClampedArray(view.buffer, view.byteOffset, view.byteLength);
    small.width = small.height = n;
    small.getContext("2d").putImageData(new ImageData(bytes.slice(), n, n), 0, 0);
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0); pen.drawImage(frame, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0); pen.imageSmoothingEnabled = true;
    pen.save(); pen.translate(0, 2 * top + h); pen.scale(1, -1);  // the bottom row comes first
    pen.drawImage(small, left, top, w, h); pen.restore();
    pen.setTransform(1, 0, 0, 1, 0, 0); pen.drawImage(over, 0, 0);
    canvas.dataset.frames = String(+canvas.dataset.frames + 1);
    canvas.dispatchEvent(new CustomEvent("painted", { bubbles: true }));
  };
  const again = () => { drawPoints(); draw(); };
  const click = (event) => {
    const box = canvas.getBoundingClientRect(), [x0, x1, y0, y1] = model.get("extent");
    const x = x0 + ((event.clientX - box.left) * width / box.width - left) / w * (x1 - x0);
    const y = y1 - ((event.clientY - box.top) * height / box.height - top) / h * (y1 - y0);
    if (x >= x0 && x <= x1 && y >= y0 && y <= y1) model.send({ kind: "click", x, y });
  };
  drawFrame(); again();
  model.on("change:picture", draw);
  model.on("change:points", again);
  canvas.addEventListener("click", click);
  return () => {
    model.off("change:picture", draw); model.off("change:points", again);
    canvas.removeEventListener("click", click);
  };
}
export default { render };
"""


class MapCanvas(anywidget.AnyWidget):
    """Shows `resolution` x `resolution` RGBA pixels, bottom row first, with axes and points."""

    _esm = PAINT
    picture = traitlets.Bytes().tag(sync=True)
    resolution = traitlets.Int().tag(sync=True)
    extent: traitlets.List = traitlets.List().tag(sync=True)
    ticks: traitlets.List = traitlets.List().tag(sync=True)
    axis_labels: traitlets.List = traitlets.List().tag(sync=True)
    points: traitlets.List = traitlets.List().tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    size: traitlets.List = traitlets.List().tag(sync=True)
    font = traitlets.Int().tag(sync=True)
