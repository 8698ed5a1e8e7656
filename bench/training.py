"""Measure what a training loop costs beside others: same model, data, optimiser and epochs.

    python bench/training.py                      # writes its table in bench/README.md
    python bench/training.py --device cuda        # on a GPU
    python bench/training.py --tasks digits --rounds 5 --dry

The peers (lightning, accelerate, skorch, fastai) are measured if they can be imported; they are no
dependencies of the course. The ways take turns within each round, so that a busy neighbour slows
all of them; a number is the median over the rounds of the ratio to the bare loop in its round.
`fit` runs as in a chapter: accuracy measured, progress on; everybody else without either.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import logging
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from course_lib.datasets import load
from course_lib.training import evaluate, fit

REPORT = Path(__file__).with_name("README.md")


@dataclass
class Task:
    """One model on one data set, both made anew for every run."""

    name: str
    says: str
    make: Callable[[], nn.Module]
    inputs: Tensor
    targets: Tensor
    batch: int
    epochs: int
    rate: float

    def model(self, device: torch.device) -> nn.Module:
        torch.manual_seed(0)
        return self.make().to(device)

    def data(self, device: torch.device) -> tuple[Tensor, Tensor]:
        return self.inputs.to(device), self.targets.to(device)


class LastStep(nn.Module):
    """An LSTM over the rows of a picture, read out after the last."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lstm, self.out = nn.LSTM(width, 64, batch_first=True), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.lstm(x)[0][:, -1])


class SmallGPT(nn.Module):
    """Two blocks of a transformer that predicts the next character: (batch, characters, T)."""

    def __init__(self, characters: int, context: int, width: int = 64) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(characters, width), nn.Embedding(context, width)
        block = partial(
            nn.TransformerEncoderLayer, width, 4, 4 * width, 0.0, batch_first=True, norm_first=True
        )
        self.blocks = nn.ModuleList([block(), block()])
        self.out = nn.Linear(width, characters)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(context))
        self.register_buffer("places", torch.arange(context))

    def forward(self, x: Tensor) -> Tensor:
        h = self.token(x) + self.place(self.places)
        for block in self.blocks:
            h = block(h, src_mask=self.mask, is_causal=True)
        return self.out(h).transpose(1, 2)


