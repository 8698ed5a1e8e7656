"""A small table of numbers in an Axes, whose cells change and light up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matplotlib.text import Text

from .style import COLOURS, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HOT = "#fff0c2"
MARGIN = 2  # pixels around a written line


class Cell(Text):
    """A line of text that keeps the pixels of what it once wrote.

    Laying out and drawing a text takes matplotlib about 0.3 ms; a table that follows a slider has
    a hundred of them, of which a few change.
    """

    def draw(self, renderer: Any) -> None:
        self.stale = False
        if not self.get_visible() or not self.get_text():
            return
        figure: Any = self.figure
        size = round(float(self.get_fontsize()) * figure.dpi / 72, 2)
        pixels = _written(self.get_text(), size, str(self.get_fontweight()))
        x, y = self.get_transform().transform(self.get_position())
        height, width = pixels.shape[:2]
        across = {"left": MARGIN, "center": width / 2, "right": width - MARGIN}
        along = {"bottom": 1, "center": height / 2, "top": height - 1}
        x -= across[self.get_horizontalalignment()]
        y -= along[self.get_verticalalignment()]
        graphics = renderer.new_gc()
        renderer.draw_image(graphics, round(x), round(y), pixels)
        graphics.restore()


@lru_cache(maxsize=20_000)
def _written(text: str, size: float, weight: str) -> Any:
    """The pixels (height, width, 4) of a line of text, the lowest row first; size in pixels."""
    import numpy as np
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.colors import to_rgb
    from matplotlib.font_manager import FontProperties

    font = FontProperties(size=size, weight=weight)
    measure = RendererAgg(8, 8, 72)
    width, _, _ = measure.get_text_width_height_descent(text, font, ismath=False)
    _, height, descent = measure.get_text_width_height_descent("lp", font, ismath=False)
    page = RendererAgg(round(width) + 2 * MARGIN, round(height) + 2, 72)
    graphics = page.new_gc()
    graphics.set_foreground(to_rgb(COLOURS.text))
    page.draw_text(graphics, MARGIN, round(height - descent) + 1, text, font, 0)
    return np.array(page.buffer_rgba())[::-1]


def draw_table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[Any]] | None = None,
    *,
    digits: int = 3,
    head: float | None = None,
) -> Callable[..., None]:
    """Draw a table with row and column heads; return `update(cells=None, highlight=())`.

    `highlight` holds (row, column) pairs, from 0; a highlighted cell gets a ground and bold type.
    `head` is the width of the row heads in cells; None goes by the longest of them.
    """
    from matplotlib.patches import Rectangle

    widest = max((len(r) for r in rows), default=0)
    if head is None:
        head = max(0.6, 0.14 * widest)
    axes.axis("off")
    axes.set_xlim(-head, len(columns))
    axes.set_ylim(len(rows), -1)
    size = 10.5 * scale()
    # Heads lie under all that moves: a live figure then need not draw them again.
    still: dict[str, Any] = {"va": "center", "fontsize": size, "zorder": 0.5}
    for j, text in enumerate(columns):
        axes.text(j + 0.5, -0.5, text, weight="bold", ha="center", **still)
    rule = {"color": COLOURS.text, "linewidth": 1.2, "linestyle": "-", "zorder": 0.5}
    axes.plot([-head, len(columns)], [0, 0], **rule)  # type: ignore[arg-type]
    grounds: dict[tuple[int, int], Any] = {}
    texts: dict[tuple[int, int], Any] = {}
    for i, name in enumerate(rows):
        axes.text(-head + 0.06, i + 0.5, name, ha="left", **still)
        for j in range(len(columns)):
            ground = Rectangle(
                (j + 0.03, i + 0.06), 0.94, 0.88, facecolor=HOT, edgecolor=COLOURS.accent
            )
            ground.set_visible(False)
            grounds[i, j] = axes.add_patch(ground)
            cell = Cell(j + 0.5, i + 0.5, "", ha="center", va="center", fontsize=size)
            texts[i, j] = axes.add_artist(cell)  # type: ignore[assignment]

    def write(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, (str, bool, int)):
            return str(value).replace("-", "−") if isinstance(value, int) else str(value)
        return f"{float(value):.{digits}f}".replace("-", "−")

    def update(
        cells: Sequence[Sequence[Any]] | None = None, highlight: Collection[tuple[int, int]] = ()
    ) -> None:
        if cells is not None:
            if len(cells) != len(rows) or any(len(row) != len(columns) for row in cells):
                raise ValueError(f"cells must be {len(rows)} rows of {len(columns)}")
            for (i, j), text in texts.items():
                text.set_text(write(cells[i][j]))
        for place in grounds:
            hot = place in highlight
            if grounds[place].get_visible() != hot:
                grounds[place].set_visible(hot)
                texts[place].set_weight("bold" if hot else "normal")

    update(cells)
    return update
