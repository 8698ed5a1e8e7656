"""The training loop: updates and epochs, stopping, clipping, accumulation, schedules, curves."""

from __future__ import annotations

from math import ceil, cos, exp, floor, log, log2, pi, sqrt

import numpy as np

from course_lib.exam.answers import integer, number, vector
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

# --- batches and epochs ---------------------------------------------------------------------------


@exercise_type(
    "training.updates",
    topic="training",
    title="Batches, updates and epochs",
    minutes=4,
    sources=["000A:54"],
    variants={
        "lecture": {"n": 1000, "b": 32, "epochs": 10, "a": 4},
        "lecture-2": {"n": 60_000, "b": 128, "epochs": 5, "a": 4},
    },
)
def updates(draw: Draw) -> Exercise:
    n, b, epochs, a = draw.search(
        "sizes",
        lambda m: (
            m.integer("n", 20, 200) * 10,
            m.choice("b", [16, 32, 64, 100, 128]),
            m.integer("epochs", 3, 20),
            m.choice("a", [2, 3, 4, 8]),
        ),
        lambda v: (
            v[0] % v[1] not in (0, v[1] / 2)
            and ceil(v[0] / v[1]) % v[3] > 0
            and ceil(v[0] / v[1]) > v[3]
            and ceil(v[0] * v[2] / v[1]) != v[2] * ceil(v[0] / v[1])
        ),
    )
    n = draw.choice("n", [n])
    b = draw.choice("b", [b])
    epochs = draw.choice("epochs", [epochs])
    a = draw.choice("a", [a])
    return Exercise(
        "A training set has {n:d} examples. They are shuffled and cut into batches of {b:d}; the last "
        "batch of an epoch takes what is left. Training lasts {epochs:d} epochs.",
        givens={"n": n, "b": b, "epochs": epochs, "a": a},
        steps=[
            Step(
                "updates",
                "Updates (iterations) per epoch",
                lambda n, b: ceil(n / b),
                integer(),
                hint="How many batches does it take until every example was seen?",
                explain="${n:d} / {b:d}$, rounded up.",
                mistakes=[
                    Mistake(
                        "floor", lambda n, b: n // b, "The last, smaller batch makes an update too."
                    )
                ],
            ),
            Step(
                "last",
                "Examples in the last batch of an epoch",
                lambda n, b: n % b or b,
                integer(),
                hint="What do the full batches leave?",
                explain="The remainder of ${n:d}$ by ${b:d}$.",
                mistakes=[
                    Mistake("full", lambda b: b, "The numbers do not divide."),
                    Mistake("lacking", lambda n, b: b - n % b, "That many are missing to a full one."),
                ],
            ),
            Step(
                "total",
                "Updates in the whole training",
                lambda updates, epochs: updates * epochs,
                integer(),
                hint="Every epoch ends with its own smaller batch.",
                explain="{updates:} updates in each of {epochs:d} epochs.",
                mistakes=[
                    Mistake(
                        "one_long_epoch",
                        lambda n, b, epochs: ceil(n * epochs / b),
                        "Batches do not reach over the end of an epoch.",
                    )
                ],
            ),
            Step(
                "accumulated",
                "Updates per epoch if the gradients of {a:d} batches are accumulated for each update "
                "(the last update takes what is left)",
                lambda updates, a: ceil(updates / a),
                integer(),
                hint="Cut the batches into groups.",
                explain="{updates:} batches in groups of {a:d}, rounded up.",
                mistakes=[
                    Mistake(
                        "floor", lambda updates, a: updates // a, "The last group is smaller."
                    ),
                    Mistake("more", lambda updates, a: updates * a, "There are fewer updates now."),
                ],
            ),
            Step(
                "effective",
                "Examples behind such an update (all but the last)",
                lambda a, b: a * b,
                integer(),
                hint="The effective batch.",
                explain="${a:d} \\cdot {b:d}$.",
                mistakes=[
                    Mistake("one_batch", lambda b: b, "All the accumulated batches count."),
                    Mistake("sum", lambda a, b: a + b, "Multiply."),
                ],
            ),
        ],
    )


def walk(x, w, eta, divide=None):
    """The weight after each batch of two; `divide` replaces the batch's size."""
    after = []
    for first in range(0, len(x), 2):
        part = np.asarray(x[first : first + 2], float)
        w = w - eta * (w - part).sum() / (divide or len(part))
        after.append(w)
    return np.array(after)


def batch_losses(x, w, weights, factor=0.5):
    """The mean loss of each batch at the weight it met."""
    before = [w, *weights[:-1]]
    return np.array(
        [
            factor * np.mean((v - np.asarray(x[2 * k : 2 * k + 2], float)) ** 2)
            for k, v in enumerate(before)
        ]
    )


