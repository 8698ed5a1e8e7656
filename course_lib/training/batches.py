"""Batches in a reproducible order that can be left anywhere and taken up again.

Arrays and tensors are moved to the device once. Each epoch draws a permutation from the generator
of its own; the rows are gathered some hundred batches at a time and split: no DataLoader, no Python
per example. Map-style datasets are read by the same permutation; a DataLoader, an iterable dataset
or any other iterable gives its batches in its own order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, default_collate
from torch.utils.data import Dataset as TorchDataset

from course_lib.training.distribution import Distribution
from course_lib.training.rng import random_states, restore_random_states

BLOCK = 256  # batches whose rows are gathered at once


class Batch(NamedTuple):
    """One batch: its data, how many examples are ours, how many all processes have together.

    `share` is the weight of our mean loss in the update, such that every example counts the same.
    """

    data: Any
    size: int
    total: int
    share: float = 1.0


def as_tensor(array: Any) -> Tensor:
    """A tensor as it is; an array with floats as torch's default (float32), whole numbers as int64.

    Raises TypeError for what is not an array of numbers.
    """
    if isinstance(array, Tensor):
        return array
    array = np.asarray(array)
    if array.dtype.kind == "f":
        return torch.as_tensor(array, dtype=torch.get_default_dtype())
    if array.dtype.kind in "iu" and array.dtype != np.uint8:
        return torch.as_tensor(array.astype(np.int64))
    if array.dtype.kind in "bu":
        return torch.as_tensor(array)
    raise TypeError(f"an array of numbers is expected, not one of {array.dtype}")


def in_memory(data: Any) -> Any:
    """`data` as a tensor or as a tuple or dict of tensors; None if it is not held in memory.

    Raises ValueError where the arrays differ in their number of examples.
    """
    if isinstance(data, TensorDataset):
        data = data.tensors
    elif hasattr(data, "inputs") and hasattr(data, "targets"):  # course_lib.datasets.Dataset
        data = data.inputs if data.targets is None else (data.inputs, data.targets)
    if isinstance(data, (np.ndarray, Tensor)):
        return as_tensor(data)
    if isinstance(data, tuple) and data and all(hasattr(part, "__len__") for part in data):
        held: Any = tuple(as_tensor(part) for part in data)
        parts = list(held)
    elif isinstance(data, dict):
        held = {name: as_tensor(part) for name, part in data.items()}
        parts = list(held.values())
    else:
        return None
    if len({len(part) for part in parts}) > 1:
        shapes = ", ".join(str(tuple(part.shape)) for part in parts)
        raise ValueError(f"the arrays differ in their number of examples: {shapes}")
    return held


def every_tensor(change: Callable[[Tensor], Tensor], data: Any) -> Any:
    """`data` with each tensor in it changed; tuples, lists and dicts keep their form."""
    if isinstance(data, Tensor):
        return change(data)
    if isinstance(data, Mapping):
        return {name: every_tensor(change, part) for name, part in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(every_tensor(change, part) for part in data))
    if isinstance(data, (tuple, list)):
        return type(data)(every_tensor(change, part) for part in data)
    return data


def tensors_in(data: Any) -> list[Tensor]:
    """The tensors of a batch, in order."""
    found: list[Tensor] = []
    every_tensor(lambda tensor: found.append(tensor) or tensor, data)  # type: ignore[func-returns-value]
    return found


def number_of_examples(data: Any) -> int:
    """The length of the batch's first tensor; 1 for what has none."""
    tensors = tensors_in(data)
    return len(tensors[0]) if tensors and tensors[0].ndim else 1


