"""Reverse-mode automatic differentiation for numbers and arrays (lecture 000B, topic 20)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

FUNCTIONS = {  # name: f(x), and its slope from x and y = f(x)
    "exp": (np.exp, lambda x, y: y),
    "log": (np.log, lambda x, y: 1 / x),
    "sin": (np.sin, lambda x, y: np.cos(x)),
    "abs": (np.abs, lambda x, y: np.sign(x)),
    "tanh": (np.tanh, lambda x, y: 1 - y * y),
    "relu": (lambda x: np.maximum(x, 0), lambda x, y: np.where(x > 0, 1.0, 0.0)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x, y: y * (1 - y)),
}


class Value:
    """A number or array that knows, per input, how a gradient is carried back to it."""

    __array_ufunc__ = None  # array * value is then our multiplication, not NumPy's

    def __init__(self, data, inputs=(), name=""):
        self.data, self.inputs, self.name = np.asarray(data, dtype=float), inputs, name
        self.grad = np.zeros_like(self.data)

    def __add__(self, other):
        a, b = self, other if isinstance(other, Value) else Value(other)
        return Value(a.data + b.data, [(a, lambda g: g), (b, lambda g: g)], "+")

    def __mul__(self, other):
        a, b = self, other if isinstance(other, Value) else Value(other)
        return Value(a.data * b.data, [(a, lambda g: g * b.data), (b, lambda g: g * a.data)], "*")

    def __matmul__(self, b):  # (n, k) @ (k, m), both of them Values
        back = [(self, lambda g: g @ b.data.T), (b, lambda g: self.data.T @ g)]
        return Value(self.data @ b.data, back, "@")

    def __pow__(self, n):
        return Value(self.data**n, [(self, lambda g: g * n * self.data ** (n - 1))], f"^{n:g}")

    def apply(self, name):
        f, slope = FUNCTIONS[name]
        y = f(self.data)
        return Value(y, [(self, lambda g: g * slope(self.data, y))], name)

    def sum(self):
        return Value(self.data.sum(), [(self, lambda g: g * np.ones_like(self.data))], "sum")

    __radd__, __rmul__, __neg__ = __add__, __mul__, lambda a: a * -1.0
    __sub__, __rsub__ = lambda a, b: a + b * -1.0, lambda a, b: a * -1.0 + b
    __truediv__, __rtruediv__ = lambda a, b: a * b**-1.0, lambda a, b: a**-1.0 * b

    def backward(self) -> None:
        """Add the slope of self (of its sum) to the `grad` of all that it was made from."""
        if np.any(self.grad):
            warnings.warn("backward() again: the gradients add up", stacklevel=2)
        for value, gradient in flow(self):
            value.grad = value.grad + gradient


def flow(result: Value) -> Iterator[tuple[Value, np.ndarray]]:
    """Every value with its whole gradient, each after all values that were made from it."""
    gradients, waiting = {}, [result]
    while waiting:  # a value joins when all its inputs have
        missing = [v for v, _ in waiting[-1].inputs if v not in gradients]
        waiting += missing
        if not missing:
            gradients[waiting.pop()] = np.array(0.0)
    gradients[result] = np.ones_like(result.data)
    for value in reversed(list(gradients)):
        yield value, gradients[value]
        for v, carry in value.inputs:  # a value used twice collects from both uses
            g = carry(gradients[value])  # and where broadcasting repeated it, from all copies:
            g = g.sum(axis=tuple(range(g.ndim - v.data.ndim)))
            copies = tuple(i for i, n in enumerate(v.data.shape) if n < g.shape[i])
            gradients[v] = gradients[v] + g.sum(axis=copies, keepdims=True)
