"""References for the exercises on activation functions: PyTorch's functions and its autograd."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as nn

from bank import reference


def leaf(values):
    return torch.tensor(np.array(values, dtype=float), requires_grad=True)


def slope(f, x):
    at = leaf(x)
    f(at).sum().backward()
    return at.grad


@reference("activations.slopes")
def slopes(exercise):
    g = exercise.givens
    x = float(g["x"])
    return {
        "logistic": torch.sigmoid(leaf(x)).item(),
        "logistic_slope": slope(torch.sigmoid, x).item(),
        "tanh_slope": slope(torch.tanh, x).item(),
        "leaky": slope(lambda v: nn.leaky_relu(v, g["leak"]), x).item(),
        "elu": nn.elu(leaf(x), g["a"]).item(),
    }


@reference("activations.tanh")
def scaled(exercise):
    g = exercise.givens
    a, b, x = (float(g[name]) for name in "abx")
    grid = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    target = np.tanh(x)
    return {
        "value": a * np.tanh(b * x),
        "slope": slope(lambda v: a * torch.tanh(b * v), x).item(),
        "steepest": slope(lambda v: a * torch.tanh(b * v), grid.numpy()).max().item(),
        "logistic": -np.log(2 / (target + 1) - 1),
    }


@reference("activations.softmax")
def jacobian(exercise):
    g = exercise.givens
    net = torch.tensor(np.array(g["net"], float))
    whole = torch.autograd.functional.jacobian(lambda v: torch.softmax(v, 0), net)
    return {
        "z": torch.softmax(net, 0),
        "own": whole[g["i"] - 1, g["i"] - 1].item(),
        "other": whole[g["i"] - 1, g["j"] - 1].item(),
        "column": 0.0,
        "warm": torch.softmax(net / g["T"], 0).max().item(),
    }


@reference("activations.prelu")
def prelu(exercise):
    g = exercise.givens
    x, a = leaf(g["x"]), leaf([g["a"]])
    y = nn.prelu(x, a)
    y.backward(torch.tensor(np.array(g["g"], float)))
    return {
        "y": y.detach(),
        "back": x.grad,
        "by_a": a.grad.item(),
        "after": (a.detach() - g["eta"] * a.grad).item(),
    }


@reference("activations.srelu")
def srelu(exercise):
    g = exercise.givens
    parameters = [leaf(float(g[name])) for name in ("t_l", "a_l", "t_r", "a_r")]
    t_l, a_l, t_r, a_r = parameters

    def f(x):
        # The identity, corrected beyond each threshold.
        return x + (a_r - 1) * nn.relu(x - t_r) - (a_l - 1) * nn.relu(t_l - x)

    high = f(torch.tensor(float(g["x"])))
    _, _, by_t, by_a = torch.autograd.grad(high, parameters)
    low = f(torch.tensor(float(g["low"])))
    return {
        "high": high.item(),
        "by_t": by_t.item(),
        "by_a": by_a.item(),
        "low_value": low.item(),
        "by_all": torch.stack(torch.autograd.grad(low, parameters)),
    }


@reference("activations.aplu")
def aplu(exercise):
    g = exercise.givens
    x, a, b = leaf(float(g["x"])), leaf(g["a"]), leaf(g["b"])
    hinges = nn.relu(b - x)
    value = nn.relu(x) + a @ hinges
    value.backward()
    return {"hinges": hinges.detach(), "value": value.item(), "by_b": b.grad, "by_x": x.grad.item()}


def rows(k, top):
    """The table from its closed form: row l holds 2^l triangles of half-width 2 top / 2^l."""
    widths = np.concatenate(
        [[2 * top / 2**level] * 2**level for level in range(k.bit_length() - 1)]
    )
    places = np.concatenate([2 * np.arange(2**level) + 1 for level in range(k.bit_length() - 1)])
    return widths * places, widths


@reference("activations.table")
def table(exercise):
    g = exercise.givens
    centres, widths = rows(8, g["top"])
    left, right = centres - widths, centres + widths
    quarter = (right - left)[g["j"] - 1] / 4
    return {
        "centres": centres,
        "widths": widths,
        "wave": np.array([left[g["j"] - 1] + quarter, quarter]),
    }


@reference("activations.melu")
def melu(exercise):
    g = exercise.givens
    x, c = torch.tensor(float(g["x"]), dtype=torch.float64), leaf(g["c"])
    # A triangle by its corners, read off by interpolation.
    corners = [np.interp(x, [m - w, m, m + w], [0, w, 0]) for m, w in zip(*rows(4, 1), strict=True)]
    hats = torch.tensor(np.array(corners))
    prelu = nn.prelu(x[None], c[:1])[0]
    value = prelu + c[1:] @ hats
    value.backward()
    return {"hats": hats, "prelu": prelu.item(), "value": value.item(), "by_c": c.grad}


@reference("activations.galu")
def galu(exercise):
    g = exercise.givens
    a, width = float(g["a"]), float(g["width"])
    corners = [a - width, a, a + width, a + 2 * width, a + 3 * width]
    heights = np.array([0, width, 0, -width, 0])
    return {
        "ends": np.array([corners[0], corners[-1]]),
        "values": np.interp(g["x"], corners, heights),
        "area": np.trapezoid(heights, corners),
    }


@reference("activations.dead")
def dead(exercise):
    g = exercise.givens
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)

    def slopes(place, leak):
        at = leaf(place)
        z = nn.leaky_relu(at[0] * x + at[1], leak)
        (0.5 * (z - x) ** 2).mean().backward()
        return at.grad.numpy()

    first = slopes([g["w"], g["b"]], 0.0)
    after = np.array([g["w"], g["b"]]) - g["eta"] * first
    return {
        "slopes": first,
        "after": after,
        "silent": int((after[0] * x.numpy() + after[1] > 0).sum()),
        "next": slopes(after, 0.0),
        "leaky": slopes(after, g["leak"]),
    }


# A phrase of the question: a phrase of the right option only.
THEORY = {
    "none or many": "One sigmoid per",
    "degrees Celsius": "linear output",
    "ten classes, one each": "softmax over ten",
    "linear activations": "single matrix",
    "slope without a jump": "$a = 1$",
    "behave as a ReLU": "$c_j = 0$",
    "unit dead": "for every example",
    "Can it recover": "is the net input",
    "vanishing gradient": "where it is on",
}


@reference("activations.theory")
def activations_theory(exercise):
    (step,) = exercise.steps
    (phrase,) = [answer for ask, answer in THEORY.items() if ask in step.prompt]
    (option,) = [o for o in step.answer.options if phrase in o]
    return {"answer": option}
