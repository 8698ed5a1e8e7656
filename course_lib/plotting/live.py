"""A figure that changes in place: only what moved is drawn again, and only bytes travel.

Drawing a new figure for each move of a slider takes about 100 ms. Keeping the figure, restoring
a stored background and drawing the changed artists over it (blitting) takes about 10 ms.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from . import style
from .picture import alone, png

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Update = Callable[..., "str | None"]


class LiveFigure:
    """A figure without pyplot whose artists are changed in place and blitted.

    `draw(axes)` is called once; it creates the artists and returns `update`, which changes them
    and returns a sentence (or None). Call `refresh(...)` with the arguments of `update`, then take
    `frame()`.

    An artist that changed is drawn again with every frame from then on, together with all that
    lies above it. The whole figure is drawn anew only when limits, ticks, labels, the set of
    artists or the layout changed.
    """

    @alone
    def __init__(
        self,
        draw: Callable[[Any], Update],
        *,
        size: tuple[float, float] = (6, 4),
        axes: tuple[int, int] | None = None,
        encoding: str = "jpeg",
    ):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        if encoding not in ("jpeg", "png"):
            raise ValueError(f"encoding is 'jpeg' or 'png', not {encoding!r}")
        style.apply()
        self.encoding = encoding
        self.width = round(size[0] * style.LIVE_DPI * style.scale())  # CSS pixels
        dpi = style.LIVE_DPI * style.SHARPNESS * style.scale()
        self.figure = Figure(figsize=size, dpi=dpi, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.subplots(*(axes or (1, 1)))
        self.update = draw(self.axes)
        if not callable(self.update):
            raise TypeError(
                "draw(axes) must return the function that updates its artists, "
                f"it returned {type(self.update).__name__}"
            )
        self.full_draws = 0
        self._moving: set[Artist] = set()
        self._shown: set[Artist] = set()  # visible in the last frame
        self._over: list[list[Artist]] = []
        self._background: Any = None
        self._before: Any = None

    @alone
    def refresh(self, *args: Any, **kwargs: Any) -> str | None:
        """Change the artists and draw what changed; return the sentence of `update`."""
        says = self.update(*args, **kwargs)
        if says is not None and not isinstance(says, str):
            raise TypeError(f"update() must return a sentence or None, not {type(says).__name__}")
        self._draw()
        return says

    @alone
    def pixels(self) -> np.ndarray:
        """Return a copy of the present frame (height, width, 4), uint8."""
        import numpy as np

        return np.array(self.canvas.buffer_rgba())

    @alone
    def still(self, dpi: float = style.STILL_DPI) -> np.ndarray:
        """Draw the present state at `dpi` for a stored picture: (height, width, 4), uint8."""
        from .picture import pixels_of

        self._animate(False)
        pixels = pixels_of(self.figure, dpi)
        self._background = None  # the canvas has another size now
        return pixels

    @alone
    def frame(self) -> bytes:
        """Encode the present frame: JPEG, or PNG where line art must stay free of fringes."""
        from PIL import Image

        if self._background is None:
            self._draw()
        size = self.canvas.get_width_height(physical=True)
        image = Image.frombuffer("RGBA", size, self.canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
        buffer = io.BytesIO()
        if self.encoding == "jpeg":
            image.convert("RGB").save(buffer, format="JPEG", quality=85, subsampling=0)
        else:
            image.convert("RGB").save(buffer, format="PNG", compress_level=1)
        return buffer.getvalue()

    def _draw(self) -> None:
        changed = {a for a in self._artists() if a.stale and (a.get_visible() or a in self._shown)}
        structure = self._structure()
        if self._background is None or structure != self._before or not changed <= self._moving:
            self._moving |= changed if self._background is not None else set()
            self._draw_all()
            self._before = self._structure()
            return
        self.canvas.restore_region(self._background)
        self._draw_over()

    def _draw_all(self) -> None:
        """Draw everything; keep the layout unless a label would be cut off."""
        self.full_draws += 1
        self._animate(False)
        first = self.figure.get_layout_engine() is not None
        self.canvas.draw()
        if first:
            self.figure.set_layout_engine("none")
        elif self._cut_off():
            self.figure.set_layout_engine("constrained")
            self.canvas.draw()
            self.figure.set_layout_engine("none")
        self._split()
        if self._over_count:
            self._animate(True)
            self.canvas.draw()
        self._background = self.canvas.copy_from_bbox(self.figure.bbox)
        self._draw_over()

    def _draw_over(self) -> None:
        renderer = self.canvas.get_renderer()
        for artists in self._over:
            for artist in artists:
                artist.draw(renderer)
        self._shown = {a for a in self._artists() if a.get_visible()}

    def _split(self) -> None:
        """Per Axes, list in drawing order what lies at or above its lowest moving artist."""
        self._over = []
        for axes in self.figure.axes:
            moving = [a for a in self._children(axes) if a in self._moving]
            if not moving:
                self._over.append([])
                continue
            lowest = min(a.get_zorder() for a in moving)
            framed = axes.axison and axes.get_frame_on()  # else matplotlib draws no spines either
            layers: list[tuple[float, Artist]] = []
            for artist in axes.get_children():
                if artist is axes.patch or artist.get_zorder() < lowest:
                    continue
                if artist in axes.spines.values() and not framed:
                    continue
                if artist in (axes.xaxis, axes.yaxis) and not axes.axison:
                    continue
                if artist in (axes.xaxis, axes.yaxis):  # of an axis, only the grid can be covered
                    lines = [tick.gridline for tick in artist.get_major_ticks()]
                    layers += [(artist.get_zorder(), line) for line in lines if line.get_visible()]
                elif artist in self._titles(axes) and artist not in self._moving:
                    continue
                else:
                    layers.append((artist.get_zorder(), artist))
            self._over.append([a for _, a in sorted(layers, key=lambda pair: pair[0])])

    @property
    def _over_count(self) -> int:
        return sum(map(len, self._over))

    def _animate(self, animated: bool) -> None:
        for artists in self._over:
            for artist in artists:
                artist.set_animated(animated)

    @staticmethod
    def _titles(axes: Axes) -> tuple[Artist, ...]:
        return (axes.title, axes._left_title, axes._right_title)  # type: ignore[attr-defined]

    def _children(self, axes: Axes) -> Iterator[Artist]:
        for artist in axes.get_children():
            if artist not in (axes.patch, axes.xaxis, axes.yaxis):
                yield artist

    def _artists(self) -> Iterator[Artist]:
        for axes in self.figure.axes:
            yield from self._children(axes)

    def _structure(self) -> list[Any]:
        """What a change of which asks for the whole figure again."""
        parts: list[Any] = [t.get_text() for t in self.figure.texts]
        parts.append(self.figure.get_suptitle())
        for axes in self.figure.axes:
            parts += [axes.get_xlim(), axes.get_ylim(), axes.get_xscale(), axes.get_yscale()]
            parts += [axes.get_xlabel(), axes.get_ylabel(), axes.get_visible(), axes.axison]
            for axis in (axes.xaxis, axes.yaxis):
                parts += [axis.major.locator, axis.major.formatter]
            parts.append([id(a) for a in axes.get_children()])
        return parts

    def _cut_off(self) -> bool:
        """Does a label reach over the edge of the picture?"""
        renderer = self.canvas.get_renderer()
        width, height = self.canvas.get_width_height(physical=True)
        for axes in self.figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                box = axis.get_tightbbox(renderer) if axes.axison else None
                if box and (box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height):
                    return True
        return False


class LatestWins:
    """Do `work()` once for a burst of requests, as soon as the burst is read.

    A slider that is dragged sends messages faster than pictures can be drawn. Each message only
    requests; the work waits until no further message is waiting in the kernel's loop, at most
    50 ms, and then sees the newest values. Without a running loop it is done at once.
    """

    patience = 0.05  # seconds
    quiet_turns = 6  # turns of the loop without a request: nothing is waiting (a message takes 2-3)

    def __init__(self, work: Callable[[], None]):
        self._work = work
        self._requests = 0
        self._task: asyncio.Task | None = None

    def request(self) -> None:
        """Ask for the work; many requests before it starts are one."""
        self._requests += 1
        if self._task is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._work()
            return
        self._task = loop.create_task(self._soon(loop))

    @property
    def waiting(self) -> bool:
        """Is work asked for and not yet done?"""
        return self._task is not None

    def finish(self) -> None:
        """Do waiting work now."""
        if self._task is not None:
            self.cancel()
            self._work()

    def cancel(self) -> None:
        """Forget waiting work."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        deadline = loop.time() + self.patience
        seen, quiet = self._requests, 0
        while quiet < self.quiet_turns and loop.time() < deadline:
            await asyncio.sleep(0)
            quiet = quiet + 1 if seen == self._requests else 0
            seen = self._requests
        self._task = None
        self._work()


__all__ = ["LatestWins", "LiveFigure", "png"]
