"""The playground: its net, its line of code, its PyTorch, its picture, and a browser."""

from __future__ import annotations

import asyncio
import runpy
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from browser import Box, Lab

from course_lib.models import plane_net
from course_lib.models.plane_net import DATA, FEATURES, PENALTIES, Training, plane_data
from course_lib.models.torch_mlp import MLP
from course_lib.plotting import network_playground
from course_lib.plotting.playground import Playground

SAYS = "A net of two inputs learns to part two classes of points while you watch its units."


def fresh(**opening) -> Playground:
    return network_playground(says=SAYS, name="sand", **opening)


def replay(code: str, **opening) -> Playground:
    """Read the one line of code back, call by call, as a reader's kernel would."""
    import ast

    made = fresh(**opening)
    node, calls = ast.parse(code, mode="eval").body, []
    while isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Attribute)
        arguments = [ast.literal_eval(a) for a in node.args]
        keywords = {str(k.arg): ast.literal_eval(k.value) for k in node.keywords}
        calls.append((node.func.attr, arguments, keywords))
        node = node.func.value
    assert isinstance(node, ast.Name) and node.id == "sand"
    for name, arguments, keywords in reversed(calls):
        getattr(made, name)(*arguments, **keywords)
    return made


# --- the net ------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [d for d in DATA if d != "own points"])
def test_data_are_two_classes_in_the_plane_and_follow_the_seed(data):
    (x, t), (held, h) = plane_data(data, 0.1, 3)
    assert x.shape == held.shape == (150, 2) and set(np.unique(t)) == {-1, 1}
    assert 0.4 < np.mean(t > 0) < 0.6 and np.abs(x).max() < 4.5
    again = plane_data(data, 0.1, 3)[0][0]
    assert np.array_equal(x, again) and not np.array_equal(x, plane_data(data, 0.1, 4)[0][0])
    assert not np.array_equal(x, held) and h.shape == (150, 1)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("inputs", list(FEATURES))
def test_the_gradient_agrees_with_torch(inputs, penalty):
    t = Training(data="spiral", inputs=inputs, hidden=(5, 3), regularisation=penalty)
    net = MLP(t.sizes, "tanh", "tanh").double().load(t.weights, t.biases)
    X = torch.tensor(plane_net.features(t.train[0], inputs))
    loss = 0.5 * (net(X) - torch.tensor(t.train[1])).pow(2).mean()
    kind, _, strength = penalty.partition(" ")
    for layer in net.layers:
        if kind == "L1":
            loss = loss + float(strength) * layer.weight.abs().sum()
        elif kind == "L2":
            loss = loss + 0.5 * float(strength) * layer.weight.pow(2).sum()
    loss.backward()
    wanted = [layer.weight.grad for layer in net.layers] + [layer.bias.grad for layer in net.layers]
    for ours, theirs in zip(t.gradients(), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        ("circles", {}),
        ("xor", {}),
        ("moons", {"activation": "relu", "initial": "he", "hidden": (8,)}),
        ("clouds", {"hidden": ()}),
        ("spiral", {"hidden": (8, 8), "optimiser": "adam"}),
        ("circles", {"hidden": (), "inputs": "squares too", "learning_rate": 0.1}),
    ],
)
def test_training_learns_the_data(data, settings):
    t = Training(data=data, **settings)
    before = t.costs()
    t.run(120)
    assert t.costs()[0] < 0.4 * before[0] and t.wrong()[1] < 0.12
    assert len(t.history) == 121 and t.epoch == 120


def test_what_cannot_work_does_not():
    assert Training(data="circles", hidden=()).run(60).wrong()[0] > 0.3  # one line only
    zero = Training(data="circles", initial="zero").run(20)
    assert all((W == 0).all() for W in zero.weights)  # nothing moves: all gradients vanish
    assert Training(data="xor", learning_rate=3.0, activation="linear", hidden=(8, 8),
                    initial="large").run(3).epoch == 3  # however wild, it does not break


# --- the line of code ---------------------------------------------------------------------------


def test_the_line_of_code_restores_the_very_same_net():
    p = fresh(data="spiral", layer_1=6, epochs=3)
    p.run(4).set(learning_rate=0.1).run(3).point(0.514, -1.0, -1).run(2)
    p.set(regularisation="L2 0.01", batch=25).run(1)
    again = replay(p.code)
    assert again.code == p.code and again.text == p.text
    for a, b in zip(p.training.weights, again.training.weights, strict=True):
        assert np.array_equal(a, b)
    assert again.still() == p.still()


def test_what_restarts_and_what_goes_on():
    p = fresh(epochs=5)
    for live in ({"learning_rate": 0.3}, {"batch": 3}, {"regularisation": "L1 0.01"},
                 {"wires": "gradients"}, {"numbers": True}):  # fmt: skip
        assert p.set(**live).training.epoch == 5
    assert p.training.learning_rate == 0.3 and p.training.batch == 3
    for anew in ({"data": "xor"}, {"layer_1": 7}, {"seed": 3}, {"activation": "relu"}):
        assert p.run(2).set(**anew).training.epoch == 0
    assert p.training.learning_rate == 0.3  # what was set stays set
    assert p.reset().training.epoch == 5 and p.values["data"] == "circles"
    assert p.restart().training.epoch == 0


