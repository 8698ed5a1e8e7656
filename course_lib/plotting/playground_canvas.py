"""The canvas of the playground: every unit's map as raw pixels, wires, data, learning curves."""

from __future__ import annotations

import anywidget
import traitlets

PAINT = """
function render({ model, el }) {
  const [width, height] = model.get("size"), font = model.get("font");
  const canvas = document.createElement("canvas"), ratio = Math.max(window.devicePixelRatio, 1);
  canvas.width = width * ratio; canvas.height = height * ratio;
  Object.assign(canvas.style, { width: width + "px", maxWidth: "100%", background: "#fff",
    touchAction: "manipulation" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", model.get("says"));
  canvas.dataset.frames = "0";
  el.appendChild(canvas);
  const pen = canvas.getContext("2d"), atlas = document.createElement("canvas");
  const [positive, negative, train, test, text, soft] = model.get("colours");
  const n = model.get("resolution"), big = Math.round(0.335 * width), pad = 1.2 * font;
  const side = { x: width - big - pad, y: 2.6 * font, w: big, h: big };
  const chart = { x: side.x + 2.4 * font, y: side.y + big + 4.4 * font,
                  w: big - 2.4 * font, h: height - side.y - big - 6.2 * font };
  let hover = null, tiles = [], wires = [];
  const table = new Uint8ClampedArray(model.get("table"));
  const number = (v) => (Math.abs(v) < 0.005 ? "0" : Number(v.toPrecision(2)).toString())
    .replace("-", "\\u2212");

  const layout = (scene) => {                       // where every tile stands
    const columns = scene.columns, count = columns.length;
    const left = 2.2 * font, right = side.x - 2.4 * font, top = 3.4 * font;
    const most = Math.max(...columns.map((c) => c.length));
    const room = (height - top - font) / Math.max(most, 4);
    const tile = Math.min(0.86 * room, 0.5 * (right - left) / count, 3.6 * font);
    tiles = [];
    columns.forEach((column, layer) => column.forEach((label, unit) => {
      const x = left + (right - left - tile) * (count === 1 ? 0 : layer / (count - 0.55));
      const y = top + (height - top - font) * (unit + 0.5) / column.length - tile / 2;
      tiles.push({ layer, unit, label, x, y, size: tile });
    }));
  };
  const at = (layer, unit) => tiles.find((t) => t.layer === layer && t.unit === unit);
  const piece = (index, x, y, w, h) => {            // the bottom row comes first: turn it round
    pen.save(); pen.translate(0, 2 * y + h); pen.scale(1, -1);
    pen.drawImage(atlas, 0, index * n, n, n, x, y, w, h); pen.restore();
  };
  const dot = (x, y, label, filled) => {
    const r = 0.3 * font, [lo, hi] = model.get("range");
    const px = side.x + (x - lo) / (hi - lo) * side.w, py = side.y + (hi - y) / (hi - lo) * side.h;
    if (px < side.x || px > side.x + side.w || py < side.y || py > side.y + side.h) return;
    pen.beginPath();
    if (label > 0) pen.rect(px - 0.9 * r, py - 0.9 * r, 1.8 * r, 1.8 * r);
    else pen.arc(px, py, r, 0, 7);
    pen.fillStyle = filled ? (label > 0 ? test : train) : "#fff";
    pen.strokeStyle = filled ? "#fff" : (label > 0 ? test : train);
    pen.lineWidth = filled ? 1 : 1.6; pen.fill(); pen.stroke();
  };
  const curve = (values, most, colour, dashes) => {
    pen.beginPath(); pen.setLineDash(dashes); pen.strokeStyle = colour; pen.lineWidth = 2;
    values.forEach((v, i) => {
      const x = chart.x + chart.w * (values.length < 2 ? 0 : i / (values.length - 1));
      const y = chart.y + chart.h * (1 - Math.min(v / most, 1));
      if (i) pen.lineTo(x, y); else pen.moveTo(x, y);
    });
    pen.stroke(); pen.setLineDash([]);
  };
  const drawWires = (scene) => {
    wires = [];
    const all = scene.weights.flat(2).map(Math.abs), most = Math.max(1e-9, ...all);
    const scale = scene.gradients ? most : Math.max(most, 1.5);
    scene.weights.forEach((matrix, layer) => matrix.forEach((row, to) => row.forEach((w, from) => {
      const a = at(layer, from), b = at(layer + 1, to);
      const x1 = a.x + a.size, y1 = a.y + a.size / 2;
      const last = layer === scene.weights.length - 1;
      const x2 = last ? side.x : b.x, y2 = last ? side.y + side.h / 2 : b.y + b.size / 2;
      const bend = 0.5 * (x2 - x1), share = Math.abs(w) / scale;
      const wire = new Path2D();
      wire.moveTo(x1, y1); wire.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
      pen.lineWidth = 0.4 + 5 * share; pen.globalAlpha = 0.25 + 0.75 * Math.min(1, 2 * share);
      pen.strokeStyle = w >= 0 ? positive : negative;
      pen.setLineDash(w >= 0 ? [] : [5, 3]); pen.stroke(wire);
      wires.push({ wire, w, x: (x1 + x2) / 2, y: (y1 + y2) / 2, layer, from, to, x1, y1, x2, y2 });
    })));
    pen.setLineDash([]); pen.globalAlpha = 1;
  };
  const label = (words, x, y, align = "center") => {
    pen.font = 0.86 * font + "px sans-serif"; pen.textAlign = align; pen.textBaseline = "middle";
    const w = pen.measureText(words).width + 6, left = align === "center" ? x - w / 2 : x - 3;
    pen.fillStyle = "rgba(255,255,255,0.92)"; pen.fillRect(left, y - 0.6 * font, w, 1.2 * font);
    pen.fillStyle = text; pen.fillText(words, x, y);
  };
  const drawNumbers = (scene) => {
    const fans = {};
    for (const k of wires) {                         // spread the numbers along their wires
      const key = k.layer + "," + k.to, i = (fans[key] = (fans[key] ?? -1) + 1);
      const t = 0.3 + 0.4 * ((i + 0.5) / scene.weights[k.layer][k.to].length);
      const s = t * t * (3 - 2 * t);
      label(number(k.w), k.x1 + t * (k.x2 - k.x1), k.y1 + s * (k.y2 - k.y1));
    }
  };
  const draw = () => {
    const scene = model.get("scene"), view = model.get("maps");
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const count = bytes.length / (n * n), pixels = new Uint8ClampedArray(4 * bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const k = 4 * bytes[i];
      pixels[4 * i] = table[k]; pixels[4 * i + 1] = table[k + 1];
      pixels[4 * i + 2] = table[k + 2]; pixels[4 * i + 3] = 255;
    }
    atlas.width = n; atlas.height = n * count;
    atlas.getContext("2d").putImageData(new ImageData(pixels, n, n * count), 0, 0);
    layout(scene);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0); pen.imageSmoothingEnabled = true;
    pen.fillStyle = "#fff"; pen.fillRect(0, 0, width, height);
    drawWires(scene);
    pen.textBaseline = "alphabetic";
    const shown = hover && hover.tile ? tiles.indexOf(hover.tile) : -1;
    tiles.forEach((t, i) => {
      pen.strokeStyle = i === shown ? text : soft; pen.lineWidth = i === shown ? 3 : 1.2;
      piece(i, t.x, t.y, t.size, t.size); pen.strokeRect(t.x, t.y, t.size, t.size);
      if (t.layer === 0) {
        pen.font = 0.86 * font + "px sans-serif"; pen.textAlign = "left"; pen.fillStyle = text;
        pen.textBaseline = "bottom"; pen.fillText(t.label, t.x, t.y - 1);
      }
    });
    piece(shown >= 0 ? shown : count - 1, side.x, side.y, side.w, side.h);
    const half = new Path2D(); half.rect(side.x, side.y, side.w, side.h);
    for (const [x, y, c] of model.get("points")) dot(x, y, c, true);
    if (scene.test_points) for (const [x, y, c] of model.get("held_out")) dot(x, y, c, false);
    pen.strokeStyle = text; pen.lineWidth = 1.4; pen.stroke(half);
    pen.font = 0.95 * font + "px sans-serif"; pen.fillStyle = text;
    pen.textBaseline = "alphabetic"; pen.textAlign = "left";
    scene.head.forEach((line, i) => pen.fillText(line, 0.6 * font, (1.2 + 1.25 * i) * font));
    pen.textAlign = "center";
    const title = shown >= 0 ? `this unit answers` : "the net answers";
    pen.fillText(title, side.x + side.w / 2, side.y - 0.7 * font);
    const [low, high] = model.get("range");
    pen.textBaseline = "top"; pen.font = 0.82 * font + "px sans-serif";
    [low, 0, high].forEach((v) => pen.fillText(String(v).replace("-", "\\u2212"),
      side.x + (v - low) / (high - low) * side.w, side.y + side.h + 3));
    pen.textBaseline = "alphabetic";
    pen.font = 0.9 * font + "px sans-serif"; pen.textAlign = "left";
    const [a, b] = scene.curves, most = Math.max(1e-9, ...a, ...b);
    const note = (words, colour, up) => {
      pen.fillStyle = colour; pen.fillText(words, side.x, chart.y - up * font);
    };
    note("\\u2014 training " + scene.now[0], train, 1.55);
    note("- - test " + scene.now[1], test, 0.4);
    pen.strokeStyle = soft; pen.lineWidth = 1; pen.beginPath();
    pen.moveTo(chart.x, chart.y); pen.lineTo(chart.x, chart.y + chart.h);
    pen.lineTo(chart.x + chart.w, chart.y + chart.h); pen.stroke();
    pen.fillStyle = text; pen.textAlign = "right"; pen.font = 0.8 * font + "px sans-serif";
    pen.fillText(most.toPrecision(2), chart.x - 4, chart.y + 0.7 * font);
    pen.fillText("0", chart.x - 4, chart.y + chart.h);
    pen.textAlign = "center";
    pen.fillText("epochs", chart.x + chart.w / 2, chart.y + chart.h + font);
    curve(a, most, train, []); curve(b, most, test, [6, 4]);
    if (scene.numbers) drawNumbers(scene);
    if (hover && hover.words) label(hover.words, Math.min(hover.x, 0.55 * width), hover.y, "left");
    canvas.dataset.frames = String(+canvas.dataset.frames + 1);
    canvas.dispatchEvent(new CustomEvent("painted", { bubbles: true }));
  };
  const frame = () => { draw(); model.send({ kind: "painted", frame: model.get("frame") }); };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * width / box.width,
            (event.clientY - box.top) * height / box.height];
  };
  const inside = (x, y, r) => x >= r.x && x <= r.x + r.w && y >= r.y && y <= r.y + r.h;
  const move = (event) => {
    const [x, y] = place(event), scene = model.get("scene"), before = hover;
    const tile = tiles.find((t) => inside(x, y, { x: t.x, y: t.y, w: t.size, h: t.size }));
    hover = null;
    if (tile) {
      const words = tile.layer ? scene.formulas[tile.layer - 1][tile.unit] : tile.label;
      hover = { tile, words, x: tile.x, y: tile.y + tile.size + 0.9 * font };
    } else if (!inside(x, y, side)) {
      pen.lineWidth = 9; pen.setTransform(1, 0, 0, 1, 0, 0);
      const hit = wires.find((k) => pen.isPointInStroke(k.wire, x, y));
      if (hit) {
        const what = scene.gradients ? "gradient" : "weight";
        hover = { words: what + " " + number(hit.w), x: x + 8, y: y - font };
      }
    }
    canvas.style.cursor = inside(x, y, side) ? "crosshair" : hover ? "help" : "default";
    if (hover || before) draw();
  };
  const away = () => { hover = null; draw(); };
  const click = (event) => {
    const [x, y] = place(event), [lo, hi] = model.get("range");
    if (!inside(x, y, side)) return;
    model.send({ kind: "click", x: lo + (x - side.x) / side.w * (hi - lo),
                 y: hi - (y - side.y) / side.h * (hi - lo), other: event.shiftKey });
  };
  draw();
  model.on("change:frame", frame);
  canvas.addEventListener("mousemove", move);
  canvas.addEventListener("mouseleave", away);
  canvas.addEventListener("click", click);
  return () => {
    model.off("change:frame", frame);
    canvas.removeEventListener("mousemove", move);
    canvas.removeEventListener("mouseleave", away);
    canvas.removeEventListener("click", click);
  };
}
export default { render };
"""


class PlaygroundCanvas(anywidget.AnyWidget):
    """Shows a scene: one byte per pixel and unit (an index into `table`), weights, points, curves.

    The picture is drawn when `frame` changes; the canvas answers {"kind": "painted"}.
    """

    _esm = PAINT
    maps = traitlets.Bytes().tag(sync=True)
    scene: traitlets.Dict = traitlets.Dict().tag(sync=True)
    points: traitlets.List = traitlets.List().tag(sync=True)
    held_out: traitlets.List = traitlets.List().tag(sync=True)
    frame = traitlets.Int().tag(sync=True)
    table: traitlets.List = traitlets.List().tag(sync=True)
    colours: traitlets.List = traitlets.List().tag(sync=True)
    range: traitlets.List = traitlets.List().tag(sync=True)
    resolution = traitlets.Int().tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    size: traitlets.List = traitlets.List().tag(sync=True)
    font = traitlets.Int().tag(sync=True)
