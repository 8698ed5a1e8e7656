"""How a run is watched: a bar in a terminal, curves in a notebook, and one line when it is over.

The view may spend 2.5 % of the run's time, whatever a picture costs on this machine, and shows
itself at most four times a second. It alone reads the loss from the device in between
(`Meter.recent`).
"""

from __future__ import annotations

import math
import sys
from time import perf_counter
from types import TracebackType
from typing import Any

from course_lib.device import quiet
from course_lib.training.history import History
from course_lib.training.meter import Meter, must_be_finite

SHARE = 0.025  # of the run's time
PAUSE = 0.25  # seconds between two views
WORDS_SHARE = 0.005  # until there is a picture: the rest is saved for it


def in_notebook() -> bool:
    """Whether the code runs in a Jupyter kernel."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


class Live:
    """The view of one run; `with Live(...)` closes it whatever happens inside."""

    def __init__(
        self, history: History, epochs: int, updates_per_epoch: int | None, wanted: bool
    ) -> None:
        self.history, self.epochs, self.length = history, epochs, updates_per_epoch
        self.wanted, self.moving = wanted, wanted and not quiet()
        self.notebook = self.moving and in_notebook()
        self.spent, self.last_cost = 0.0, 0.0
        self.handle: Any = None
        self.figure: Any = None
        self.bar: Any = None
        self.recent: list[tuple[float, float]] = []  # (epochs done, loss) where the view has looked

    def __enter__(self) -> Live:
        self.start = self.next = perf_counter()
        self.next += PAUSE
        if self.moving and not self.notebook:
            from tqdm import tqdm

            self.bar = tqdm(
                total=self.epochs * self.length if self.length else None,
                initial=self.history.updates,
                disable=not sys.stderr.isatty(),
                unit="update",
                mininterval=0,
                leave=False,
            )
        return self

    def after_update(self, meter: Meter) -> None:
        """Look, if it is time to; costs a comparison otherwise."""
        if self.moving and perf_counter() >= self.next:
            self.look(meter)

    def look(self, meter: Meter) -> None:
        """Show where the run stands now. Raises Diverged if the last loss says that it is lost."""
        before = perf_counter()
        loss = meter.recent()
        if loss is not None and not math.isfinite(loss):
            must_be_finite(meter.losses(), self.history)
        done = self.history.updates / self.length if self.length else len(self.history)
        words = f"epoch {min(len(self.history) + 1, self.epochs)}/{self.epochs}"
        if loss is not None:
            self.recent.append((done, loss))
            words += f", loss {loss:.4g}"
        if self.bar is not None:
            self.bar.set_postfix_str(words, refresh=False)
            self.bar.update(self.history.updates - self.bar.n)
        else:
            self._show(words, before)
        now = perf_counter()
        self.last_cost = now - before
        self.spent += self.last_cost
        # the next look when the time spent so far, with one more, is again the allowed share
        share = WORDS_SHARE if self.notebook and self.figure is None else SHARE
        due = self.start + (self.spent + self.last_cost) / share
        self.next = max(now + PAUSE, due)

    def _show(self, words: str, now: float) -> None:
        bundle: dict[str, Any] = {"text/plain": words}
        first = 0.2 if "matplotlib.figure" in sys.modules else 0.6  # seconds it takes
        affordable = (now - self.start) * SHARE > self.spent + first
        if self.figure is None and affordable:
            from course_lib.plotting import LiveFigure
            from course_lib.training.plots import live_curves

            self.figure = LiveFigure(live_curves(self.epochs), size=(6, 3), encoding="png")
        if self.figure is not None:
            self.figure.refresh(self.history, self.recent)
            bundle["image/png"] = self.figure.frame()
        self._send(bundle)

    def _send(self, bundle: dict[str, Any]) -> None:
        """Replace what the cell shows; display messages, so that standard error stays empty."""
        from base64 import b64encode

        from IPython.display import display

        if "image/png" in bundle:
            bundle["image/png"] = b64encode(bundle["image/png"]).decode("ascii")
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.close()
        line = self.history.line()
        if kind is not None:
            line += f": stopped by {kind.__name__}"
        if self.notebook:
            self._send({"text/plain": line})
        elif self.wanted:
            print(line)
