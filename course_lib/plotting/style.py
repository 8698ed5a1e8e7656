"""The course's one look: colours that every eye tells apart, text that the back row reads.

The palette is that of Okabe and Ito (2008), "Color Universal Design"; everything that a colour says
is said a second time by a marker or a line style.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEXT = "#1a1a1a"
STILL_DPI = 80  # of stored pictures, so that a notebook stays small
LIVE_DPI = 90  # CSS pixels per inch of a live picture
SHARPNESS = 4 / 3  # device pixels per CSS pixel of a live picture


@dataclass(frozen=True)
class Colours:
    """Named colours, the same meaning in every chapter."""

    negative: str = "#0072B2"  # class -1 or 0
    positive: str = "#D55E00"  # class +1 or 1
    classes: tuple[str, ...] = (
        "#0072B2",
        "#D55E00",
        "#009E73",
        "#CC79A7",
        "#E69F00",
        "#56B4E9",
        "#000000",
        "#882255",
        "#999933",
        "#B8A900",
    )
    markers: tuple[str, ...] = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
    train: str = "#0072B2"
    validation: str = "#D55E00"
    weight_positive: str = "#00805D"
    weight_negative: str = "#A8467F"
    neutral: str = "#595959"
    accent: str = "#E69F00"
    paper: str = "#ffffff"
    text: str = TEXT


COLOURS = Colours()

_scale = 1.0
_applied: float | None = None


def projector(on: bool = True) -> None:
    """Enlarge text, lines, markers and pictures made from now on; `projector(False)` undoes it."""
    global _scale
    _scale = 1.25 if on else 1.0
    apply()


def scale() -> float:
    """How much larger than on a desk everything is drawn: 1.0, or 1.25 in projector mode."""
    return _scale


def style_sheet(scale: float = 1.0) -> dict[Any, Any]:
    """Return the style sheet as matplotlib parameters (sizes in points), `scale` times as large."""
    from cycler import cycler

    styles = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))] * 2
    return {
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "savefig.transparent": False,
        "axes.facecolor": "white",
        "font.size": 11 * scale,
        "axes.titlesize": 12 * scale,
        "axes.labelsize": 11 * scale,
        "xtick.labelsize": 10 * scale,
        "ytick.labelsize": 10 * scale,
        "legend.fontsize": 10 * scale,
        "figure.titlesize": 13 * scale,
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "axes.titlecolor": TEXT,
        "axes.edgecolor": "#404040",
        "xtick.color": "#404040",
        "ytick.color": "#404040",
        "xtick.labelcolor": TEXT,
        "ytick.labelcolor": TEXT,
        "axes.linewidth": 0.9 * scale,
        "xtick.major.width": 0.9 * scale,
        "ytick.major.width": 0.9 * scale,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlepad": 8,
        "axes.prop_cycle": cycler(color=COLOURS.classes[:10]) + cycler(linestyle=styles),
        "axes.axisbelow": True,
        "figure.constrained_layout.w_pad": 0.07,
        "figure.constrained_layout.h_pad": 0.05,
        "grid.color": "#d8d8d8",
        "grid.linewidth": 0.8,
        "lines.linewidth": 2.0 * scale,
        "lines.markersize": 7.0 * scale,
        "scatter.edgecolors": "face",
        "patch.linewidth": 1.0 * scale,
        "legend.frameon": True,
        "legend.framealpha": 0.92,
        "legend.edgecolor": "#bfbfbf",
        "image.cmap": "cividis",
        "image.interpolation": "nearest",
        "image.interpolation_stage": "rgba",
    }


def apply() -> None:
    """Make the style sheet matplotlib's default; done once by whatever first draws."""
    global _applied
    if _applied != _scale:
        import matplotlib

        matplotlib.rcParams.update(style_sheet(_scale))
        _applied = _scale