@exercise_type(
    "training.epoch",
    topic="training",
    title="One epoch of mini-batch descent by hand",
    minutes=7,
    sources=["000A:54", "000A:67"],
    variants={"chapter": {"x": [2, 4, 4, 5, 7], "w": 0, "eta": 0.5}},
)
def epoch(draw: Draw) -> Exercise:
    x = draw.search(
        "x",
        lambda m: m.integers("x", 5, 1, 9),
        lambda v: len(set(v)) >= 4 and abs(v[4] - sum(v[:4]) / 4) >= 2,
    )
    w = draw.integer("w", -1, 1)
    eta = draw.choice("eta", [0.1, 0.2, 0.4, 0.5])
    return Exercise(
        "One weight $w$ is fitted to the numbers {x:}: example $x_i$ has the loss "
        "$\\frac12 (w - x_i)^2$. Start at $w = {w:d}$, learning rate $\\eta = {eta:}$, batches of two in "
        "the given order (the last holds one number), loss and gradient are means over the batch.",
        givens={"x": x, "w": w, "eta": eta},
        steps=[
            Step(
                "weights",
                "$w$ after each of the three updates",
                lambda x, w, eta: walk(x, w, eta),
                vector(length=3, decimals=3, partial=True),
                marks=3,
                hint="The gradient of a batch is $w$ minus the mean of the batch.",
                explain=lambda x, w, eta: "\n".join(
                    f"- batch mean {np.mean(x[2 * k : 2 * k + 2]):g}: $w - {eta:g} \\cdot "
                    f"(w - {np.mean(x[2 * k : 2 * k + 2]):g}) = {v:.4g}$"
                    for k, v in enumerate(walk(x, w, eta))
                ),
                mistakes=[
                    Mistake(
                        "summed", lambda x, w, eta: walk(x, w, eta, 1), "You added; take the mean."
                    ),
                    Mistake(
                        "always_two",
                        lambda x, w, eta: walk(x, w, eta, 2),
                        "The last batch has one example: divide by 1.",
                    ),
                    Mistake(
                        "uphill",
                        lambda x, w, eta: walk(x, w, -eta),
                        "Minus the gradient: $w$ moves towards the batch.",
                    ),
                ],
            ),
            Step(
                "losses",
                "The loss of each batch before its update",
                lambda x, w, weights: batch_losses(x, w, weights),
                vector(length=3, decimals=3, partial=True),
                marks=3,
                hint="Use the $w$ that the batch met, not the one it left.",
                explain="$\\frac12$ times the mean of $(w - x_i)^2$ over the batch.",
                mistakes=[
                    Mistake(
                        "no_half",
                        lambda x, w, weights: batch_losses(x, w, weights, 1.0),
                        "The loss has a factor ½.",
                    ),
                    Mistake(
                        "after",
                        lambda x, weights: batch_losses(x, weights[0], [*weights[1:], 0]),
                        "Those are the losses after the updates.",
                    ),
                    Mistake(
                        "at_start",
                        lambda x, w: batch_losses(x, w, [w, w, w]),
                        "Later batches meet a weight that has moved.",
                    ),
                ],
            ),
            Step(
                "mean",
                "The loss of the epoch: the mean over the five examples",
                lambda losses: (2 * losses[0] + 2 * losses[1] + losses[2]) / 5,
                number(decimals=3),
                hint="Each batch counts as often as it has examples.",
                explain="$(2 L_1 + 2 L_2 + L_3) / 5$.",
                mistakes=[
                    Mistake(
                        "of_batches",
                        lambda losses: float(np.mean(losses)),
                        "That counts the lone last example twice.",
                    ),
                    Mistake("last", lambda losses: losses[2], "That is the last batch only."),
                ],
            ),
        ],
    )


@exercise_type(
    "training.accumulation",
    topic="training",
    title="Accumulated gradients of uneven batches",
    minutes=5,
    sources=["000A:54"],
    variants={"chapter": {"sizes": [2, 2, 1], "g": [-3, -4.5, -7], "w": 0, "eta": 0.5}},
)
def accumulation(draw: Draw) -> Exercise:
    sizes = draw.choice("sizes", [[16, 16, 8], [32, 32, 16], [20, 20, 10], [40, 40, 20], [30, 30, 15],
                                  [64, 64, 32], [16, 16, 4], [48, 48, 24]])  # fmt: skip
    g = draw.search(
        "g",
        lambda m: m.decimals("g", 3, -4, 4, 0.5, exclude=[0]),
        lambda v: len(set(v)) == 3 and abs(v[2] - (v[0] + v[1]) / 2) >= 1.5,
    )
    w = draw.decimal("w", -1, 1, 0.5)
    eta = draw.choice("eta", [0.1, 0.2, 0.5])
    return Exercise(
        "Three batches of {sizes:} examples make one update together (gradient accumulation). Their "
        "mean gradients, all at $w = {w:}$, are {g:}. The update shall be the one of a single batch with "
        "all examples. Learning rate $\\eta = {eta:}$.",
        givens={"sizes": sizes, "g": g, "w": w, "eta": eta},
        steps=[
            Step(
                "shares",
                "The factor of each gradient in the sum",
                lambda sizes: sizes / np.sum(sizes),
                vector(length=3, decimals=3, partial=True),
                hint="Every example counts the same.",
                explain="Size of the batch over the number of all examples.",
                mistakes=[
                    Mistake(
                        "equal",
                        lambda: np.full(3, 1 / 3),
                        "An example in the small batch would count more than the others.",
                    ),
                    Mistake(
                        "by_largest", lambda sizes: sizes / np.max(sizes), "They must add up to 1."
                    ),
                ],
            ),
            Step(
                "gradient",
                "The gradient of the update",
                lambda shares, g: float(np.dot(shares, g)),
                number(decimals=3),
                marks=2,
                hint="The weighted sum.",
                explain=lambda shares, g: (
                    " + ".join(f"${a:.4g} \\cdot ({b:g})$" for a, b in zip(shares, g, strict=True)) + "."
                ),
                mistakes=[
                    Mistake("mean", lambda g: float(np.mean(g)), "The batches differ in size."),
                    Mistake(
                        "sum", lambda g: float(np.sum(g)), "Added only: three times as long a step."
                    ),
                ],
            ),
            Step(
                "after",
                "$w$ after the update",
                lambda w, eta, gradient: w - eta * gradient,
                number(decimals=3),
                hint="One step downhill.",
                explain="${w:} - {eta:} \\cdot$ ({gradient:}).",
                mistakes=[
                    Mistake("uphill", lambda w, eta, gradient: w + eta * gradient, "Minus."),
                    Mistake(
                        "three_steps",
                        lambda w, eta, g: w - eta * float(np.sum(g)),
                        "One update, not three.",
                    ),
                ],
            ),
            Step(
                "error",
                "The plain mean of the three gradients minus the right gradient",
                lambda g, gradient: float(np.mean(g)) - gradient,
                number(decimals=3),
                hint="What a program would do that divides by the number of batches.",
                explain=lambda g, gradient: f"${np.mean(g):.4g} - ({gradient:.4g})$.",
                mistakes=[
                    Mistake(
                        "turned",
                        lambda g, gradient: gradient - float(np.mean(g)),
                        "The other way round.",
                    )
                ],
            ),
        ],
    )


