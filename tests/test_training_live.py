"""The view of a run: a bar in the terminal, curves in the notebook, one line at the end."""

from __future__ import annotations

import io
import sys
import types
from base64 import b64decode

import matplotlib.figure  # noqa: F401  (its cost is known then)
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.training import Diverged, History, fit, live
from course_lib.training.distribution import Distribution
from course_lib.training.live import Live
from course_lib.training.meter import Meter
from course_lib.training.plots import curves, inside, live_curves, range_curve


class Clock:
    """A clock that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Handle:
    """What IPython's display returns; keeps everything that was shown."""

    def __init__(self, shown: list[dict]) -> None:
        self.shown = shown

    def update(self, bundle: dict, raw: bool) -> None:
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Pretends to be a notebook; the list receives what the cell shows, in order."""
    shown: list[dict] = []

    def display(bundle, raw, display_id):
        assert raw and display_id
        shown.append(bundle)
        return Handle(shown)

    import IPython.display

    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(live, "in_notebook", lambda: True)
    monkeypatch.setattr(live, "quiet", lambda: False)
    return shown


def meter_with(*losses: float) -> Meter:
    meter = Meter({}, Distribution(torch.device("cpu")))
    batch = types.SimpleNamespace(size=1, total=1)
    for loss in losses:
        meter.add({"loss": torch.tensor(loss)}, batch)  # type: ignore[arg-type]
    return meter


def test_notebook_curves_end_as_one_line_without_times(
    notebook: list[dict], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.0)
    monkeypatch.setattr(live, "WORDS_SHARE", 1e9)
    monkeypatch.setattr(live, "SHARE", 1e9)  # always affordable
    torch.manual_seed(0)
    x = torch.randn(256, 3)
    history = fit(
        nn.Linear(3, 1), (x, x[:, :1]), (x, x[:, :1]), loss=F.mse_loss, epochs=2, batch_size=128
    )
    pictures = [b64decode(bundle["image/png"]) for bundle in notebook if "image/png" in bundle]
    assert len(pictures) >= 2 and all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0] != pictures[-1]
    assert "epoch 1/2, loss" in notebook[0]["text/plain"]
    assert notebook[-1] == {"text/plain": history.line()}
    assert capsys.readouterr() == ("", "")


def test_the_view_keeps_its_budget(notebook: list[dict], monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of 1 ms, a look costs 30 ms: it may use 2.5 % of the time and 4 looks a second."""
    clock = Clock()
    monkeypatch.setattr(live, "perf_counter", clock)
    meter = meter_with(0.5)
    for cost in (0.0001, 0.03, 1.0):
        history = History()
        looks = []
        with Live(history, 1, 1000, wanted=True) as view:
            begin = clock.now

            def show(words: str, now: float, looks=looks, cost=cost) -> None:
                looks.append(clock.now)
                clock.now += cost

            monkeypatch.setattr(view, "_show", show)
            for _ in range(60_000):
                clock.now += 0.001
                view.after_update(meter)
        elapsed = clock.now - begin
        assert cost * len(looks) <= 0.03 * elapsed + cost
        assert len(looks) <= 4 * elapsed and len(looks) >= 1
        assert np.diff(looks).min(initial=np.inf) >= 0.25


def test_the_first_picture_waits_until_it_can_be_afforded(
    notebook: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(live, "perf_counter", clock)
    assert "matplotlib.figure" in sys.modules
    with Live(History(), 1, 1000, wanted=True) as view:
        for _ in range(30):
            clock.now += 1
            view.after_update(meter_with(0.5))
    pictures = [k for k, bundle in enumerate(notebook) if "image/png" in bundle]
    assert len(notebook) == 31 and pictures[0] == 8  # 0.2 s is 2.5 % of 8 seconds


def test_bar_in_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(live, "quiet", lambda: False)
    monkeypatch.setattr(live, "PAUSE", 0.0)
    monkeypatch.setattr(live, "SHARE", 1e9)
    x = torch.randn(64, 3)
    fit(nn.Linear(3, 1), (x, x[:, :1]), loss=F.mse_loss, epochs=3, batch_size=8)
    drawn = terminal.getvalue()
    assert "/24" in drawn and "epoch 3/3, loss" in drawn


def test_no_terminal_no_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "quiet", lambda: False)
    x = torch.randn(64, 3)
    history = fit(nn.Linear(3, 1), (x, x[:, :1]), loss=F.mse_loss, epochs=3, batch_size=8)
    assert capsys.readouterr() == (history.line() + "\n", "")


