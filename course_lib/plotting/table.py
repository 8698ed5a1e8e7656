"""A small table of numbers in an Axes, whose cells change and light up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from .style import COLOURS, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HOT = "#fff0c2"


def draw_table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[Any]] | None = None,
    *,
    digits: int = 3,
) -> Callable[..., None]:
    """Draw a table with row and column heads; return `update(cells=None, highlight=())`.

    `highlight` holds (row, column) pairs, from 0; a highlighted cell gets a ground and bold type.
    """
    from matplotlib.patches import Rectangle

    widest = max((len(r) for r in rows), default=0)
    head = max(0.6, 0.14 * widest)  # width of the row heads, in cells
    axes.axis("off")
    axes.set_xlim(-head, len(columns))
    axes.set_ylim(len(rows), -1)
    size = 10.5 * scale()
    for j, text in enumerate(columns):
        axes.text(j + 0.5, -0.5, text, ha="center", va="center", fontsize=size, weight="bold")
    axes.plot([-head, len(columns)], [0, 0], color=COLOURS.text, linewidth=1.2, linestyle="-")
    grounds: dict[tuple[int, int], Any] = {}
    texts: dict[tuple[int, int], Any] = {}
    for i, name in enumerate(rows):
        axes.text(-head + 0.06, i + 0.5, name, ha="left", va="center", fontsize=size)
        for j in range(len(columns)):
            ground = Rectangle(
                (j + 0.03, i + 0.06), 0.94, 0.88, facecolor=HOT, edgecolor=COLOURS.accent
            )
            ground.set_visible(False)
            grounds[i, j] = axes.add_patch(ground)
            texts[i, j] = axes.text(j + 0.5, i + 0.5, "", ha="center", va="center", fontsize=size)

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