# --- stopping and schedules -----------------------------------------------------------------------


def stopping(curve, patience, at_least=0.0, total=False):
    """(best epoch, last epoch), counted from 1."""
    best, best_epoch, waited = float("inf"), 0, 0
    for k, value in enumerate(curve, start=1):
        if value < best - at_least - 1e-9:
            best, best_epoch = value, k
            waited = waited if total else 0
        else:
            waited += 1
            if waited == patience:
                return best_epoch, k
    return best_epoch, len(curve)


def by_last_epoch(curve, patience):
    """Patience counted from the epoch before: a misconception."""
    waited = 0
    for k in range(2, len(curve) + 1):
        waited = waited + 1 if curve[k - 1] >= curve[k - 2] else 0
        if waited == patience:
            return k
    return len(curve)


def rolling(m: Draw, fall: int, rest: int, again: int) -> list[float]:
    """A validation curve that falls, rests and rolls, and falls again."""
    steps = [
        *m.decimals("fall", fall, -0.5, -0.2, 0.01),
        *m.decimals("rest", rest, -0.09, 0.1, 0.01),
        *m.decimals("again", again, -0.4, -0.1, 0.01),
    ]
    return [round(2.4 + sum(steps[: k + 1]), 2) for k in range(len(steps))]


@exercise_type(
    "training.early_stopping",
    topic="training",
    title="Early stopping by hand",
    minutes=5,
    sources=["000A:27", "000A:36"],
    variants={
        "chapter": {
            "curve": [1.9, 1.2, 1.25, 0.9, 0.95, 0.88, 0.93, 0.91, 0.9, 0.5], "p": 3, "delta": 0.1,
        },
    },
)  # fmt: skip
def early_stopping(draw: Draw) -> Exercise:
    p = draw.choice("p", [2, 3])
    delta = draw.choice("delta", [0.05, 0.1])

    def fine(v) -> bool:
        best, last = stopping(v, p)
        return (
            3 <= best
            and last <= 8
            and min(v) < v[best - 1] - 0.04
            and v.count(v[best - 1]) == 1
            and by_last_epoch(v, p) not in (last, stopping(v, p + 1)[1])
            and stopping(v, p, delta)[1] < last
            and stopping(v, p, delta)[1] != best
        )

    curve = draw.search("curve", lambda m: rolling(m, 3, 5, 2), fine)
    return Exercise(
        "Validation losses of the epochs 1 to 10, if they were all trained: {curve:}. Early stopping "
        "with patience {p:d}: the run ends after {p:d} epochs in a row without a new lowest loss, and "
        "puts the best weights back.",
        givens={"curve": curve, "p": p, "delta": delta},
        steps=[
            Step(
                "last",
                "The last epoch that is trained",
                lambda curve, p: stopping(curve, p)[1],
                integer(),
                marks=2,
                hint="Write down the lowest so far and count the epochs since.",
                explain=lambda curve, p: (
                    f"The lowest loss so far is that of epoch {stopping(curve, p)[0]}; then "
                    f"{p} epochs do not beat it."
                ),
                mistakes=[
                    Mistake(
                        "epoch_before",
                        lambda curve, p: by_last_epoch(curve, p),
                        "Compare with the best so far, not with the epoch before.",
                    ),
                    Mistake(
                        "one_more",
                        lambda curve, p: stopping(curve, p + 1)[1],
                        "The run ends with the epoch that uses up the patience.",
                    ),
                ],
            ),
            Step(
                "best",
                "The epoch whose weights are put back",
                lambda curve, last: int(np.argmin(curve[: int(last)])) + 1,
                integer(),
                hint="The lowest loss among the trained epochs.",
                explain="The run has seen the epochs 1 to {last:}.",
                mistakes=[
                    Mistake(
                        "whole_curve",
                        lambda curve: int(np.argmin(curve)) + 1,
                        "That epoch was never trained: the run had ended.",
                    ),
                    Mistake(
                        "last", lambda last: last, "The last weights are not the best ones."
                    ),
                ],
            ),
            Step(
                "missed",
                "By how much is the lowest loss of the whole list below that of the kept epoch?",
                lambda curve, best: curve[int(best) - 1] - np.min(curve),
                number(absolute=0.005),
                hint="What more patience would have found.",
                explain=lambda curve, best: f"${curve[int(best) - 1]:g} - {np.min(curve):g}$.",
                mistakes=[
                    Mistake("nothing", lambda: 0.0, "A lower loss comes after the stop."),
                    Mistake("lowest", lambda curve: np.min(curve), "The difference is asked for."),
                ],
            ),
            Step(
                "stricter",
                "The last epoch, if only an improvement by more than {delta:} over the best counts as new "
                "best",
                lambda curve, p, delta: stopping(curve, p, delta)[1],
                integer(),
                marks=2,
                hint="Small improvements no longer reset the counter, and do not become the best.",
                explain=lambda curve, p, delta: (
                    f"The last improvement by more than {delta:g} comes in epoch "
                    f"{stopping(curve, p, delta)[0]}."
                ),
                mistakes=[
                    Mistake(
                        "same", lambda curve, p: stopping(curve, p)[1], "Small gains now do not count."
                    ),
                    Mistake(
                        "best",
                        lambda curve, p, delta: stopping(curve, p, delta)[0],
                        "That is the best epoch; the patience is still to be used up.",
                    ),
                ],
            ),
        ],
    )


