"""One process or many with the same call: torch's DistributedDataParallel, started by torchrun.

    torchrun --nproc_per_node=2 train.py          (or `launch("train.py", processes=2)` in a
    notebook)

Every process runs the whole script. `fit` sees torchrun's variables, joins the group (NCCL between
GPUs, gloo between CPUs), gives each process its share of every batch and averages the gradients, so
that two processes with batch_size=64 do what one does with 64: batch_size is always the whole.

What does not scale: each process holds the whole data in memory, and reads all of a DataLoader's
batches to keep its share; BatchNorm sees only its own share (use torch.nn.SyncBatchNorm between
GPUs); the gradients travel at every backward pass, also while accumulating; only process 0 writes
checkpoints and progress; small nets wait longer for each other than they compute. Dropout masks
come from each process's own random state: seed it with the rank if they shall differ.
"""

from __future__ import annotations

import atexit
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn


class Distribution:
    """This process's place among the others: `rank` of `world`, and its device."""

    def __init__(self, device: torch.device) -> None:
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0")) if self.world > 1 else 0
        self.device = device
        if self.world == 1:
            return
        if device.type == "cuda":
            self.device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(self.device)
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
            atexit.register(dist.destroy_process_group)

    @property
    def first(self) -> bool:
        """Whether this process is the one that prints and writes."""
        return self.rank == 0

    def wrapped(self, step: Callable[[Any], Any], models: nn.Module) -> Callable[[Any], Any]:
        """`step`, with the models' gradients averaged over the processes after `backward`."""
        if self.world == 1:
            return step
        here = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(_Step(step, models), device_ids=here)

    def sum(self, values: list[float]) -> list[float]:
        """The sums over all processes, in double precision."""
        if self.world == 1 or not values:
            return values
        kind = torch.float64 if self.device.type != "mps" else torch.float32
        together = torch.tensor(values, dtype=kind, device=self.device)
        dist.all_reduce(together)
        return together.tolist()

    def gather(self, thing: Any) -> list[Any]:
        """Every process's `thing`, in the order of their ranks."""
        if self.world == 1:
            return [thing]
        file = io.BytesIO()
        torch.save(thing, file)
        everybody: list[Any] = [None] * self.world
        dist.all_gather_object(everybody, file.getvalue())
        return [torch.load(io.BytesIO(one), "cpu", weights_only=True) for one in everybody]


class _Step(nn.Module):
    """A step as a module, because DistributedDataParallel watches the forward pass of modules."""

    def __init__(self, step: Callable[[Any], Any], models: nn.Module) -> None:
        super().__init__()
        self.models, self.step = models, step

    def forward(self, batch: Any) -> Any:
        return self.step(batch)


def average_gradients(model: nn.Module) -> None:
    """Average the gradients over the processes; for a `step` that makes its own updates.

    Call it between `backward()` and the optimiser's step. With one process it does nothing.
    """
    if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
        for parameter in model.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= dist.get_world_size()


def launch(
    script: str | Path, *arguments: str, processes: int = 2, timeout: float | None = None
) -> str:
    """Run a script in several processes under torchrun, say from a notebook; returns its output.

    Raises FileNotFoundError for a missing script, RuntimeError (with the last lines) if it fails,
    and subprocess.TimeoutExpired after `timeout` seconds.
    """
    path = Path(script)
    if not path.is_file():
        raise FileNotFoundError(f"no script {path}: write one first, for example with %%writefile")
    command: Sequence[str] = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *(f"--nproc_per_node={processes}", str(path), *arguments),
    ]
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // processes))
    done = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": threads},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    if done.returncode:
        own = re.split(r"^[EW]\d{4} ", done.stderr, flags=re.MULTILINE)[
            0
        ]  # before torchrun's words
        last = "\n".join((own or done.stderr).splitlines()[-30:])
        raise RuntimeError(f"{path.name} failed with code {done.returncode}:\n{last}")
    return done.stdout
