"""Several processes compute what one does; killed, they go on from the checkpoint."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_lib.training import average_gradients, fit, launch
from course_lib.training.batches import Batches
from course_lib.training.distribution import Distribution


class Place(Distribution):
    """A place among others without the others: for looking at the shares alone."""

    def __init__(self, rank: int, world: int) -> None:
        self.rank, self.world, self.device = rank, world, torch.device("cpu")


def data(n: int = 101):
    g = torch.Generator().manual_seed(0)
    y = torch.randint(3, (n,), generator=g)
    return torch.randn(n, 4, generator=g, dtype=torch.float64) + y[:, None], y


def run(train, **more):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    history = fit(
        model, train, data(37), loss=F.cross_entropy, metrics="accuracy", batch_size=10, clip=1.0,
        **{"epochs": 3, **more},
    )  # fmt: skip
    return model, history


@pytest.mark.parametrize("kind", ["memory", "map-style", "loader"])
@pytest.mark.parametrize("world", [2, 3])
def test_shares_make_up_each_batch_of_one_process(kind: str, world: int) -> None:
    x = torch.arange(31.0)[:, None]
    source = {"memory": (x, x), "map-style": Pairs(x), "loader": DataLoader(Pairs(x), 10)}[kind]
    whole = [b for group in Batches(source, 10, Place(0, 1)) for b in group]
    parts = [
        [b for group in Batches(source, 10, Place(rank, world)) for b in group]
        for rank in range(world)
    ]
    for k, batch in enumerate(whole):
        shares = [part[k] for part in parts]
        got = torch.cat([share.data[0][: share.size] for share in shares])
        assert torch.equal(got, batch.data[0])
        assert all(share.total == batch.size for share in shares)
        # DistributedDataParallel averages: the shares' weights must come to 1 on average
        assert sum(share.share for share in shares) / world == pytest.approx(1)
    assert [share[-1].size for share in parts] == [1] + [0] * (world - 1)


class Pairs(TensorDataset):
    """Not in memory for Batches, which knows TensorDataset: an ordinary map-style dataset."""

    def __init__(self, x: torch.Tensor) -> None:
        super().__init__(x, x)
        self.__class__ = Plain  # type: ignore[assignment]


class Plain(torch.utils.data.Dataset):
    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, i: int):
        return tuple(tensor[i] for tensor in self.tensors)


SCRIPT = """
    import json, os, sys, time
    from pathlib import Path
    import torch
    sys.path.insert(0, sys.argv[1])
    torch.set_num_threads(1)
    from course_lib.training import Checkpoint
    from test_training_distribution import data, run

    out, checkpoint, pause = Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    more = {}
    if checkpoint:
        more["checkpoint"] = Checkpoint(checkpoint, every_updates=2)
        more["augment"] = lambda batch: (time.sleep(pause), batch)[1]
        more["accumulate"] = 2
    model, history = run(data(), **more)
    if os.environ["RANK"] == "0":
        weights = [p.tolist() for p in model.parameters()]
        answer = json.dumps([weights, history.rows, history.losses, history.updates])
        out.write_text(answer, encoding="utf-8")
        print("rank 0 of", os.environ["WORLD_SIZE"], "has written")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    return path


def close(one, other) -> None:
    weights, rows, losses, updates = one
    model, history = other
    for mine, its in zip(weights, model.parameters(), strict=True):
        assert torch.allclose(torch.tensor(mine, dtype=torch.float64), its, rtol=1e-9, atol=1e-12)
    assert updates == history.updates
    assert losses == pytest.approx(history.losses, rel=1e-9)
    for mine, row in zip(rows, history.rows, strict=True):
        assert mine == pytest.approx(row, rel=1e-6)  # accuracies are float32


def test_two_processes_give_the_losses_of_one(script: Path, tmp_path: Path) -> None:
    """101 examples in batches of 10: the last batch is one example, so one process has none."""
    here = str(Path(__file__).parent)
    printed = launch(script, here, str(tmp_path / "out"), "", "0", processes=2, timeout=120)
    assert "rank 0 of 2 has written" in printed and printed.count("3 epochs:") == 1
    close(json.loads((tmp_path / "out").read_text("utf-8")), run(data()))


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills a group of processes")
def test_two_processes_killed_and_resumed(script: Path, tmp_path: Path) -> None:
    here, out, checkpoint = str(Path(__file__).parent), tmp_path / "out", tmp_path / "c.pt"
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"),
        *(str(script), here, str(out), str(checkpoint)),
    ]
    first = subprocess.Popen(
        [*command, "0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.05)
    assert checkpoint.exists() and not out.exists()
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    launch(script, here, str(out), str(checkpoint), "0", processes=2, timeout=120)
    close(json.loads(out.read_text("utf-8")), run(data(), accumulate=2))


def test_launch_says_what_went_wrong(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no script"):
        launch(tmp_path / "missing.py")
    broken = tmp_path / "broken.py"
    broken.write_text("raise ArithmeticError('seven')", encoding="utf-8")
    with pytest.raises(RuntimeError, match="broken.py failed") as told:
        launch(broken, processes=1, timeout=120)
    assert "ArithmeticError: seven" in str(told.value)


def test_with_one_process_nothing_is_averaged() -> None:
    model = nn.Linear(1, 1)
    model(torch.ones(1, 1)).sum().backward()
    average_gradients(model)
    assert model.weight.grad is not None and model.weight.grad.item() == 1.0
    here = Distribution(torch.device("cpu"))
    assert here.sum([1.0]) == [1.0] and here.gather("x") == ["x"] and here.first