class Batches:
    """The training (or validation) data as groups of batches: a group makes one update.

    A group has `accumulate` batches, the last of an epoch perhaps fewer. With several processes
    all draw the same permutation and each takes its part of every batch.
    """

    def __init__(
        self,
        data: Any,
        batch_size: int,
        distribution: Distribution,
        seed: int | torch.Generator = 0,
        accumulate: int = 1,
        augment: Callable[[Any], Any] | None = None,
        *,
        shuffle: bool = True,
    ) -> None:
        for name, number in (("batch_size", batch_size), ("accumulate", accumulate)):
            if not isinstance(number, (int, np.integer)) or number < 1:
                raise ValueError(f"{name} is a whole number from 1 up, not {number!r}")
        self.batch_size, self.accumulate, self.augment = int(batch_size), accumulate, augment
        self.device, self.shuffle = distribution.device, shuffle
        self.rank, self.world = distribution.rank, distribution.world
        self.generator = (
            seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
        )
        self.order: Tensor | None = None  # of the running epoch
        self.position = 0  # batches of it that were handed out
        self.states_at_start: dict[str, Any] | None = None
        self.memory = in_memory(data)
        self.source: Any = data
        self.examples: int | None = None
        if self.memory is not None:
            self.examples = len(tensors_in(self.memory)[0])
            self.memory = self._moved(self.memory)
        elif isinstance(data, IterableDataset):
            self.source = DataLoader(data, batch_size=self.batch_size)
        elif isinstance(data, TorchDataset) or (
            hasattr(data, "__getitem__")
            and hasattr(data, "__len__")
            and not isinstance(data, (Sequence, Mapping))
        ):
            self.examples = len(self.source)
        elif not (isinstance(data, Iterable) or callable(data)):
            raise TypeError(
                "data is (inputs, targets), an array, a Dataset, a DataLoader or an iterable of "
                f"batches, not {type(data).__name__}"
            )
        if self.examples == 0:
            raise ValueError("the data has no examples")

    def _moved(self, memory: Any) -> Any:
        """On the device if half of it stays free; else where it is, to be sent in blocks."""
        if self.device.type == "cuda":
            needed = sum(t.numel() * t.element_size() for t in tensors_in(memory))
            if needed > torch.cuda.mem_get_info(self.device)[0] // 2:
                return memory
        return every_tensor(lambda tensor: tensor.to(self.device), memory)

    def __len__(self) -> int:
        """Updates per epoch. Raises TypeError where the data does not know its length."""
        if self.examples is not None:
            batches = -(-self.examples // self.batch_size)
        else:
            batches = len(self.source)
        return -(-batches // self.accumulate)

    @property
    def known_length(self) -> int | None:
        try:
            return len(self)
        except TypeError:
            return None

    def __iter__(self) -> Iterator[list[Batch]]:
        """The groups of one epoch, from where the last one was left."""
        batches = self._batches()
        empty = True
        while group := list(islice(batches, self.accumulate)):
            empty = False
            if self.accumulate > 1 or self.world > 1:
                whole = sum(batch.total for batch in group)
                group = [b._replace(share=b.size * self.world / whole) for b in group]
            yield group
        if empty and self.position == 0:
            raise ValueError(
                "the data gave no batches: a generator can be used up only once; "
                "pass a list, or the function that makes the generator"
            )
        self.order, self.position, self.states_at_start = None, 0, None

    def _batches(self) -> Iterator[Batch]:
        if self.examples is None:
            found = self._streamed()
        else:
            if self.order is None:
                self.order = (
                    torch.randperm(self.examples, generator=self.generator)
                    if self.shuffle
                    else torch.arange(self.examples)
                )
            found = self._mapped() if self.memory is None else self._gathered()
        for data, size, total in found:
            self.position += 1
            if self.augment is not None:
                data = self.augment(data)
            yield Batch(data, size, total)

    def _share(self, rows: Tensor) -> tuple[Tensor, int]:
        """Our part of a batch and its size; an empty part becomes one example that counts as 0."""
        if self.world == 1:
            return rows, len(rows)
        share = rows.tensor_split(self.world)[self.rank]
        return (share, len(share)) if len(share) else (rows[:1], 0)

    def _gathered(self) -> Iterator[tuple[Any, int, int]]:
        """From memory: one gather for a whole block of batches, then views of it."""
        assert self.order is not None
        where = tensors_in(self.memory)[0].device
        splits = self.order.split(self.batch_size)[self.position :]
        for start in range(0, len(splits), BLOCK):
            block = splits[start : start + BLOCK]
            shares = [self._share(rows) for rows in block]
            rows = torch.cat([share for share, _ in shares]).to(where)
            lengths = [len(share) for share, _ in shares]
            columns = [
                tensor[rows].to(self.device, non_blocking=True).split(lengths)
                for tensor in tensors_in(self.memory)
            ]
            for i, parts in enumerate(zip(*columns, strict=True)):
                yield self._like_memory(parts), shares[i][1], len(block[i])

    def _like_memory(self, parts: tuple[Tensor, ...]) -> Any:
        if isinstance(self.memory, Tensor):
            return parts[0]
        return (
            dict(zip(self.memory, parts, strict=True)) if isinstance(self.memory, dict) else parts
        )

    def _mapped(self) -> Iterator[tuple[Any, int, int]]:
        """From a map-style dataset: item by item, collated as a DataLoader would."""
        assert self.order is not None
        for rows in self.order.split(self.batch_size)[self.position :]:
            share, size = self._share(rows)
            data = default_collate([self.source[i] for i in share.tolist()])
            yield self._sent(data), size, len(rows)

    def _streamed(self) -> Iterator[tuple[Any, int, int]]:
        """From a loader or an iterable; to continue, the epoch is begun again and skipped."""
        resumed = self.states_at_start is not None
        now = random_states()
        if self.states_at_start is None:
            self.states_at_start = {"all": now, "own": self._own_states()}
        else:
            restore_random_states(self.states_at_start["all"])
            self._set_own_states(self.states_at_start["own"])
        source = iter(self.source() if callable(self.source) else self.source)
        for _ in range(self.position):
            next(source, None)
        if resumed:
            restore_random_states(now)
        for data in source:
            total = number_of_examples(data)
            if self.world > 1:
                share, size = self._share(torch.arange(total))
                yield self._sent(every_tensor(itemgetter(share), data)), size, total
            else:
                yield self._sent(data), total, total

    def _own_generators(self) -> list[torch.Generator]:
        """Generators that a DataLoader and its sampler have of their own."""
        sampler = getattr(self.source, "sampler", None)
        found = (getattr(one, "generator", None) for one in (self.source, sampler))
        return [one for one in found if isinstance(one, torch.Generator)]

    def _own_states(self) -> list[Tensor]:
        return [one.get_state() for one in self._own_generators()]

    def _set_own_states(self, states: list[Tensor]) -> None:
        for one, state in zip(self._own_generators(), states, strict=True):
            one.set_state(state)

    def _sent(self, data: Any) -> Any:
        return every_tensor(lambda tensor: tensor.to(self.device, non_blocking=True), data)

    def state_dict(self) -> dict[str, Any]:
        return {
            "generator": self.generator.get_state(),
            "order": self.order,
            "position": self.position,
            "states at start": self.states_at_start,
            "own": self._own_states(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.generator.set_state(state["generator"])
        self.order, self.position = state["order"], state["position"]
        self.states_at_start = state["states at start"]
        self._set_own_states(state["own"])