def tasks(size: float) -> dict[str, Task]:
    """The four tasks; `size` multiplies their epochs."""
    from pydoc_data.topics import topics

    digits = load("digits")
    x = torch.as_tensor(digits.inputs, dtype=torch.float32).reshape(-1, 64)
    y = torch.as_tensor(digits.targets)
    x, y = x[:1437].clone(), y[:1437].clone()
    pictures = F.interpolate(x.reshape(-1, 1, 8, 8), size=28, mode="bilinear")
    text = "\n".join(topics[name] for name in sorted(topics))[:20_000]
    letters = sorted(set(text))
    codes = torch.tensor([letters.index(c) for c in text])
    windows = codes[: 33 * (len(codes) // 33)].reshape(-1, 33)

    def mlp() -> nn.Module:
        return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def cnn() -> nn.Module:
        return nn.Sequential(
            *(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(16 * 36, 10)),
        )

    def epochs(n: int) -> int:
        return max(1, round(size * n))

    every = [
        Task("digits", "MLP 64-64-10, digits, batch 64", mlp, x, y, 64, epochs(20), 0.002),
        Task("cnn", "CNN, digits as 28 x 28, batch 64", cnn, pictures, y, 64, epochs(6), 0.003),
        Task(
            *("lstm", "LSTM 64 over 28 rows, batch 64", partial(LastStep, 28)),
            *(pictures[:, 0], y, 64, epochs(4), 0.01),
        ),
        Task(
            *("gpt", "GPT 2 x 64, 32 characters, batch 32", partial(SmallGPT, len(letters), 32)),
            *(windows[:, :-1].contiguous(), windows[:, 1:].contiguous(), 32, epochs(3), 0.005),
        ),
    ]
    return {task.name: task for task in every}


# --- the ways: each trains a model in place -------------------------------------------------------


def bare(task: Task, model: nn.Module, device: torch.device) -> None:
    """The bare loop over tensors: permute, index, step; torch's Adam as it comes."""
    x, y = task.data(device)
    optimiser = torch.optim.Adam(model.parameters(), task.rate)
    generator = torch.Generator().manual_seed(0)
    for _ in range(task.epochs):
        order = torch.randperm(len(x), generator=generator).to(device)
        for start in range(0, len(x), task.batch):
            rows = order[start : start + task.batch]
            optimiser.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimiser.step()


def split_and_fused(task: Task, model: nn.Module, device: torch.device) -> None:
    """The bare loop tuned by hand: rows gathered once per epoch and split, Adam fused."""
    x, y = task.data(device)
    optimiser = torch.optim.Adam(model.parameters(), task.rate, fused=True)
    generator = torch.Generator().manual_seed(0)
    for _ in range(task.epochs):
        order = torch.randperm(len(x), generator=generator).to(device)
        for a, b in zip(x[order].split(task.batch), y[order].split(task.batch), strict=True):
            optimiser.zero_grad()
            F.cross_entropy(model(a), b).backward()
            optimiser.step()


def loader(task: Task) -> DataLoader:
    generator = torch.Generator().manual_seed(0)
    data = TensorDataset(task.inputs, task.targets)
    return DataLoader(data, task.batch, shuffle=True, generator=generator)


def with_loader(task: Task, model: nn.Module, device: torch.device) -> None:
    """The usual loop with a DataLoader."""
    optimiser = torch.optim.Adam(model.parameters(), task.rate)
    batches = loader(task)
    for _ in range(task.epochs):
        for x, y in batches:
            optimiser.zero_grad()
            F.cross_entropy(model(x.to(device)), y.to(device)).backward()
            optimiser.step()


def ours(task: Task, model: nn.Module, device: torch.device, **more: Any) -> None:
    """course_lib.training.fit, which averages the loss and shows progress."""
    fit(
        model,
        (task.inputs, task.targets),
        loss=F.cross_entropy,
        epochs=task.epochs,
        batch_size=task.batch,
        learning_rate=task.rate,
        device=str(device),
        **more,
    )


def fabric(task: Task, model: nn.Module, device: torch.device) -> None:
    from lightning.fabric import Fabric

    one = Fabric(accelerator=device.type, devices=1)
    model, optimiser = one.setup(model, torch.optim.Adam(model.parameters(), task.rate))
    batches = one.setup_dataloaders(loader(task))
    for _ in range(task.epochs):
        for x, y in batches:
            optimiser.zero_grad()
            one.backward(F.cross_entropy(model(x), y))
            optimiser.step()


def trainer(task: Task, model: nn.Module, device: torch.device) -> None:
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: Any, index: int) -> Tensor:
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), task.rate)

    lightning.Trainer(
        max_epochs=task.epochs,
        accelerator=device.type,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit(Module(), loader(task))


def accelerate(task: Task, model: nn.Module, device: torch.device) -> None:
    from accelerate import Accelerator

    one = Accelerator(cpu=device.type == "cpu")
    model, optimiser, batches = one.prepare(
        model, torch.optim.Adam(model.parameters(), task.rate), loader(task)
    )
    for _ in range(task.epochs):
        for x, y in batches:
            optimiser.zero_grad()
            one.backward(F.cross_entropy(model(x), y))
            optimiser.step()


def skorch(task: Task, model: nn.Module, device: torch.device) -> None:
    from skorch import NeuralNet

    NeuralNet(
        model,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=task.rate,
        max_epochs=task.epochs,
        batch_size=task.batch,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
        device=str(device),
    ).fit(task.inputs, task.targets)


def fastai(task: Task, model: nn.Module, device: torch.device) -> None:
    import fastai.callback.progress  # noqa: F401
    from fastai.callback.core import Callback, CancelValidException
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader as FastaiLoader
    from fastai.learner import Learner
    from fastai.optimizer import OptimWrapper

    class NoValidation(Callback):
        def before_validate(self) -> None:
            raise CancelValidException

    data = TensorDataset(task.inputs, task.targets)
    batches = FastaiLoader(data, bs=task.batch, shuffle=True, num_workers=0, device=device)
    learner = Learner(
        DataLoaders(batches, batches, device=device),
        model,
        loss_func=F.cross_entropy,
        opt_func=partial(OptimWrapper, opt=torch.optim.Adam),
        lr=task.rate,
        cbs=NoValidation(),
    )
    with learner.no_bar(), learner.no_logging():
        learner.fit(task.epochs)


WAYS: dict[str, tuple[Callable[..., None], str]] = {
    "bare tensor loop": (bare, ""),
    "the same, split and fused by hand": (split_and_fused, ""),
    "**`fit`**": (ours, ""),
    "`fit` with accuracy": (partial(ours, metrics="accuracy"), ""),
    "usual loop with DataLoader": (with_loader, ""),
    "Lightning Fabric": (fabric, "lightning"),
    "Lightning Trainer": (trainer, "lightning"),
    "accelerate": (accelerate, "accelerate"),
    "skorch": (skorch, "skorch"),
    "fastai": (fastai, "fastai"),
}


def timed(run: Callable[[], None], clock: Callable[[], float], device: torch.device) -> float:
    """Seconds of one run, its output swallowed; on a GPU until the last kernel has ended."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        begin = clock()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return clock() - begin


def measure(
    task: Task, ways: dict[str, Callable[..., None]], rounds: int, clock: Any, device: torch.device
) -> dict[str, tuple[float, float, float]]:
    """(ratio to the bare loop, microseconds per update, accuracy) of each way: medians."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    accuracy: dict[str, float] = {}
    for k in range(rounds + 1):  # the first round warms up
        for name, way in ways.items():
            model = task.model(device)
            spent = timed(partial(way, task, model, device), clock, device)
            if k:
                seconds[name].append(spent)
            else:
                data = (task.inputs, task.targets)
                found = evaluate(
                    model, data, loss=F.cross_entropy, metrics="accuracy", device=str(device)
                )
                accuracy[name] = found["accuracy"]
    updates = task.epochs * -(-len(task.inputs) // task.batch)
    base = seconds["bare tensor loop"]
    return {
        name: (
            statistics.median(t / b for t, b in zip(times, base, strict=True)),
            1e6 * statistics.median(times) / updates,
            accuracy[name],
        )
        for name, times in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", default="digits,cnn,lstm,gpt")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=float, default=1.0, help="multiplies the epochs")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--dry", action="store_true", help="print only")
    given = parser.parse_args()

    os.environ["COURSE_QUIET"] = "0"  # progress on, as far as there is a terminal
    torch.set_num_threads(given.threads)
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    device = torch.device(given.device)
    clock = time.perf_counter if given.clock == "wall" else time.process_time
    ways = {
        name: way
        for name, (way, needs) in WAYS.items()
        if not needs or importlib.util.find_spec(needs)
    }
    if device.type == "cuda":
        ways['`fit(compile="reduce-overhead")`'] = partial(ours, compile="reduce-overhead")
    chosen = [tasks(given.size)[name] for name in given.tasks.split(",")]
    found = {}
    for task in chosen:
        found[task.name] = measure(task, ways, given.rounds, clock, device)
        for name, (ratio, micro, right) in found[task.name].items():
            print(f"{task.name:8} {name:36} {ratio:6.3f} {micro:9.1f} us/update {right:.3f}")
            sys.stdout.flush()
    lines = [
        "| way | " + " | ".join(f"{task.says}" for task in chosen) + " |",
        "|---|" + "---|" * len(chosen),
    ]
    for name in ways:
        cells = [f"{found[t.name][name][0]:.2f} ({found[t.name][name][2]:.2f})" for t in chosen]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    ends = (
        f"{given.rounds} rounds, {given.clock} clock, {given.threads} thread(s), {device.type}, "
        f"{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}{load}."
    )
    report = "\n".join(["<!-- training -->", *lines, "", ends, "<!-- /training -->", ""])
    print(report)
    if not given.dry:
        text = REPORT.read_text(encoding="utf-8") if REPORT.exists() else ""
        before, _, rest = text.partition("<!-- training -->")
        after = rest.partition("<!-- /training -->\n")[2]
        REPORT.write_text(before + report + after, encoding="utf-8")


if __name__ == "__main__":
    main()
