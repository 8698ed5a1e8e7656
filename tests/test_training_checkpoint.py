"""Checkpoints: killed at any moment, resumed exactly; bad files are refused, the good one used."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from course_lib.training import Checkpoint, CheckpointError, EarlyStopping, Snapshots, fit
from course_lib.training import checkpoint as files
from course_lib.training.schedules import one_cycle


class Stop(BaseException):
    """The plug is pulled: nothing may catch this."""


class Noisy(Dataset):
    """Map-style examples that draw from all three random states when they are read."""

    def __len__(self) -> int:
        return 90

    def __getitem__(self, i: int):
        noise = torch.randn(4) + random.random() + float(np.random.rand())  # noqa: NPY002
        return noise + i % 3, i % 3


def examples(n: int = 90):
    g = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 3
    return torch.randn(n, 4, generator=g) + y[:, None], y


def train(data, path=None, stop_at: int | None = None, epochs: int = 4, **more):
    """A run with everything that has a state; `stop_at` pulls the plug in that update."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)
    )
    count = 0

    def loss(outputs, targets):
        nonlocal count
        if outputs.requires_grad:
            count += 1
            if count == stop_at:
                raise Stop
        return F.cross_entropy(outputs, targets)

    checkpoint = None if path is None else Checkpoint(path, every_updates=2)
    settings = {
        "batch_size": 8,
        "accumulate": 2,
        "metrics": "accuracy",
        "clip": 1.0,
        "early_stopping": 3,
        "diagnostics": ["gradient norm"],
        "schedule": lambda step: one_cycle(step, 0.05, 24),
        **more,
    }
    history = fit(
        model, data, examples(30), loss=loss, epochs=epochs, checkpoint=checkpoint, **settings
    )
    return model, history


def same(one, other) -> bool:
    (model, history), (again, second) = one, other
    weights = zip(model.state_dict().values(), again.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in weights) and vars(history) == vars(second)


