"""The pictures of the chapter on the training loop draw, move, and say what is true."""

from __future__ import annotations

import numpy as np
import pytest
from torch.nn.functional import cross_entropy

from course_lib.models.digit_net import digit_net, digit_sets, find_the_mean, walk
from course_lib.plotting import new_axes
from course_lib.plotting import training_loop_views as views
from course_lib.training import clinic, fit

NUMBERS = [2, 4, 4, 5, 7]


def test_five_numbers_say_where_the_weight_lies() -> None:
    def run(batch):
        return list(find_the_mean(NUMBERS, batch, 0.5, 12))

    axes = new_axes()
    update = views.five_view(NUMBERS, run)(axes)
    assert "1 update per epoch" in update(batch=5)
    line = next(one for one in axes.lines if one.get_label() == "weight w")
    assert line.get_ydata()[-1] == pytest.approx(4.4, abs=0.01)
    assert "3 updates per epoch" in update(batch=2)


def test_players_follow_their_states() -> None:
    steps = list(find_the_mean(NUMBERS, 2, 0.5, 1))
    words = views.five_steps(NUMBERS)(new_axes())(steps[1])
    assert "batch 4, 5" in words and "= 3;" in words
    train, held_out, _ = digit_sets(seed=0, train=60, validation=30)
    order = train[1].argsort(stable=True)
    looks = list(walk(digit_net(4), train, held_out, order, 20, 0.2))
    assert "update 2 of 3" in views.batch_steps(looks)(new_axes(columns=2))(looks[1])


def test_runs_are_drawn_with_what_they_measured() -> None:
    update = views.run_view(lambda patient: clinic.treat(patient, epochs=3), 3, clinic.chart)
    pair = new_axes(columns=2)
    change = update(pair)
    assert "loss" in change(patient="H")
    high = pair[0].get_ylim()[1]
    change(patient="B")
    assert pair[0].get_ylim()[1] > high
    said = views.run_view(
        lambda patient, reveal: clinic.treat(patient, epochs=1), 1, clinic.chart,
        lambda patient, reveal: clinic.PATIENTS[patient].fault if reveal else "",
    )(pair)  # fmt: skip
    assert said(patient="D", reveal=True).startswith("two hidden units")
    assert "two hidden units" in pair[0].texts[-1].get_text()
    assert said(patient="D", reveal=False).startswith("loss")
    train, held_out, _ = digit_sets(seed=0, train=60, validation=30)

    def run(patience):
        return fit(digit_net(8), train, held_out, epochs=4, early_stopping=patience,
                   loss=cross_entropy, progress=False)  # fmt: skip

    assert "best epoch 4" in views.stop_view(run, 4)(new_axes())(patience=4)


def test_still_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    table = np.array([[0.1, 0.9], [0.4, 0.2]])
    figure = views.grid(table, ["a", "b"], ["c", "d"], title="t", xlabel="x", ylabel="y",
                        path=[(0, 0)])  # fmt: skip
    shown = sorted(text.get_text() for text in figure.axes[0].texts)
    assert shown == ["0.100*", "0.200", "0.400", "0.900"]
    assert len(views.pictures(np.zeros((3, 64)), ["a", "b", "c"], columns=2).axes) == 4
    assert views.bands({"a": table}, title="t", xlabel="x", ylabel="y").axes[0].lines
    assert views.differences(["a", "b"], table, title="t", xlabel="x").axes[0].lines
    assert len(views.staircase({"a": lambda x: x}, 5).axes[0].lines[0].get_xdata()) == 5
    views.show_body(fit)
    body = capsys.readouterr().out
    assert "models.eval()" in body and "def fit" not in body and '"""' not in body
