"""The one training loop of the course, to be read from top to bottom.

What is particular (mixed precision, several processes, checkpoints, the live view, ...) is an
object from a file of its own, called at one marked point. Nothing in a step waits for the device:
losses stay tensors until the epoch ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from course_lib.device import device as choose_device
from course_lib.training.batches import Batches
from course_lib.training.checkpoint import Checkpoint
from course_lib.training.compiled import compiled
from course_lib.training.diagnostics import Diagnostics
from course_lib.training.distribution import Distribution
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.history import History
from course_lib.training.live import Live
from course_lib.training.meter import Meter, chosen_metrics, must_be_finite
from course_lib.training.optimisers import chosen_optimisers
from course_lib.training.precision import Precision
from course_lib.training.schedules import Rates


def fit(
    model: Any,
    train: Any,
    validation: Any = None,
    *,
    epochs: int,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
    step: Callable[[Any], Any] | None = None,
    optimiser: Any = "adam",
    learning_rate: float | None = None,
    schedule: Callable[[int], Any] | None = None,
    schedule_per: str = "update",
    metrics: Any = (),
    batch_size: int = 64,
    accumulate: int = 1,
    clip: float | None = None,
    precision: str = "float32",
    compile: bool | str = False,
    augment: Callable[[Any], Any] | None = None,
    early_stopping: int | EarlyStopping | None = None,
    checkpoint: str | Path | Checkpoint | None = None,
    diagnostics: str | Sequence[str] = (),
    after_epoch: Callable[[History], Mapping[str, float] | None] | None = None,
    seed: int | torch.Generator = 0,
    device: str | None = None,
    progress: bool = True,
) -> History:
    """Train `model` on `train` for `epochs` epochs; it is changed in place and left in eval mode.

    Data
        train, validation: (inputs, targets), an array, a Dataset, a DataLoader, an iterable of
        batches or a function that makes one. A validation may also be a function that returns
        named numbers. batch_size: examples per batch. augment: changes each training batch.
        seed: of the order of the examples; weights and dropout draw from torch's own random state.
    What is minimised
        loss: a function of (outputs, targets), the mean over the batch; or
        step: your own function of a batch. It returns the loss, or a dict with "loss" and what
        else shall be averaged ("outputs" and "targets" go to the metrics). A dict whose "loss" is
        missing or needs no gradient says that the step made its own updates, as a GAN does;
        `model` may then be a dict or list of modules, `optimiser` one of optimisers.
        metrics: names ("accuracy") or functions of (outputs, targets), means like the loss.
    How
        optimiser: a name ("sgd", "momentum", "adam", ...), a function of the parameters, or ready.
        schedule: a function of the number of updates (or epochs: schedule_per="epoch") that gives
        the learning rate, or a dict such as {"lr": ..., "momentum": ...}.
        accumulate: batches per update. clip: the largest norm of the gradient.
        precision: "float32", or mixed with "bf16" or "fp16". compile: True, or a mode or backend
        of torch.compile. device: "cpu", "cuda", "mps"; chosen if not given.
    Until when
        epochs: at most so many. early_stopping: patience in epochs, or an EarlyStopping; it puts
        the best weights back. checkpoint: a path or a Checkpoint; the run goes on from it.
        diagnostics: what to look at inside, see `diagnostics.NAMES`.
        after_epoch: called with the history; a dict that it returns joins the row.

    Stopping by hand leaves a usable model and `history.interrupted`. Raises Diverged when the loss
    becomes infinite or nan, CheckpointError for a file that cannot be continued from.
    """
    # 1. What the run needs. Whatever has methods here has a file of its own, named like it.
    distribution = Distribution(choose_device(device))
    models = together(model).to(distribution.device)
    step = step or supervised(models, loss)
    compute = compiled(distribution.wrapped(step, models), compile)
    numbers = Precision(precision, distribution.device)
    batches = Batches(train, batch_size, distribution, seed, accumulate, augment)
    optimisers = chosen_optimisers(optimiser, models, learning_rate)
    rates = Rates(schedule, schedule_per, optimisers)
    meter, history = Meter(chosen_metrics(metrics), distribution), History()
    validated = chosen_validation(validation, batch_size, step, models, numbers, meter)
    watch, stopper = Diagnostics(diagnostics, models), EarlyStopping.chosen(early_stopping)
    saver = Checkpoint.chosen(checkpoint)
    saver.begin(models, optimisers, numbers, batches, meter, watch, stopper, after_epoch, history)
    models.zero_grad()  # whatever was left in there
    live = Live(history, epochs, batches.known_length, progress and distribution.first)

    # 2. The loop. Nothing in it waits for the device until an epoch ends.
    with live, stopped_by_hand(history, meter):
        while len(history) < epochs and not history.stopped:
            models.train()
            for group in batches:  # the batches of one update: usually one, else `accumulate`
                rates.set(history.updates, len(history))
                for batch in group:
                    with numbers.autocast():
                        result = as_result(compute(batch.data))
                    meter.add(result, batch)
                    if learns(result):
                        numbers.backward(result["loss"], batch.share)
                if learns(result):  # else the step has made its own updates
                    numbers.unscale(optimisers)
                    if clip is not None:
                        clip_grad_norm_(models.parameters(), clip)
                    watch.before_update(step, batch.data)
                    numbers.update(optimisers)
                    watch.after_update()
                history.updates += 1
                saver.after_update()
                live.after_update(meter)

            # 3. The end of an epoch: read the sums, validate, look whether to go on, save.
            row, losses = meter.finish()
            must_be_finite(losses, history)
            row |= validated() | {"learning rate": rates.now}
            history.add(row, losses, watch.finish())
            if after_epoch is not None:
                history[-1].update(after_epoch(history) or {})
            stopper.look(history, models)
            saver.after_epoch(last=len(history) == epochs or bool(history.stopped))
    stopper.restore(models)
    models.eval()
    return history


def together(model: Any) -> nn.Module:
    """One module that holds them all: a module itself, or a dict or list of modules."""
    if isinstance(model, nn.Module):
        return model
    if isinstance(model, Mapping):
        return nn.ModuleDict(model)
    if isinstance(model, (list, tuple)):
        return nn.ModuleList(model)
    raise TypeError(
        f"model is a torch Module, a dict or a list of them, not {type(model).__name__}"
    )


def supervised(model: nn.Module, loss: Any) -> Callable[[Any], dict[str, Tensor]]:
    """The usual step: a batch (inputs, targets) -> loss(model(inputs), targets)."""
    if isinstance(loss, type):
        raise TypeError(f"loss is the class {loss.__name__}: write {loss.__name__}()")
    if not callable(loss):
        raise TypeError("fit needs loss=, a function of (outputs, targets), or step=")
    if isinstance(model, (nn.ModuleDict, nn.ModuleList)):
        raise TypeError("with several models fit needs step=, your own function of a batch")

    def step(batch: Any) -> dict[str, Tensor]:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise TypeError("a batch is not a pair (inputs, targets): pass step= to say what it is")
        inputs, targets = batch
        outputs = model(inputs)
        return {"loss": loss(outputs, targets), "outputs": outputs, "targets": targets}

    return step


def as_result(returned: Any) -> dict[str, Any]:
    """What a step returned, as a dict of tensors. Raises TypeError for anything else."""
    if isinstance(returned, dict):
        return returned
    if isinstance(returned, Tensor):
        if not returned.requires_grad and torch.is_grad_enabled():
            raise ValueError("the loss depends on no weight that can learn (requires_grad)")
        return {"loss": returned}
    raise TypeError(f"a step returns a loss or a dict of tensors, not {type(returned).__name__}")


def learns(result: Mapping[str, Any]) -> bool:
    """Whether `fit` is to minimise the step's loss; if not, the step has made its own updates."""
    return "loss" in result and result["loss"].requires_grad


