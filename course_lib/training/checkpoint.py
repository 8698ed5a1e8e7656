"""Checkpoints: everything a run needs to go on as if it had never stopped.

Held are the weights, the optimisers, the scaler, the order of the running epoch and the place in
it, the sums of the epoch so far, the history, early stopping's best weights and every random state:
leave out one of them and the resumed run ends with other weights. A schedule is a function of the
number of updates, which the history counts.

A file is written beside its place, forced to the disk and then renamed, so that a kill at any
moment leaves a whole one; the one before stays as `NAME.previous`. Files are read with
weights_only=True, which builds tensors and plain containers and nothing else: a checkpoint from a
stranger runs no code.
"""

from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from course_lib.training.batches import Batches
from course_lib.training.diagnostics import Diagnostics
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.history import History
from course_lib.training.meter import Meter
from course_lib.training.precision import Precision
from course_lib.training.rng import random_states, restore_random_states

FORMAT = "course_lib checkpoint 1"


class CheckpointError(ValueError):
    """A file that cannot be resumed from: damaged, not a checkpoint of ours, or of another run."""


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Write `state` to `path` in one piece; what was there becomes `path.previous`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            torch.save({"format": FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.replace(path, previous(path))
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    if os.name == "posix":  # the renames themselves must reach the disk too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def previous(path: Path) -> Path:
    """Where the checkpoint before the last one lies."""
    return path.with_name(path.name + ".previous")


def read(path: Path) -> dict[str, Any]:
    """The state in one file. Raises CheckpointError saying what is wrong with it."""
    try:
        with zipfile.ZipFile(
            path
        ) as archive:  # torch's format: a zip file with a CRC-32 per tensor
            damaged = archive.testzip()
        if damaged:
            raise CheckpointError(f"{path.name} is damaged: wrong checksum of {damaged}")
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise CheckpointError(f"{path.name} is cut off or damaged ({error})") from error
    except (pickle.UnpicklingError, ValueError, KeyError, AttributeError, TypeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f"{path.name} is not a checkpoint of this course: it does not hold plain tensors"
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(
            f"{path.name} is not a checkpoint of this course (no mark {FORMAT!r}); "
            "choose another path"
        )
    return state


class Checkpoint:
    """Saves a run every few epochs (and, if asked, every few updates) and takes it up again.

    `fit(..., checkpoint="runs/mlp.pt")` means Checkpoint("runs/mlp.pt"). If the file is there, the
    run continues from it; to begin anew, remove it (`.remove()`). `also` holds more of your own:
    objects with `state_dict` and `load_state_dict`, NumPy or torch generators.
    """

    def __init__(
        self,
        path: str | Path | None,
        *,
        every_epochs: int = 1,
        every_updates: int | None = None,
        also: Mapping[str, Any] | None = None,
    ) -> None:
        if every_epochs < 1 or (every_updates is not None and every_updates < 1):
            raise ValueError("every_epochs and every_updates are whole numbers from 1 up")
        self.wanted, self.path = path is not None, Path(path or ".")
        self.every_epochs, self.every_updates = every_epochs, every_updates
        self.also = dict(also or {})

    @classmethod
    def chosen(cls, wanted: str | Path | Checkpoint | None) -> Checkpoint:
        """What `fit` was asked for; one without a path saves nothing."""
        return wanted if isinstance(wanted, Checkpoint) else cls(wanted)

    def begin(
        self,
        models: nn.Module,
        optimisers: list[Optimizer],
        numbers: Precision,
        batches: Batches,
        meter: Meter,
        watch: Diagnostics,
        stopper: EarlyStopping,
        after_epoch: Any,
        history: History,
    ) -> None:
        """Say what belongs to the run, and take it up where the last good checkpoint left it.

        Raises CheckpointError when there are files but none can be used, or of another run.
        """
        if not self.wanted:
            return
        self.meter, self.history = meter, history
        self.held = {
            "models": models,
            "optimisers": optimisers,
            "precision": numbers,
            "batches": batches,
            "diagnostics": watch,
            "early stopping": stopper,
            **({"after epoch": after_epoch} if hasattr(after_epoch, "state_dict") else {}),
            **{f"also {name}": thing for name, thing in self.also.items()},
        }
        self.settings = {
            **{f"shape of {name}": tuple(t.shape) for name, t in models.state_dict().items()},
            "optimisers": [type(one).__name__ for one in optimisers],
            "precision": numbers.name,
            "batch_size": batches.batch_size,
            "accumulate": batches.accumulate,
            "number of examples": batches.examples,
            "number of processes": meter.distribution.world,
        }
        state = self.last_good()
        if state is None:
            return
        self._same_run(state)
        for name, thing in self.held.items():
            restore_state(thing, state["held"][name])
        history.load_state_dict(state["history"])
        own = state["own"][meter.distribution.rank]
        meter.load_state_dict(own["meter"])
        restore_random_states(own["random"])

    def last_good(self) -> dict[str, Any] | None:
        """The newest state that can be read, or None where there is no file at all."""
        errors: list[CheckpointError] = []
        for path in (self.path, previous(self.path)):
            if path.exists():
                try:
                    state = read(path)
                except CheckpointError as error:
                    errors.append(error)
                    continue
                if errors:
                    warnings.warn(f"{errors[0]}; resuming from {path.name}", stacklevel=2)
                return state
        if errors:
            raise errors[0]
        return None

    def _same_run(self, state: dict[str, Any]) -> None:
        there, here = state["settings"], self.settings
        differ = [name for name in here if there.get(name) != here[name]]
        if differ or set(state["held"]) != set(self.held):
            words = [f"{name} {there.get(name)!r}, now {here[name]!r}" for name in differ]
            raise CheckpointError(
                f"{self.path.name} belongs to another run: "
                + ("; ".join(words)[:600] or f"it holds {sorted(state['held'])}")
                + ". Choose another path, or remove the file to begin anew"
            )

    def after_update(self) -> None:
        """Save if enough updates have passed."""
        if self.wanted and self.every_updates and self.history.updates % self.every_updates == 0:
            self.save()

    def after_epoch(self, last: bool) -> None:
        """Save if enough epochs have passed, or if it was the last."""
        if self.wanted and (last or len(self.history) % self.every_epochs == 0):
            self.save()

    def save(self) -> None:
        """Write the whole state now: what all processes share, and what is each one's own."""
        own = {"random": random_states(), "meter": self.meter.state_dict()}
        state = {
            "settings": self.settings,
            "history": self.history.state_dict(),
            "held": {name: state_of(thing) for name, thing in self.held.items()},
            "own": self.meter.distribution.gather(own),
        }
        if self.meter.distribution.first:
            save(self.path, state)

    def remove(self) -> None:
        """Delete the checkpoint and the one before it."""
        self.path.unlink(missing_ok=True)
        previous(self.path).unlink(missing_ok=True)


def state_of(thing: Any) -> Any:
    """An object's state as tensors and plain containers. Raises TypeError for one that has none."""
    if isinstance(thing, np.random.Generator):
        return thing.bit_generator.state
    if isinstance(thing, torch.Generator):
        return thing.get_state()
    if isinstance(thing, (list, tuple)):
        return [state_of(one) for one in thing]
    if hasattr(thing, "state_dict") and hasattr(thing, "load_state_dict"):
        return thing.state_dict()
    raise TypeError(
        f"{type(thing).__name__} cannot be held: it needs state_dict() and load_state_dict(state)"
    )


def restore_state(thing: Any, state: Any) -> None:
    """Give back to an object what `state_of` read from it."""
    if isinstance(thing, np.random.Generator):
        thing.bit_generator.state = state
    elif isinstance(thing, torch.Generator):
        thing.set_state(state)
    elif isinstance(thing, (list, tuple)):
        for one, its in zip(thing, state, strict=True):
            restore_state(one, its)
    else:
        thing.load_state_dict(state)
