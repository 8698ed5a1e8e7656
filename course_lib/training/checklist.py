"""The lectures' check list for a net that does not learn (000A, topic 67), asked of data and model.

Each question is one function: it looks at a first sight of the run and returns what is suspicious,
or nothing. `checklist` asks them all and says so in a table.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.device import device as choose_device
from course_lib.trace import Table
from course_lib.training.batches import Batches, number_of_examples, tensors_in
from course_lib.training.diagnostics import listening
from course_lib.training.distribution import Distribution
from course_lib.training.fit import supervised
from course_lib.training.optimisers import chosen_optimisers
from course_lib.training.rng import untouched_random_states


@dataclass
class Sight:
    """What a first look at a run shows: some batches, and what the model makes of one."""

    batches: list[Any]
    inputs: Tensor
    targets: Tensor | None
    model: nn.Module | None
    loss: Callable[..., Any] | None
    optimiser: Any
    learning_rate: float | None
    outputs: Tensor | None = None
    value: float | None = None  # of the loss
    error: str = ""  # that model or loss raised
    heard: dict[str, Tensor] = field(default_factory=dict)  # the layers' outputs

    @property
    def classes(self) -> bool:
        """Whether the targets are class numbers."""
        return self.targets is not None and not self.targets.is_floating_point()

    @property
    def cross_entropy(self) -> bool:
        """Whether the loss is torch's cross-entropy over scores."""
        loss = self.loss
        return isinstance(loss, nn.CrossEntropyLoss) or loss is nn.functional.cross_entropy


def inputs_are_numbers(sight: Sight) -> str:
    bad = int((~torch.isfinite(sight.inputs.float())).sum())
    return f"{bad} input values are nan or infinite" if bad else ""


def inputs_are_normalised(sight: Sight) -> str:
    x = sight.inputs.float()
    spread, mean = float(x.std()), float(x.mean())
    if not math.isfinite(spread):
        return ""  # the question above has said so
    if spread == 0:
        return f"all inputs are {mean:g}: there is nothing to learn from"
    if spread > 3 or abs(mean) > 3:
        return f"mean {mean:.3g}, standard deviation {spread:.3g}: standardise, or scale to [0, 1]"
    columns = x.flatten(1).std(0) if len(x) > 1 else x.flatten(1)
    columns = columns[columns > 0]
    if x.ndim == 2 and float(columns.max() / columns.min()) > 100:
        ratio = float(columns.max() / columns.min())
        return f"one feature spreads {ratio:.0f} times as wide as another: standardise each"
    return ""