def chosen_validation(
    validation: Any,
    batch_size: int,
    step: Callable[[Any], Any],
    models: nn.Module,
    numbers: Precision,
    meter: Meter,
) -> Callable[[], dict[str, float]]:
    """What is measured after each epoch: the step on held-out data, or the user's own function."""
    if validation is None:
        return dict
    own = callable(validation)
    held_out = None if own else Batches(validation, batch_size, meter.distribution, shuffle=False)

    @torch.no_grad()
    def validated() -> dict[str, float]:
        models.eval()
        if held_out is None:
            row = validation()
        else:
            for group in held_out:
                for batch in group:
                    with numbers.autocast():
                        meter.add(as_result(step(batch.data)), batch)
            row, _ = meter.finish()
        return {f"validation {name}": float(value) for name, value in row.items()}

    return validated


@contextmanager
def stopped_by_hand(history: History, meter: Meter) -> Iterator[None]:
    """The stop button ends the run, not the program: the model stays usable, the history true."""
    try:
        yield
    except KeyboardInterrupt:
        if meter.distribution.world > 1:
            raise
        history.interrupted = True
        history.losses += meter.losses()


def evaluate(
    model: nn.Module,
    data: Any,
    *,
    loss: Callable[[Tensor, Tensor], Tensor],
    metrics: Any = (),
    batch_size: int = 256,
    device: str | None = None,
) -> dict[str, float]:
    """The mean loss and metrics on data that was not trained on, such as the test set."""
    distribution = Distribution(choose_device(device))
    numbers = Precision("float32", distribution.device)
    meter = Meter(chosen_metrics(metrics), distribution)
    models = model.to(distribution.device)
    step = supervised(models, loss)
    row = chosen_validation(data, batch_size, step, models, numbers, meter)()
    return {name.removeprefix("validation "): value for name, value in row.items()}