SOURCES = {
    "memory": examples,
    "map-style with random transforms": Noisy,
    "loader": lambda: DataLoader(Noisy(), batch_size=8, shuffle=True),
    "loader with its own generator": lambda: DataLoader(
        Noisy(), batch_size=8, shuffle=True, generator=torch.Generator().manual_seed(4)
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_resumed_run_is_bit_identical_wherever_it_stopped(source: str, tmp_path: Path) -> None:
    whole = train(SOURCES[source]())
    for stop_at in (1, 7, 12, 13, 30, 48):  # first update, mid-epoch, around an epoch's end, last
        path = tmp_path / f"{stop_at}.pt"
        with pytest.raises(Stop):
            train(SOURCES[source](), path, stop_at)
        assert same(train(SOURCES[source](), path), whole), stop_at


def test_stopped_several_times(tmp_path: Path) -> None:
    whole = train(examples(), precision="fp16", optimiser="diffgrad")
    for stop_at in (9, 9, 5, 20):
        with pytest.raises(Stop):
            train(examples(), tmp_path / "c.pt", stop_at, precision="fp16", optimiser="diffgrad")
    again = train(examples(), tmp_path / "c.pt", precision="fp16", optimiser="diffgrad")
    assert same(again, whole)


@pytest.mark.parametrize("left_out", ["optimisers", "batches", "random", "meter", "early stopping"])
def test_each_part_is_needed(left_out: str, tmp_path: Path, monkeypatch) -> None:
    """Without any one of them the resumed run ends elsewhere: the tests above can fail."""
    run = {"early_stopping": EarlyStopping(3, at_least=100.0)}  # the first epoch stays the best
    whole = train(examples(), **run)
    with pytest.raises(Stop):
        train(examples(), tmp_path / "c.pt", 19, **run)
    restore = files.restore_state

    def without(thing, state):
        kinds = {"optimisers": list, "batches": files.Batches, "early stopping": EarlyStopping}
        if not isinstance(thing, kinds.get(left_out, ())):
            restore(thing, state)

    monkeypatch.setattr(files, "restore_state", without)
    if left_out == "random":
        monkeypatch.setattr(files, "restore_random_states", lambda states: None)
    if left_out == "meter":
        monkeypatch.setattr(files.Meter, "load_state_dict", lambda self, state: None)
    assert not same(train(examples(), tmp_path / "c.pt", **run), whole)


def test_finished_run_is_not_trained_again_but_may_be_prolonged(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    first = train(examples(), path, epochs=2)
    assert same(train(examples(), path, stop_at=1, epochs=2), first)  # no update is made
    assert same(train(examples(), path, epochs=4), train(examples(), epochs=4))
    Checkpoint(path).remove()
    assert not list(tmp_path.iterdir())


def test_a_run_that_stopped_early_stays_stopped(tmp_path: Path) -> None:
    run = {"early_stopping": EarlyStopping(1, "validation loss", at_least=100.0)}
    first = train(examples(), tmp_path / "c.pt", **run)
    assert len(first[1]) == 2 and first[1].stopped
    assert same(train(examples(), tmp_path / "c.pt", stop_at=1, **run), first)


def test_things_of_ones_own_are_held(tmp_path: Path) -> None:
    rng, own = np.random.default_rng(5), torch.Generator().manual_seed(5)
    model = nn.Linear(4, 3)
    snapshots = Snapshots(model, at=[1, 2])
    held = {"rng": rng, "own": own}
    run = {"loss": F.cross_entropy, "after_epoch": snapshots, "progress": False}
    fit(model, examples(), epochs=2, checkpoint=Checkpoint(tmp_path / "c.pt", also=held), **run)
    expected = rng.random(3).tolist(), torch.rand(3, generator=own).tolist()
    weights = snapshots.weights
    snapshots.weights = []
    fit(model, examples(), epochs=2, checkpoint=Checkpoint(tmp_path / "c.pt", also=held), **run)
    assert (rng.random(3).tolist(), torch.rand(3, generator=own).tolist()) == expected
    assert len(snapshots) == 2
    assert torch.equal(snapshots.weights[0]["weight"], weights[0]["weight"])
    with pytest.raises(TypeError, match="int cannot be held"):
        run["checkpoint"] = Checkpoint(tmp_path / "d.pt", also={"x": 3})
        fit(model, examples(), epochs=1, **run)


# --- bad files --------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A checkpoint with a previous one beside it, of a run of two epochs."""
    path = tmp_path / "c.pt"
    train(examples(), path, epochs=2)
    assert files.previous(path).exists()
    return path


def broken(kind: str, path: Path) -> None:
    data = bytearray(path.read_bytes())
    if kind == "cut off":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "one wrong bit":
        where = data.find(torch.load(path)["held"]["models"]["0.weight"].numpy().tobytes())
        assert where > 0
        data[where + 5] ^= 1
        path.write_bytes(data)
    elif kind == "text":
        path.write_text("not a checkpoint", encoding="utf-8")
    elif kind == "somebody else's":
        torch.save({"weights": torch.ones(3)}, path)
    elif kind == "code":
        torch.save({"format": files.FORMAT, "run": Malicious()}, path)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Malicious()))


class Malicious:
    """Unpickled the ordinary way this would make a folder."""

    def __reduce__(self):
        return os.mkdir, ("opened",)


KINDS = {
    "cut off": "cut off or damaged",
    "empty": "cut off or damaged",
    "one wrong bit": "wrong checksum",
    "text": "cut off or damaged",
    "somebody else's": "not a checkpoint of this course",
    "code": "not a checkpoint of this course",
    "pickle": "cut off or damaged",
}


@pytest.mark.parametrize("kind", KINDS)
def test_bad_files_are_refused_and_the_good_one_before_is_used(
    kind: str, written: Path, monkeypatch
) -> None:
    monkeypatch.chdir(written.parent)
    whole = train(examples(), epochs=3)
    broken(kind, written)
    with pytest.warns(UserWarning, match=KINDS[kind]):
        assert same(train(examples(), written, epochs=3), whole)
    broken(kind, written)
    files.previous(written).unlink()
    with pytest.raises(CheckpointError, match=KINDS[kind]):
        train(examples(), written, epochs=3)
    assert not Path("opened").exists()


def test_a_kill_between_the_two_renames_loses_nothing(written: Path) -> None:
    whole = train(examples(), epochs=3)
    os.replace(written, files.previous(written))
    assert same(train(examples(), written, epochs=3), whole)


def test_another_runs_checkpoint_is_refused_with_what_differs(written: Path) -> None:
    with pytest.raises(CheckpointError, match="batch_size 8, now 16.*Choose another path"):
        train(examples(), written, batch_size=16)
    with pytest.raises(CheckpointError, match="number of examples 90, now 60"):
        train(examples(60), written)
    with pytest.raises(CheckpointError, match=r"optimisers \['Adam'\], now \['SGD'\]"):
        train(examples(), written, optimiser="sgd")
    with pytest.raises(CheckpointError, match=r"shape of weight None, now \(3, 4\)"):
        fit(nn.Linear(4, 3), examples(), loss=F.cross_entropy, epochs=1, checkpoint=written)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    files.save(path, {"a": torch.ones(2)})
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        files.save(path, {"a": lambda: None})
    assert torch.equal(files.read(path)["a"], torch.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


# --- SIGKILL ----------------------------------------------------------------------------------

KILLER = """
    # Forks children that train; kills each at a random moment; the last one may finish.
    import hashlib, json, os, pathlib, random, signal, sys, time
    import torch
    sys.path.insert(0, sys.argv[1])
    folder, moments, seed = pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    from test_training_checkpoint import examples, train

    def child(checkpoint, result):
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            model, history = train(examples(), checkpoint, epochs=4)
            weights = b"".join(t.numpy().tobytes() for t in model.state_dict().values())
            digest = hashlib.sha256(weights).hexdigest()
            answer = json.dumps([digest, history.rows, history.losses, history.updates])
            unfinished = result.with_suffix(".part")
            unfinished.write_text(answer, encoding="utf-8")
            unfinished.replace(result)
            code = 0
        finally:
            os._exit(code)

    os.environ["COURSE_QUIET"] = "1"
    sys.stdout = open(os.devnull, "w", encoding="utf-8")
    train(examples(), epochs=1)  # warm: the children inherit what torch imports late
    assert os.waitpid(child(None, folder / "whole"), 0)[1] == 0
    begun = time.monotonic()
    assert os.waitpid(child(folder / "timed.pt", folder / "timed"), 0)[1] == 0
    duration = time.monotonic() - begun
    rng, kills, different = random.Random(seed), 0, 0
    assert (folder / "timed").read_text("utf-8") == (folder / "whole").read_text("utf-8")
    for k in range(moments):
        result, checkpoint = folder / f"result {k}", folder / f"{k}.pt"
        pid = child(checkpoint, result)
        time.sleep(rng.uniform(0.02, duration))
        os.kill(pid, signal.SIGKILL)
        kills += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        assert os.waitpid(child(checkpoint, result), 0)[1] == 0
        different += result.read_text("utf-8") != (folder / "whole").read_text("utf-8")
    print(json.dumps({"kills": kills, "different": different}), file=sys.__stdout__)
"""


def killed(folder: Path, moments: int, seed: int) -> dict[str, int]:
    script = folder / "killer.py"
    script.write_text(textwrap.dedent(KILLER), encoding="utf-8")
    command = [sys.executable, str(script), str(Path(__file__).parent), str(folder)]
    done = subprocess.run(
        [*command, str(moments), str(seed)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its victims")


@needs_fork
def test_killed_at_5_random_moments(tmp_path: Path) -> None:
    found = killed(tmp_path, 5, seed=1)
    assert found["different"] == 0 and found["kills"] >= 3


@needs_fork
@pytest.mark.full
def test_killed_at_100_random_moments(tmp_path: Path) -> None:
    found = killed(tmp_path, 100, seed=2)
    assert found["different"] == 0 and found["kills"] >= 60