def targets_are_normalised(sight: Sight) -> str:
    if sight.targets is None or sight.classes:
        return ""
    low, high = float(sight.targets.min()), float(sight.targets.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        return "some targets are nan or infinite"
    if low < -5 or high > 5:
        return f"the targets lie between {low:.3g} and {high:.3g}: scale them to [0, 1]"
    return ""


def classes_are_mixed(sight: Sight) -> str:
    if not sight.classes or sight.targets is None or sight.targets.ndim != 1:
        return ""
    labels = [tensors_in(batch)[1] for batch in sight.batches]
    everything = torch.cat(labels)
    there = len(everything.unique())
    if there < 2 or len(labels) < 2:
        return ""
    seen = sum(len(one.unique()) for one in labels) / len(labels)
    shuffled = everything[torch.randperm(len(everything), generator=torch.Generator())]
    mixed = [len(one.unique()) for one in shuffled.split([len(one) for one in labels])]
    if seen < 0.6 * sum(mixed) / len(mixed):
        return (
            f"a batch holds {seen:.1f} of {there} classes on average, "
            f"{sum(mixed) / len(mixed):.1f} if they were shuffled: shuffle the examples"
        )
    return ""


def labels_have_the_right_format(sight: Sight) -> str:
    y = sight.targets
    if y is None:
        return ""
    if sight.cross_entropy and y.is_floating_point():
        if y.ndim == 1:
            return "cross-entropy wants class numbers as whole numbers (int64): targets.long()"
        if not torch.allclose(y.sum(1), torch.ones_like(y[:, 0])):
            return "the rows of the targets do not add up to 1: neither one-hot nor probabilities"
    if sight.classes and sight.outputs is not None and sight.outputs.ndim > 1:
        least, most, scores = int(y.min()), int(y.max()), sight.outputs.shape[1]
        if sight.cross_entropy and (least < 0 or most >= scores):
            return f"class numbers from {least} to {most}, but {scores} scores (0 to {scores - 1})"
        if sight.cross_entropy and y.ndim == 1 and least > 0:
            return f"the class numbers begin at {least}: they should begin at 0"
    return ""


def loss_suits_labels(sight: Sight) -> str:
    if sight.error:
        return sight.error
    if sight.outputs is None or sight.targets is None:
        return ""
    out, y = sight.outputs, tensors_in(sight.batches[0])[1]
    if sight.cross_entropy:
        if out.ndim > 1 and out.shape[1] == 1:
            return "cross-entropy over one score is always 0: use binary_cross_entropy_with_logits"
        sums = out.sum(1)
        if bool((out >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
            return "the outputs are probabilities already: cross-entropy wants scores, drop softmax"
    elif sight.classes and y.ndim == 1 and out.ndim == 2 and out.shape[1] > 1:
        return "class numbers need cross-entropy (or turn them into one-hot vectors)"
    elif out.shape != y.shape and out.numel() == y.numel():
        return (
            f"outputs {tuple(out.shape)} and targets {tuple(y.shape)} are compared all with all: "
            "give both the same shape"
        )
    return ""


def weights_are_sensible(sight: Sight) -> str:
    if sight.model is None:
        return ""
    for name, weights in sight.model.named_parameters():
        if weights.ndim > 1 and bool((weights == weights.flatten()[0]).all()):
            return f"all weights of {name} are equal: its units stay copies of each other"
    modules = dict(sight.model.named_modules())
    for name, output in sight.heard.items():
        limits = {nn.Tanh: (-1.0, 1.0), nn.Sigmoid: (0.0, 1.0)}.get(type(modules[name]))
        if limits:
            edge = 0.02 * (limits[1] - limits[0])
            stuck = ((output < limits[0] + edge) | (output > limits[1] - edge)).float().mean()
            if float(stuck) > 0.5:
                return f"{float(stuck):.0%} of the outputs of {name} are saturated: smaller weights"
        elif isinstance(modules[name], nn.ReLU) and float((output > 0).float().mean()) < 0.02:
            return f"almost all units of {name} are dead: larger biases, smaller weights"
    if sight.cross_entropy and sight.value is not None and sight.outputs is not None:
        guess = math.log(max(2, sight.outputs.shape[1]))
        if sight.value > 3 * guess:
            return f"the first loss is {sight.value:.3g}, guessing has {guess:.3g}: smaller weights"
    return ""


def gradient_reaches_all(sight: Sight) -> str:
    if sight.model is None or sight.value is None:
        return ""
    frozen = [name for name, p in sight.model.named_parameters() if not p.requires_grad]
    if frozen:
        return f"not trained (requires_grad is False): {', '.join(frozen[:4])}"
    missed = [n for n, p in sight.model.named_parameters() if p.grad is None or not p.grad.any()]
    return f"no gradient arrives at {', '.join(missed[:4])}" if missed else ""


def learning_rate_is_adequate(sight: Sight) -> str:
    """Thirty updates on one batch should bring its loss down, and not to infinity."""
    if sight.model is None or sight.value is None or sight.loss is None:
        return ""
    model, data = copy.deepcopy(sight.model).train(), sight.batches[0]
    compute = supervised(model, sight.loss)
    chosen = chosen_optimisers(sight.optimiser, model, sight.learning_rate)
    losses = []
    for _ in range(30):
        for one in chosen:
            one.zero_grad()
        value = compute(data)["loss"]
        value.backward()
        for one in chosen:
            one.step()
        losses.append(value.item())
    rate = chosen[0].param_groups[0]["lr"]
    first, last = losses[0], sum(losses[-5:]) / 5
    if not math.isfinite(last) or last > 1.05 * first:
        return f"at rate {rate:g} the loss on one batch rises from {first:.3g} to {last:.3g}"
    if last > 0.98 * first:
        return f"at rate {rate:g} the loss on one batch hardly moves: {first:.4g} to {last:.4g}"
    return ""


QUESTIONS: dict[str, Callable[[Sight], str]] = {
    "inputs are numbers": inputs_are_numbers,
    "inputs are normalised": inputs_are_normalised,
    "targets are normalised": targets_are_normalised,
    "classes are mixed in the batches": classes_are_mixed,
    "labels have the right format": labels_have_the_right_format,
    "loss suits the labels": loss_suits_labels,
    "weights are sensible": weights_are_sensible,
    "gradient reaches all weights": gradient_reaches_all,
    "learning rate is adequate": learning_rate_is_adequate,
}


class CheckList:
    """The answers: `suspicious` has a sentence for each question that found something."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers

    @property
    def suspicious(self) -> dict[str, str]:
        return {question: answer for question, answer in self.answers.items() if answer}

    def table(self) -> Table:
        rows = [[q, "look here" if a else "fine", a] for q, a in self.answers.items()]
        return Table(["question", "verdict", "what was seen"], rows)

    def __repr__(self) -> str:
        return str(self.table())

    def _repr_markdown_(self) -> str:
        return self.table()._repr_markdown_()


def checklist(
    train: Any,
    model: nn.Module | None = None,
    *,
    loss: Callable[..., Any] | None = None,
    optimiser: Any = "adam",
    learning_rate: float | None = None,
    batch_size: int = 64,
    device: str | None = None,
) -> CheckList:
    """Ask the lectures' questions of the data and, if given, of model, loss and learning rate.

    It looks at up to 20 batches as `fit` would see them; model and random states stay untouched.
    A fine answer is no proof: it says only that this fault was not seen.
    """
    distribution = Distribution(choose_device(device))
    with untouched_random_states():
        groups = islice(Batches(train, batch_size, distribution), 20)
        batches = [batch.data for group in groups for batch in group]
        parts = [tensors_in(batch) for batch in batches]
        targets = torch.cat([part[1] for part in parts]) if len(parts[0]) > 1 else None
        sight = Sight(
            batches,
            torch.cat([part[0] for part in parts]),
            targets,
            None if model is None else copy.deepcopy(model).to(distribution.device).train(),
            loss,
            optimiser,
            learning_rate,
        )
        _try_one_batch(sight)
        return CheckList({name: question(sight) for name, question in QUESTIONS.items()})


def _try_one_batch(sight: Sight) -> None:
    """Forward and backward once, keeping what the layers say or the error that is raised."""
    if sight.model is None:
        return
    inputs = tensors_in(sight.batches[0])[0]
    try:
        with listening(sight.model) as heard:
            sight.outputs = sight.model(inputs)
        sight.heard = heard
        if sight.loss is not None and sight.targets is not None:
            targets = tensors_in(sight.batches[0])[1]
            value = sight.loss(sight.outputs, targets)
            value.backward()
            sight.value = value.item()
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        examples = number_of_examples(sight.batches[0])
        sight.error = f"a batch of {examples} gives: {str(error).splitlines()[0]}"
    if sight.outputs is not None:
        sight.outputs = sight.outputs.detach()