def plateau(curve, p, start, factor, *, restart=True, late=False):
    """The rate used in each epoch."""
    rate, best, waited, used = start, float("inf"), 0, []
    for value in curve:
        used.append(rate)
        waited += 1
        if value < best - 1e-12:
            best, waited = value, 0
        if waited == p + late:
            rate, waited = rate * factor, 0 if restart else waited
    return np.array(used)


@exercise_type(
    "training.plateau",
    topic="training",
    title="A rate that falls when the loss rests",
    minutes=5,
    sources=["000A:59"],
    variants={
        "chapter": {"curve": [1.0, 0.8, 0.85, 0.82, 0.6, 0.65, 0.62, 0.61], "start": 0.1, "factor": 0.5}
    },
)
def on_plateau(draw: Draw) -> Exercise:
    start = draw.choice("start", [0.1, 0.2, 0.4, 0.8])
    factor = draw.choice("factor", [0.5, 0.1, 0.2])

    def fine(v) -> bool:
        rates = plateau(v, 2, 1.0, 0.5)
        return (
            len(set(v)) == 8
            and rates[5] < 1 and rates[-1] < rates[5] - 1e-9 and rates[2] == 1
            and not np.allclose(rates, plateau(v, 2, 1.0, 0.5, late=True))
        )  # fmt: skip

    curve = draw.search("curve", lambda m: rolling(m, 2, 6, 0), fine)
    return Exercise(
        "The learning rate starts at {start:} and is multiplied by {factor:} whenever the validation loss "
        "has not reached a new lowest value for 2 epochs in a row; the counting then begins anew. "
        "The validation losses after the epochs 1 to 8 are {curve:}.",
        givens={"curve": curve, "start": start, "factor": factor},
        steps=[
            Step(
                "rates",
                "The rate with which each of the eight epochs is trained",
                lambda curve, start, factor: plateau(curve, 2, start, factor),
                vector(length=8, decimals=6, partial=True),
                marks=4,
                hint="An epoch's loss can change only the rates of later epochs.",
                explain="After each epoch: new lowest value? then count 0, else one more; at 2 the rate "
                "falls for the epochs that follow.",
                mistakes=[
                    Mistake(
                        "three",
                        lambda curve, start, factor: plateau(curve, 2, start, factor, late=True),
                        "The rate falls as soon as 2 epochs have not improved.",
                    ),
                    Mistake(
                        "constant",
                        lambda curve, start: np.full(len(curve), start),
                        "The loss does rest twice.",
                    ),
                    Mistake(
                        "same_epoch",
                        lambda curve, start, factor: np.append(
                            plateau(curve, 2, start, factor)[1:],
                            plateau([*curve, 9.0], 2, start, factor)[-1],
                        ),
                        "The epoch that uses up the patience was itself trained with the old rate.",
                    ),
                ],
            ),
            Step(
                "falls",
                "How often has the rate fallen before epoch 8?",
                lambda rates: int(np.sum(np.diff(rates) < 0)),
                integer(),
                hint="Count the changes in your list.",
                explain="{rates:}.",
                mistakes=[
                    Mistake("rates", lambda rates: len(set(rates)), "Those are the different rates.")
                ],
            ),
        ],
    )