def test_the_exported_lines_build_and_train_the_same_net(tmp_path: Path):
    for opening in (
        {"data": "moons", "layer_1": 5, "layer_2": 0, "optimiser": "momentum"},
        {"data": "circles", "inputs": "squares too", "activation": "relu", "initial": "he",
         "optimiser": "adam", "regularisation": "L2 0.01"},
        {"data": "own points", "layer_1": 3},
    ):  # fmt: skip
        p = fresh(**opening)
        p.point(1, 2, 1).point(-1, -1.5, -1)
        p.run(3).set(learning_rate=0.1, regularisation="L1 0.001").run(4)
        p.point(0.5, 0.5, 1).run(2)
        script = tmp_path / "net.py"
        script.write_text(p.source, encoding="utf-8")
        net = runpy.run_path(str(script))["linear"]
        for layer, W, b in zip(net, p.training.weights, p.training.biases, strict=True):
            np.testing.assert_allclose(layer.weight.detach().numpy(), W, rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(layer.bias.detach().numpy(), b, rtol=1e-7, atol=1e-9)


def test_own_data_and_own_points():
    x = np.array([[0.0, 1.0], [1.0, -1.0], [-2.0, 0.5]])
    p = network_playground(x, ["no", "yes", "no"], says=SAYS, name="sand")
    assert p.training.train[1].ravel().tolist() == [-1, 1, -1] and "3 training" in p.text
    empty = fresh(data="own points")
    assert "No points yet" in empty.text and empty.run(5).training.epoch == 0
    empty.point(1, 1, 1).point(-1, -1, -1).run(60)
    assert empty.training.wrong()[0] == 0 and "test points (" not in empty.text
    assert len(empty.restart().training.train[0]) == 2


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fresh().set(data="spirals"), ValueError, "spiral"),
        (lambda: fresh(lr=0.1), KeyError, "learning_rate"),
        (lambda: fresh().run(-1), ValueError, "between"),
        (lambda: fresh().point(0, 0, 0), ValueError, "class"),
        (lambda: network_playground(np.ones((3, 3)), [0, 1, 0], says=SAYS), ValueError, "n, 2"),
        (lambda: network_playground(np.ones((3, 2)), [0, 1, 2], says=SAYS), ValueError, "two"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_run_away_weights_are_said_not_shown():
    p = fresh(layer_2=0, activation="linear", initial="large", learning_rate=3.0)
    p.training.weights[0][:] = np.nan
    p.run(1)
    assert "run away" in p.text and p.still()[:4] == b"\x89PNG"


def test_the_still_shows_the_state():
    from io import BytesIO

    from PIL import Image

    p = fresh()
    early = np.asarray(Image.open(BytesIO(p.still())).convert("RGB")).astype(int)
    late = np.asarray(Image.open(BytesIO(p.run(80).still())).convert("RGB")).astype(int)
    assert early.shape == late.shape and (np.abs(early - late).sum(axis=2) > 30).mean() > 0.05


def test_playing_trains_and_stops_without_a_browser():
    p = fresh(epochs=1)

    async def scene() -> None:
        p.playing = True
        for _ in range(300):
            await asyncio.sleep(0.01)
            if p.training.epoch > 4:
                break
        p.playing = False
        stopped = p.training.epoch
        await asyncio.sleep(0.1)
        assert stopped == p.training.epoch > 4

    asyncio.run(scene())
    assert not p.playing and replay(p.code).text == p.text


def test_a_picture_is_quick():
    p = fresh(layer_1=8, layer_2=8)
    times = []
    for _ in range(15):
        start = time.process_time()
        p._train(1)
        p._screen.refresh(p.training, p.values)
        times.append(time.process_time() - start)
    assert np.median(times) < 0.05, "fewer than 20 pictures a second"


# --- a real browser -----------------------------------------------------------------------------


@pytest.mark.full
def test_it_plays_in_a_browser(chromium: Path, tmp_path: Path):
    cell = nbformat.v4.new_code_cell(
        "from course_lib.plotting import network_playground\n"
        f"network_playground(says={SAYS!r}, name='sand', epochs=2)"
    )
    notebook = nbformat.v4.new_notebook(
        cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    path = tmp_path / "sand.ipynb"
    nbformat.write(notebook, path)
    (tmp_path / "lab").mkdir()
    with Lab(chromium, tmp_path / "lab") as lab:
        page = lab.open(path)
        page.run_all()
        (box,) = page.await_boxes("explorer", 1)
        opening = box.look()
        box.click("One epoch")
        box.wait_for(SAYS_EPOCH, 3, "one epoch further")
        box.click("Play (space)")
        box.wait_for(SAYS_EPOCH, 60, "sixty epochs")
        frames = counted(box)
        start = time.monotonic()
        box.wait_for(FRAMES, frames + 40, "forty pictures more")
        rate = 40 / (time.monotonic() - start)
        box.click("Pause (space)")
        box.shoot("playing")
        assert rate > 8, f"{rate:.0f} pictures a second"  # 20 and more on an idle machine
        canvas = box.place.locator("canvas").first
        frame = canvas.bounding_box()
        canvas.click(position={"x": 0.8 * frame["width"], "y": 0.3 * frame["height"]})
        box.wait_for("(box) => box.querySelector('.course-code').textContent.includes('.point(')",
                     what="a point where the reader clicked")  # fmt: skip
        box.click("Set every control")
        box.wait_for(SAYS_EXACTLY, 2, "the opening again")
        assert box.look() == opening
        assert page.outside == [] and page.complaints == []
        print(f"{rate:.0f} pictures a second while it trains")


EPOCH = "Number(box.querySelector('.course-sentence').textContent.match(/epoch (\\d+)/)?.[1] ?? -1)"
SAYS_EPOCH = f"(box, n) => {EPOCH} >= n"
SAYS_EXACTLY = f"(box, n) => {EPOCH} === n"
FRAMES = "(box, n) => Number(box.querySelector('canvas').dataset.frames) >= n"


def counted(box: Box) -> int:
    return int(box.place.locator("canvas").first.get_attribute("data-frames"))
