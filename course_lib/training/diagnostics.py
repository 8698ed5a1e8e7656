"""What goes on inside a net while it learns: gradients, updates, activations, dead units.

`fit(..., diagnostics=["gradient norm", "dead units"])` measures at the first update of every epoch
and keeps the result in `history.diagnostics`; `plots.inside(history, "gradient norm")` draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.names import unknown

NAMES = ("gradient norm", "update ratio", "activation mean", "activation std", "dead units")


def gradient_norms(model: nn.Module) -> dict[str, Tensor]:
    """The Euclidean length of each parameter's gradient."""
    return {name: p.grad.norm() for name, p in model.named_parameters() if p.grad is not None}


def update_ratios(model: nn.Module, before: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """|change| / |weights| per parameter; about 0.001 is healthy, 0.1 is wild, 0 learns nothing."""
    return {
        name: (p.detach() - before[name]).norm() / (before[name].norm() + 1e-12)
        for name, p in model.named_parameters()
        if name in before
    }


@contextmanager
def listening(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Collects the output of every innermost module that runs inside the context."""
    heard: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, arguments: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.is_floating_point():
                heard[name] = output.detach()

        return hook

    hooks = [
        module.register_forward_hook(keep(name))
        for name, module in model.named_modules()
        if not list(module.children())
    ]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def is_activation(module: nn.Module) -> bool:
    """Whether it is one of torch's activation functions, such as ReLU or Tanh."""
    return type(module).__module__ == "torch.nn.modules.activation" and not isinstance(
        module, nn.MultiheadAttention
    )


def dead_units(output: Tensor) -> Tensor:
    """The fraction of units that say the same for every example: dead ReLUs, saturated sigmoids.

    Units are the last axis of (examples, units) and (examples, time, units), the second of images.
    """
    axis = 1 if output.ndim == 4 else -1
    units = output.movedim(axis, 0).flatten(1)
    return ((units.amax(1) - units.amin(1)) < 1e-6).float().mean()


class Diagnostics:
    """Measures what is named at the first update of each epoch; ValueError for other names."""

    def __init__(self, names: str | Sequence[str] | None, models: nn.Module) -> None:
        self.names = [names] if isinstance(names, str) else list(names or ())
        self.models = models
        for name in self.names:
            if name not in NAMES:
                raise ValueError(unknown("diagnostic", name, NAMES))
        self.clear()

    def clear(self) -> None:
        self.found: dict[str, dict[str, Tensor]] = {}
        self.before: dict[str, Tensor] = {}
        self.due = bool(self.names)

    def before_update(self, step: Callable[[Any], Any], batch: Any) -> None:
        """Between `backward` and the update: gradients, activations, a copy of the weights."""
        if self.due:
            self._look(step, batch)

    @torch.no_grad()
    def _look(self, step: Callable[[Any], Any], batch: Any) -> None:
        if "gradient norm" in self.names:
            self.found["gradient norm"] = gradient_norms(self.models)
        if "update ratio" in self.names:
            self.before = {name: p.detach().clone() for name, p in self.models.named_parameters()}
        if any(name.startswith(("activation", "dead")) for name in self.names):
            self.models.eval()
            with listening(self.models) as heard:
                step(batch)
            self.models.train()
            self._judge(heard)

    def _judge(self, heard: dict[str, Tensor]) -> None:
        modules = dict(self.models.named_modules())
        for name, judge in (("activation mean", Tensor.mean), ("activation std", Tensor.std)):
            if name in self.names:
                self.found[name] = {layer: judge(output) for layer, output in heard.items()}
        if "dead units" in self.names:
            self.found["dead units"] = {
                layer: dead_units(output)
                for layer, output in heard.items()
                if is_activation(modules[layer])
            }

    def after_update(self) -> None:
        """After the update: how far the weights went."""
        if self.before:
            self.found["update ratio"] = update_ratios(self.models, self.before)
            self.before = {}
        self.due = False

    def finish(self) -> dict[str, dict[str, float]]:
        """What the epoch's measurement found, as numbers."""
        found = {
            name: {layer: float(value) for layer, value in values.items()}
            for name, values in self.found.items()
        }
        self.clear()
        return found

    def state_dict(self) -> dict[str, Any]:
        return {"found": self.found, "due": self.due}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.found, self.due = state["found"], state["due"]
