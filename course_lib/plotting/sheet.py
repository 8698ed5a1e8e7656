"""Several pictures on one sheet, each with a line above it that says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import style

if TYPE_CHECKING:
    import numpy as np


def contact_sheet(tiles: Sequence[tuple[np.ndarray, str, str]]) -> np.ndarray:
    """Put (pixels, title, sentence) tiles into two columns; one column where they are wide."""
    import numpy as np
    from matplotlib import font_manager
    from PIL import Image, ImageDraw, ImageFont

    path = font_manager.findfont("DejaVu Sans")
    bold = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight="bold"))
    size = round(12 * style.scale())
    plain, strong = ImageFont.truetype(path, size), ImageFont.truetype(bold, size)
    height, width = tiles[0][0].shape[:2]
    columns = 1 if len(tiles) == 1 or width > 520 else 2
    pad, line = size // 2, round(size * 1.4)

    def wrapped(text: str) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and plain.getlength(longer) <= width - 2 * pad:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    sentences = [wrapped(sentence) for _, _, sentence in tiles]
    head = line * (1 + max(map(len, sentences))) + pad
    rows = -(-len(tiles) // columns)
    gap = size
    full = (columns * width + (columns - 1) * gap, rows * (head + height) + (rows - 1) * gap)
    sheet = Image.new("RGB", full, "white")
    pen = ImageDraw.Draw(sheet)
    for i, ((pixels, title, _), sentence) in enumerate(zip(tiles, sentences, strict=True)):
        x, y = (i % columns) * (width + gap), (i // columns) * (head + height + gap)
        if len(tiles) > 1:
            pen.text((x + pad, y), title, fill=style.TEXT, font=strong)
        for k, text in enumerate(sentence):
            pen.text((x + pad, y + line * (k + 1)), text, fill=style.TEXT, font=plain)
        sheet.paste(Image.fromarray(np.ascontiguousarray(pixels[..., :3])), (x, y + head))
    return np.asarray(sheet)