@exercise_type(
    "training.annealing",
    topic="training",
    title="Warm-up, step decay and cosine",
    minutes=5,
    sources=["000A:59", "000A:61"],
    variants={
        "lecture": {"eta": 0.1, "warm": 100, "u": 30, "gamma": 0.5, "k": 10, "e": 25, "done": [1, 4]}
    },
)
def annealing(draw: Draw) -> Exercise:
    eta = draw.choice("eta", [0.1, 0.2, 0.4, 0.8])
    warm = draw.choice("warm", [50, 100, 200, 500])
    u = draw.choice("u", [5, 10, 15, 20, 30, 40])
    gamma = draw.choice("gamma", [0.1, 0.2, 0.5])
    k = draw.choice("k", [5, 8, 10])
    e = draw.choice("e", [v for v in range(12, 40) if v % k not in (0, k - 1)])
    done = draw.choice("done", [[1, 4], [1, 3], [2, 3], [3, 4], [1, 6], [5, 6]])
    return Exercise(
        "The learning rate $\\eta_0 = {eta:}$ is scheduled in three ways. (1) Warm-up: during the first "
        "{warm:d} updates it grows in proportion to the number of updates done, from 0 to $\\eta_0$. (2) "
        "Step decay: it is multiplied by {gamma:} after every {k:d} epochs. (3) Cosine: it falls from "
        "$\\eta_0$ to 0 along half a cosine. Updates and epochs are counted from 0.",
        givens={"eta": eta, "warm": warm, "u": u, "gamma": gamma, "k": k, "e": e, "done": done},
        steps=[
            Step(
                "warm_up",
                "(1) The rate after {u:d} updates",
                lambda eta, warm, u: eta * u / warm,
                number(significant=3),
                hint="In proportion.",
                explain="${eta:} \\cdot {u:d} / {warm:d}$.",
                mistakes=[
                    Mistake("full", lambda eta: eta, "The warm-up is not over."),
                    Mistake("falling", lambda eta, warm, u: eta * (1 - u / warm), "It grows."),
                ],
            ),
            Step(
                "stairs",
                "(2) The rate in epoch {e:d}",
                lambda eta, gamma, k, e: eta * gamma ** (e // k),
                number(significant=3),
                marks=2,
                hint="How many whole times {k:d} epochs have passed?",
                explain=lambda eta, gamma, k, e: f"${eta:g} \\cdot {gamma:g}^{{{e // k}}}$.",
                mistakes=[
                    Mistake(
                        "one_more",
                        lambda eta, gamma, k, e: eta * gamma ** (e // k + 1),
                        "Round {e:d}/{k:d} down.",
                    ),
                    Mistake(
                        "every_epoch",
                        lambda eta, gamma, k, e: eta * gamma ** (e / k),
                        "A staircase: the exponent is a whole number.",
                    ),
                    Mistake(
                        "linear",
                        lambda eta, gamma, k, e: eta * gamma / (e // k),
                        "Multiply anew after every stage.",
                    ),
                ],
            ),
            Step(
                "cosine",
                "(3) The rate after a fraction {done:} (first over second number) of all updates",
                lambda eta, done: eta * (1 + cos(pi * done[0] / done[1])) / 2,
                number(significant=3),
                marks=2,
                hint="$\\frac{\\eta_0}{2} (1 + \\cos(\\pi\\, t / T))$.",
                explain=lambda eta, done: (
                    f"$\\frac{{{eta:g}}}{{2}} (1 + \\cos({done[0]}\\pi/{done[1]}))$."
                ),
                mistakes=[
                    Mistake(
                        "linear", lambda eta, done: eta * (1 - done[0] / done[1]), "Not a straight line."
                    ),
                    Mistake(
                        "no_half",
                        lambda eta, done: eta * (1 + cos(pi * done[0] / done[1])),
                        "At the start this would be twice $\\eta_0$.",
                    ),
                    Mistake(
                        "quarter",
                        lambda eta, done: eta * cos(pi / 2 * done[0] / done[1]),
                        "Half a cosine, from its top to its bottom.",
                    ),
                ],
            ),
        ],
    )


# --- the step -------------------------------------------------------------------------------------

BOXES = [[1, 2, 2], [2, 3, 6], [1, 4, 8], [4, 4, 7], [2, 6, 9], [6, 6, 7], [3, 4, 12], [2, 5, 14]]


@exercise_type(
    "training.clipping",
    topic="training",
    title="Clipping a gradient by its norm",
    minutes=5,
    sources=["000A:36", "000A:59"],
    variants={"chapter": {"g": [3, -4, 0], "c": 1, "eta": 0.5, "w": [1, 1, 1]}},
)
def clipping(draw: Draw) -> Exercise:
    box = draw.choice("box", BOXES)
    signs = draw.search("signs", lambda m: m.integers("s", 3, -1, 1, exclude=[0]),
                        lambda v: len(set(v)) == 2)  # fmt: skip
    g = draw.choice("g", [[a * b for a, b in zip(box, signs, strict=True)]])
    c = draw.choice("c", [1.5, 2, 2.5])
    eta = draw.choice("eta", [0.1, 0.2, 0.5])
    w = draw.integers("w", 3, -3, 3)
    return Exercise(
        "The gradient of a batch is {g:}. It is clipped to length at most $c = {c:}$, then one step of "
        "gradient descent with $\\eta = {eta:}$ is made from the weights {w:}.",
        givens={"g": g, "c": c, "eta": eta, "w": w},
        steps=[
            Step(
                "norm",
                "The length of the gradient",
                lambda g: sqrt(float(np.sum(np.square(g)))),
                number(significant=3),
                hint="The root of the sum of squares.",
                explain=lambda g: f"$\\sqrt{{{' + '.join(f'{v:g}^2' for v in np.abs(g))}}}$.",
                mistakes=[
                    Mistake(
                        "sum", lambda g: float(np.sum(np.abs(g))), "That is the sum of sizes."
                    ),
                    Mistake(
                        "square", lambda g: float(np.sum(np.square(g))), "Take the root."
                    ),
                ],
            ),
            Step(
                "factor",
                "The factor by which it is shortened",
                lambda norm, c: min(1.0, c / norm),
                number(significant=3),
                hint="$\\min(1, c / \\Vert g \\Vert)$.",
                explain="${c:} /$ {norm:}.",
                mistakes=[
                    Mistake("turned", lambda norm, c: norm / c, "That would lengthen it."),
                    Mistake("none", lambda: 1.0, "It is longer than $c$."),
                ],
            ),
            Step(
                "clipped",
                "The clipped gradient",
                lambda g, factor: np.asarray(g) * factor,
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="All entries shrink alike: the direction stays.",
                explain="The gradient times {factor:}.",
                mistakes=[
                    Mistake(
                        "each_entry",
                        lambda g, c: np.clip(g, -c, c),
                        "That clips every entry by itself and turns the gradient.",
                    ),
                    Mistake("unclipped", lambda g: np.asarray(g) * 1.0, "It is longer than $c$."),
                ],
            ),
            Step(
                "after",
                "The weights after the step",
                lambda w, eta, clipped: np.asarray(w) - eta * np.asarray(clipped),
                vector(length=3, decimals=3, partial=True),
                hint="Minus the learning rate times the clipped gradient.",
                explain="Entry by entry.",
                mistakes=[
                    Mistake(
                        "uphill",
                        lambda w, eta, clipped: np.asarray(w) + eta * np.asarray(clipped),
                        "Minus.",
                    ),
                    Mistake(
                        "raw",
                        lambda w, eta, g: np.asarray(w) - eta * np.asarray(g),
                        "Use the clipped gradient.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "training.scaling",
    topic="training",
    title="Loss scaling for float16",
    minutes=5,
    sources=["000A:67"],
    variants={"chapter": {"small": 2e-8, "large": 0.5, "s": 16}},
)
def scaling(draw: Draw) -> Exercise:
    small = draw.choice("small", [2e-8, 1e-8, 5e-9, 3e-9, 2e-9, 1e-9, 4e-10])
    large = draw.choice("large", [0.3, 0.5, 0.7, 1.2, 2.5, 3, 5, 7])
    s = draw.choice("s", [8, 10, 12])
    return Exercise(
        "Positive float16 numbers reach from about $5.96 \\cdot 10^{-8}$ ($2^{-24}$) to 65 504. In a net "
        "the smallest gradient that matters is {small:}, the largest is {large:}. The loss is multiplied by "
        "$S = 2^s$ before `backward`, the gradients are divided by $S$ again, in float32, before the "
        "update.",
        givens={"small": small, "large": large, "s": s},
        steps=[
            Step(
                "scaled",
                "The smallest gradient in float16 for $s = {s:d}$ (ignore rounding)",
                lambda small, s: small * 2.0**s,
                number(significant=3),
                hint="A factor before the loss is a factor before every gradient.",
                explain=lambda small, s: f"${small:g} \\cdot {2**s}$.",
                mistakes=[
                    Mistake("unscaled", lambda small: small, "Scaled by $S$."),
                    Mistake("divided", lambda small, s: small / 2.0**s, "Multiplied first."),
                    Mistake("times_s", lambda small, s: small * s, "By $2^s$, not by $s$."),
                ],
            ),
            Step(
                "least",
                "The smallest whole $s$ with which the smallest gradient is at least $2^{-24}$",
                lambda small: ceil(-24 - log2(small)),
                integer(),
                marks=2,
                hint="$2^s \\ge 2^{-24} / g$: take the logarithm to base 2, round up.",
                explain=lambda small: f"$\\log_2({2**-24:.3g} / {small:g}) = {-24 - log2(small):.2f}$.",
                mistakes=[
                    Mistake("floor", lambda small: floor(-24 - log2(small)), "Then it is still too small."),
                    Mistake(
                        "base_e", lambda small: ceil(log(2.0**-24 / small) / log(10)), "To base 2."
                    ),
                ],
            ),
            Step(
                "most",
                "The largest whole $s$ with which the largest gradient stays finite",
                lambda large: floor(log2(65504 / large)),
                integer(),
                marks=2,
                hint="$2^s g \\le 65\\,504$: logarithm to base 2, round down.",
                explain=lambda large: f"$\\log_2(65504 / {large:g}) = {log2(65504 / large):.2f}$.",
                mistakes=[
                    Mistake("ceil", lambda large: ceil(log2(65504 / large)), "Then it overflows."),
                    Mistake(
                        "no_gradient", lambda: 15, "The gradient itself takes part of the range."
                    ),
                ],
            ),
            Step(
                "update",
                "The smallest gradient as the update sees it, for $s = {s:d}$",
                lambda scaled, s: scaled / 2.0**s,
                number(significant=3),
                hint="The scaling is undone.",
                explain="{scaled:} $/ 2^{s:d}$: the step is the one that float32 would make.",
                mistakes=[
                    Mistake("still_scaled", lambda scaled: scaled, "Divide by $S$ again."),
                ],
            ),
        ],
    )


@exercise_type(
    "training.initial_loss",
    topic="training",
    title="What should the first loss be?",
    minutes=5,
    sources=["000A:67", "000A:56"],
    variants={"chapter": {"K": 10, "seen": 6.9, "p": 0.4}},
)
def initial_loss(draw: Draw) -> Exercise:
    K = draw.choice("K", [3, 4, 5, 6, 8, 10, 20, 26, 50, 100])
    seen = draw.choice("seen", [round(log(K) * f, 1) for f in (1.5, 2, 2.5, 3)])
    p = draw.choice("p", [0.5, 0.6, 0.7, 0.8, 0.9])
    return Exercise(
        "A classifier for $K = {K:d}$ classes with softmax and cross-entropy (natural logarithm) is about "
        "to be trained.",
        givens={"K": K, "seen": seen, "p": p},
        steps=[
            Step(
                "expected",
                "The loss of a net that gives every class the same probability",
                lambda K: log(K),
                number(decimals=3),
                hint="Minus the logarithm of the probability of the right class.",
                explain="$-\\ln(1/{K:d}) = \\ln {K:d}$.",
                mistakes=[
                    Mistake("base_10", lambda K: log(K) / log(10), "The natural logarithm."),
                    Mistake("base_2", lambda K: log2(K), "Nats, not bits."),
                    Mistake("share", lambda K: 1 / K, "Take minus the logarithm of that."),
                ],
            ),
            Step(
                "probability",
                "The first batch has loss {seen:}. Which probability does the net give to the right class "
                "(geometric mean)?",
                lambda seen: exp(-seen),
                number(significant=2),
                hint="Undo minus the logarithm.",
                explain="$e^{-{seen:}}$.",
                mistakes=[
                    Mistake("reciprocal", lambda seen: 1 / seen, "The exponential undoes the logarithm."),
                    Mistake("blind", lambda K: 1 / K, "That would have the loss $\\ln K$."),
                ],
            ),
            Step(
                "as_if",
                "How many times less likely than by blind guessing is that?",
                lambda seen, expected: exp(seen - expected),
                number(relative=0.03),
                hint="$(1/K)$ over that probability.",
                explain="$e^{L - \\ln K}$: the net is confidently wrong; its first weights are too large.",
                mistakes=[
                    Mistake(
                        "ratio",
                        lambda seen, expected: seen / expected,
                        "Compare probabilities, not losses.",
                    ),
                    Mistake(
                        "difference", lambda seen, expected: seen - expected, "Take its exponential."
                    ),
                ],
            ),
            Step(
                "uneven",
                "One class has a share of {p:} of the examples, the other classes share the rest equally. "
                "The smallest loss without looking at the inputs",
                lambda K, p: -p * log(p) - (1 - p) * log((1 - p) / (K - 1)),
                number(decimals=3),
                marks=2,
                hint="Say the shares themselves: the loss is their entropy.",
                explain=lambda K, p: (
                    f"$-{p:g} \\ln {p:g} - {1 - p:.1f} \\ln({1 - p:.1f}/{K - 1})$; a net below that has "
                    "begun to look at its inputs."
                ),
                mistakes=[
                    Mistake("one_class", lambda p: -log(p), "The other classes cost something too."),
                    Mistake(
                        "two_classes",
                        lambda p: -p * log(p) - (1 - p) * log(1 - p),
                        "The rest is spread over $K - 1$ classes.",
                    ),
                ],
            ),
        ],
    )


# --- reading curves -------------------------------------------------------------------------------

SMALL = "The learning rate is too small"
LARGE = "The learning rate is too large"
OVER = "The net overfits"
UNDER = "The net has too few degrees of freedom"
NOISE = "The batches are too small for this learning rate"
WRONG = "The loss does not measure what is wanted"
ORDER = "The examples are not shuffled"
WELL = "Nothing: this run is healthy"
MODE = "The training figures were taken with dropout on"

NOT = {
    SMALL: "Then the loss would creep down, smoothly, and be far from its end.",
    LARGE: "Then the loss would leap, rise, or rest at the value of guessing.",
    OVER: "Then the validation loss would turn upwards while the training loss falls.",
    UNDER: "Then training would rest early, far from perfect, and validation close to it.",
    NOISE: "Then the loss would fall and jump from epoch to epoch.",
    WRONG: "Then the loss would fall while the accuracy stays.",
    ORDER: "Then the loss would leap within each epoch, always at the same places.",
    WELL: "Look again: something here is not as it should be.",
    MODE: "That makes the training figures look worse than the validation figures.",
}


def reading(ask: str, right: str, wrong: list[str], why: str, hint: str) -> Question:
    return Question(ask, right, [(w, NOT[w]) for w in wrong], why, hint)


CURVES = [
    reading(
        "Ten classes. Training loss after the epochs 1, 5, 10, 20: 2.31, 2.29, 2.27, 2.23; validation the "
        "same; no jumps. What is the most likely cause?",
        SMALL, [LARGE, OVER, NOISE, WELL],
        "The loss moves in the right direction, evenly, and hardly at all.",
        "Does it move? How evenly?",
    ),
    reading(
        "Ten classes. Training loss: 2.4, 9.8, 31, 4.1, 2.303, 2.303, 2.303. What is the most likely cause?",
        LARGE, [SMALL, OVER, UNDER, MODE],
        "A leap upwards, then exactly $\\ln 10$: the units died in the leap and every class gets 1/10.",
        "What is special about 2.303?",
    ),
    reading(
        "Training loss 0.9, 0.3, 0.05, 0.004; validation loss 0.8, 0.5, 0.7, 1.1. What is the most likely "
        "cause?",
        OVER, [UNDER, SMALL, LARGE, WRONG],
        "Training goes on falling while validation turns upwards.",
        "Compare the two curves.",
    ),
    reading(
        "After many epochs both rest: training accuracy 0.71, validation accuracy 0.70, both losses flat. "
        "What is the most likely cause?",
        UNDER, [OVER, NOISE, ORDER, WELL],
        "The model cannot even fit what it has seen, so there is no gap.",
        "Is there a gap between the two?",
    ),
    reading(
        "Training loss by epoch: 0.9, 0.5, 0.7, 0.4, 0.65, 0.38, 0.6; it stays in this band. What is the "
        "most likely cause?",
        NOISE, [SMALL, OVER, WRONG, UNDER],
        "It has fallen and then jumps about a level: a larger batch or a smaller rate calms it.",
        "Is there a trend? Are there jumps?",
    ),
    reading(
        "Ten even classes. Training loss 28, 12, 8.4, 8.25, 8.25; accuracy 0.10, 0.11, 0.09, 0.10, 0.10. "
        "What is the most likely cause?",
        WRONG, [SMALL, LARGE, OVER, NOISE],
        "The loss falls well, the accuracy does not care: look at the shapes of outputs and targets.",
        "Which of the two improves?",
    ),
    reading(
        "The loss of the single batches within each epoch: near 0 for long stretches, with ten high peaks "
        "at the same places in every epoch. Ten classes. What is the most likely cause?",
        ORDER, [NOISE, LARGE, OVER, SMALL],
        "Each class is learnt while it passes and forgotten at the next one.",
        "What changes ten times in an epoch?",
    ),
    reading(
        "Training loss 0.60, 0.31, 0.20, 0.15; validation loss 0.58, 0.35, 0.27, 0.25. What is wrong?",
        WELL, [OVER, UNDER, LARGE, NOISE],
        "Both fall, the gap is small, and neither turns upwards.",
        "Does either curve turn?",
    ),
    reading(
        "A net with strong dropout: training accuracy 0.88, validation accuracy 0.95, again and again. What "
        "is the most likely cause?",
        MODE, [UNDER, OVER, ORDER, NOISE],
        "Training accuracy was measured with half of the units switched off, validation with all.",
        "In which mode is each of the two measured?",
    ),
    reading(
        "Two classes, 95 % of the examples are of class 0. Loss 0.69, 0.35, 0.21, 0.20; accuracy 0.95 from "
        "the first epoch on, and not one example of class 1 found. What is the most likely cause?",
        WRONG, [OVER, LARGE, NOISE, ORDER],
        "Plain cross-entropy is content with the class shares; what is wanted weighs the rare class more.",
        "What would a net reach that never looks at its inputs?",
    ),
]  # fmt: skip


@exercise_type(
    "training.curves",
    topic="training",
    title="Reading curves: what is wrong with this run?",
    minutes=2,
    sources=["000A:36", "000A:67", "000A:59"],
)
def curves(draw: Draw) -> Exercise:
    return theory(draw, CURVES)


QUESTIONS = [
    Question(
        "In torch, what happens if the gradients are not set to zero between two updates?",
        "Each new gradient is added to the old ones",
        [
            ("The new gradient takes the place of the old one", "`backward` adds to `.grad`."),
            ("torch stops and shows an error message that names the line", "It is allowed, and used for accumulation."),
            ("The update is skipped", "The update uses whatever lies in `.grad`."),
            ("Only the learning rate changes", "The rate has nothing to do with it."),
        ],
        "`backward` adds to `.grad`; that is what gradient accumulation uses.",
        "What is gradient accumulation?",
    ),
    Question(
        "What may the validation set be used for?",
        "For choosing the rate and when to stop",
        [
            ("For computing gradients", "That is the training set."),
            ("For the number that is reported at the end", "It was used for choices: too good."),
            ("For nothing at all: it stays closed until the end", "That is the test set."),
            ("For standardising the inputs", "The moments come from the training set."),
        ],
        "It is for all choices made while looking; the test set is for the one number at the end.",
        "Which of the three sets answers which question?",
    ),
    Question(
        "A run is resumed from a file that holds only the weights. What is different from a run without a "
        "break?",
        "Optimiser, schedule and shuffle begin anew",
        [
            ("Nothing: the weights are all that there is in a net", "Adam has averages, the shuffle has a state."),
            ("Only the printed curves", "The next update already differs."),
            ("The number of parameters", "The model is the same."),
            ("The loss function is another one", "It is given by the program."),
        ],
        "Adam's averages, the number of updates, the order and the random states are part of the run.",
        "What does the next update depend on?",
    ),
    Question(
        "Four batches of 16 are accumulated. When does the update differ from that of one batch of 64?",
        "With batch normalisation",
        [
            ("Always, because sums depend on their order", "Sums hardly depend on the order."),
            ("With Adam in place of plain descent", "It sees the same gradient."),
            ("With cross-entropy as the loss", "A mean over examples can be split."),
            ("With weight decay", "It is added once per update."),
        ],
        "Batch normalisation uses the statistics of each batch of 16.",
        "Which layer looks at the other examples of its batch?",
    ),
    Question(
        "Why is the learning rate made smaller towards the end?",
        "So that batch noise moves the weights less",
        [
            ("Because all gradients grow towards the end", "They rather shrink."),
            ("So that fewer updates are needed", "The number of updates stays."),
            ("So that the training set is slowly forgotten", "Nothing is forgotten by that."),
            ("Because the validation set needs a smaller rate", "Validation changes no weights."),
        ],
        "With a constant rate the weights go on jumping about the minimum.",
        "Where does a run with a constant rate end?",
    ),
    Question(
        "What does the learning-rate range test show?",
        "Where the loss falls, and where it explodes",
        [
            ("The best number of epochs", "It lasts an epoch or two."),
            ("How large the error on the test set will be", "It looks at the training loss only."),
            ("How many hidden units the net should have", "The model is given."),
            ("Whether the data is shuffled", "It does not look at the order."),
        ],
        "The rate grows at every update: no progress, progress, divergence.",
        "What is on its horizontal axis?",
    ),
    Question(
        "Two processes train with a global batch of 64 (32 each). What do they exchange?",
        "Their gradients, averaged before the update",
        [
            ("Their examples, so that both of them see all 64", "Each keeps its half."),
            ("Their weights, once at the end of training", "They would drift apart until then."),
            ("Their losses, and nothing else", "Losses do not move weights."),
            ("Nothing: each trains a net of its own", "They train one net together."),
        ],
        "The mean of the two gradients is that of the 64; so all copies make the same update.",
        "What must be the same for both to make the same step?",
    ),
    Question(
        "Why does mixed precision keep the weights in float32?",
        "Small steps would be lost in rounding",
        [
            ("Numbers of 16 bits cannot have a negative sign", "They have a sign."),
            ("Matrix products need float32", "Just these are done in 16 bits."),
            ("Checkpoints on the disk can hold float32 only", "Files hold any kind."),
            ("The loss would become larger", "The scale of the loss is not the point."),
        ],
        "A weight of 1 in bfloat16 does not change if 0.003 is added; 0.0078 is the next step.",
        "What is the next number after 1 in bfloat16?",
    ),
    Question(
        "A new net cannot bring the loss of one single batch near 0, even after many updates. What follows?",
        "Data, loss, gradient or rate is broken",
        [
            ("The training set is too small for this net", "One batch is all it has to learn here."),
            ("The net overfits", "Then it would fit the batch."),
            ("Early stopping was too late", "Nobody stopped it."),
            ("The validation set is much harder than the batch", "It is not used here."),
        ],
        "Any sensible net learns 16 examples by heart; if not, do not look for better settings.",
        "What should be easy?",
    ),
    Question(
        "Grid search over 4 rates and 3 sizes, each setting trained with 5 seeds: how many trainings, and "
        "how many if the two are chosen one after the other (the cell in common only once)?",
        "60 and 30",
        [
            ("12 and 7", "Times the 5 seeds, and the common cell counts once."),
            ("60 and 35", "The common cell is trained once only."),
            ("35 and 60", "The grid is the product."),
            ("17 and 12", "Multiply for the grid, and by the seeds."),
        ],
        "$4 \\cdot 3 \\cdot 5$ and $(4 + 3 - 1) \\cdot 5$.",
        "Product against sum.",
    ),
]


@exercise_type(
    "training.theory",
    topic="training",
    title="What belongs into a training loop, and why",
    minutes=2,
    sources=["000A:25", "000A:36", "000A:67", "000A:54", "000A:59"],
)
def training_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
