"""Show a picture together with the sentence that it says."""

from __future__ import annotations

import functools
import html
import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST_WORDS = 40


def new_axes(
    width: float = 6, height: float = 4, columns: int = 1, rows: int = 1, **options: Any
) -> Any:
    """Return the Axes (an array of them, if several) of a new figure, width x height in inches.

    The figure belongs to no window and to no registry, so it is freed when nobody uses it.
    `options` go to `Figure.subplots` (sharex, sharey, width_ratios, subplot_kw ...).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style.apply()
    figure = Figure(figsize=(width, height), dpi=style.STILL_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots(rows, columns, **options)


PHOTOGRAPH = 5000  # colours, above which a picture is no drawing


def checked_sentence(says: object) -> str:
    """Return `says` if it is a sentence that can stand for a picture.

    Raises:
        ValueError: it is shorter than 40 characters.
    """
    if not isinstance(says, str):
        raise TypeError(f"says must be text, got {type(says).__name__}")
    sentence = " ".join(says.split())
    if len(sentence) < LEAST_WORDS:
        raise ValueError(
            f"says={sentence!r} has {len(sentence)} characters; a reader who cannot see the "
            f"picture needs a sentence of at least {LEAST_WORDS} that tells what it shows"
        )
    return sentence


def figure_of(picture: Any) -> Figure:
    """Return the figure of a Figure, an Axes or an array of Axes."""
    from matplotlib.figure import Figure

    if isinstance(picture, Figure):
        return picture
    while hasattr(picture, "flat"):
        picture = picture.flat[0]
    if isinstance(picture, (list, tuple)) and picture:
        picture = picture[0]
    figure = getattr(picture, "figure", None)
    if figure is None:
        raise TypeError(f"show() takes a Figure or its Axes, got {type(picture).__name__}")
    return figure.figure if not isinstance(figure, Figure) else figure


DRAWING = threading.RLock()


def alone(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Let one thread draw at a time: matplotlib's text is not made for two.

    JupyterLab 4.6 with ipykernel 7 answers a slider in a thread of its own, while a cell may be
    drawing in the main one.
    """

    @functools.wraps(draw)
    def drawing(*args: Any, **kwargs: Any) -> Any:
        with DRAWING:
            return draw(*args, **kwargs)

    return drawing


def png(pixels: Any) -> bytes:
    """Encode pixels (height, width, 3 or 4), uint8, as an opaque PNG without any metadata.

    Drawings are stored with a palette, a quarter of the size and to the eye the same; photographs,
    which have thousands of colours, keep them all.
    """
    import numpy as np
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    if image.getcolors(PHOTOGRAPH) is not None:
        image = with_palette(image)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True, compress_type=1)  # 1: zlib's Z_FILTERED
    return buffer.getvalue()


def with_palette(image: Any) -> Any:
    """Return a drawing with the fewest of 20, 32, 64 and 128 colours that do not show.

    Letters and lines need few; a smooth scale of colours needs many.
    """
    import numpy as np
    from PIL import Image

    pixels = np.asarray(image, dtype=int)
    for colours in (20, 32, 64):
        few = image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.putpalette([255 if value > 251 else value for value in few.getpalette()])  # white paper
        error = np.abs(np.asarray(few.convert("RGB")) - pixels).max(axis=-1)
        if error.mean() < 2 and (error > 32).mean() < 0.005:
            return few
    return image.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


@alone
def pixels_of(figure: Figure, dpi: float) -> Any:
    """Draw the whole figure and return a copy of its pixels (height, width, 4), uint8."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else None
    canvas = canvas or FigureCanvasAgg(figure)
    before = figure.dpi
    figure.set_dpi(dpi)
    try:
        canvas.draw()
        return np.array(canvas.buffer_rgba())
    finally:
        figure.set_dpi(before)


def caption(sentence: str) -> dict[str, str]:
    """Return the output that puts a sentence under a picture: no script, no mathematics."""
    return {
        "text/html": f'<p class="course-caption"><em>{html.escape(sentence)}</em></p>',
        "text/plain": sentence,
    }


def in_notebook() -> bool:
    """Is there a front end that can show pictures?"""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def emit(*bundles: dict[str, Any], width: int | None = None) -> None:
    """Display bundles of one thing in several formats; outside a notebook print their text.

    `width` is that of a picture in CSS pixels, if it is not the number of its pixels.
    """
    if not in_notebook():
        print(bundles[0]["text/plain"])
        return
    from IPython.display import display

    metadata = {"image/png": {"width": width}} if width else {}
    for bundle in bundles:
        display(bundle, metadata=metadata if "image/png" in bundle else {}, raw=True)


def show(picture: Any, *, says: str) -> None:
    """Show a figure (or its Axes) with the sentence `says` under it as a caption.

    Args:
        picture: a Figure, an Axes or an array of Axes.
        says: what the picture tells, at least 40 characters, for those who cannot see it; the
            picture's `text/plain`, from where the reading site takes its alternative text.

    Raises:
        ValueError: `says` is too short to stand for the picture.
    """
    sentence = checked_sentence(says)
    figure = figure_of(picture)
    style.apply()
    large = style.scale() > 1  # a projector is near: twice the pixels, since nothing is stored
    width = figure.get_size_inches()[0] * style.STILL_DPI * style.scale()
    picture_bytes = png(pixels_of(figure, style.STILL_DPI * style.scale() * (2 if large else 1)))
    import base64

    encoded = base64.b64encode(picture_bytes).decode("ascii")
    bundle = {"image/png": encoded, "text/plain": sentence}
    emit(bundle, caption(sentence), width=round(width) if large else None)
    if figure.number if hasattr(figure, "number") else False:  # made by pyplot: forget it there
        import matplotlib.pyplot as plt

        plt.close(figure)