def test_a_lost_run_is_stopped_by_the_view_within_the_epoch(
    notebook: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(live, "perf_counter", clock)
    history = History()
    with pytest.raises(Diverged, match="nan in epoch 1, batch 2"):
        with Live(history, 1, 10, wanted=True) as view:
            clock.now += 10
            view.after_update(meter_with(0.5, float("nan"), float("nan")))
    assert notebook[-1]["text/plain"].endswith("stopped by Diverged")


def test_interrupted_line(notebook: list[dict]) -> None:
    history = History()
    history.add({"loss": 0.5, "learning rate": 0.1}, [], {})
    with Live(history, 3, 10, wanted=True):
        history.interrupted = True
    assert notebook == [{"text/plain": "1 epoch: loss 0.5 (interrupted)"}]


def measured() -> History:
    x = torch.randn(64, 3)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    return fit(
        model, (x, x[:, :1]), (x, x[:, :1]), loss=F.mse_loss, epochs=3, early_stopping=2,
        diagnostics=["gradient norm", "update ratio", "dead units"],
    )  # fmt: skip


def test_curves_show_what_was_measured() -> None:
    history = measured()
    axes = curves(history)
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert lines["training loss"].get_ydata().tolist() == history["loss"].tolist()
    assert lines["validation loss"].get_ydata().tolist() == history["validation loss"].tolist()
    assert lines["validation loss"].get_linestyle() != lines["training loss"].get_linestyle()
    assert axes.get_xlabel() == "epoch" and axes.get_ylabel() == "loss"
    assert history.plot("validation loss").get_lines()[0].get_label() == "validation loss"


def test_inside_has_a_line_per_layer() -> None:
    history = measured()
    axes = inside(history, "gradient norm")
    labels = [line.get_label() for line in axes.get_lines()]
    assert labels == ["0.weight", "0.bias", "2.weight", "2.bias"]
    norms = [row["gradient norm"]["2.bias"] for row in history.diagnostics]
    assert axes.get_lines()[3].get_ydata().tolist() == norms and axes.get_yscale() == "log"
    assert inside(history, "dead units").get_yscale() == "linear"
    with pytest.raises(KeyError, match="did not measure 'activation std'"):
        inside(history, "activation std")


def test_range_curve_marks_the_range() -> None:
    from course_lib.training.range_test import RangeTest

    rates = np.geomspace(1e-4, 1, 9)
    losses = np.array([3, 3, 2.9, 2, 1, 0.5, 1, 4, 9.0])
    test = RangeTest(rates, losses, losses, True)
    assert test.high == rates[5] and test.low == rates[3]
    axes = range_curve(test)
    assert axes.get_xscale() == "log"
    assert axes.get_lines()[1].get_ydata().tolist() == losses.tolist()
    assert axes.get_ylim()[1] < 9  # the divergence does not flatten the rest


def test_live_curves_follow_the_history() -> None:
    from course_lib.plotting import new_axes

    axes = new_axes()
    update = live_curves(3)(axes)
    history = History()
    history.add({"loss": 2.0, "validation loss": 3.0}, [], {})
    assert update(history, [(0.5, 2.5), (1.0, 1.9)]) == "1 of 3 epochs"
    now, train, held_out = axes.get_lines()
    assert list(now.get_ydata()) == [2.5, 1.9]
    assert (list(train.get_ydata()), list(held_out.get_ydata())) == ([2.0], [3.0])
