"""Batch norm and layer norm by hand: in training, in use, folded, counted."""

from __future__ import annotations

from math import sqrt

import numpy as np

from course_lib.exam.answers import integer, matrix, number, vector
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def root(value: float) -> float:
    if value <= 0:
        raise ValueError("a variance is positive")
    return sqrt(value)


def spread(values) -> float:
    return float(np.var(values))


def standardised(A, axis: int):
    """Mean 0 and variance 1 along axis; what is constant becomes 0."""
    A = np.asarray(A, float)
    centred, var = A - A.mean(axis=axis, keepdims=True), A.var(axis=axis, keepdims=True)
    return centred / np.sqrt(np.where(var == 0, 1, var))


@exercise_type(
    "normalisation.batch",
    topic="normalisation",
    title="Batch norm of one unit over a mini-batch",
    minutes=6,
    sources=["000B:16", "001:20", "004:16"],
    variants={
        "lecture-001": {"x": [1, 2, 3, 4], "gain": 1, "shift": 0},
        "lecture-000B": {"x": [1, 2, 3, 6], "gain": 1, "shift": 0},
        "lecture-tens": {"x": [10, 20, 30, 40], "gain": 1, "shift": 0},
    },
)
def batch(draw: Draw) -> Exercise:
    x = draw.search("x", lambda m: m.integers("x", 4, -3, 9), lambda v: spread(v) > 1)
    gain, shift = draw.choice("gain", [0.5, 1.5, 2, 3]), draw.choice("shift", [-1, -0.5, 0.5, 1])
    return Exercise(
        "One unit has the net inputs {x:} on the four examples of a mini-batch. Batch norm with gain "
        "{gain:} and shift {shift:} follows, in training mode. Ignore $\\epsilon$.",
        givens={"x": x, "gain": gain, "shift": shift},
        steps=[
            Step(
                "mean",
                "The mean of the batch ($x$)",
                lambda x: float(np.mean(x)),
                number(decimals=3),
                hint="Sum over the examples, divided by their number.",
                explain=lambda x: f"${np.sum(x):g} / {len(x)}$.",
                mistakes=[
                    Mistake("sum", lambda x: float(np.sum(x)), "Divide by the number of examples."),
                    Mistake("median", lambda x: float(np.median(x)), "That is the median."),
                ],
            ),
            Step(
                "var",
                "The variance that batch norm divides by",
                lambda x, mean: float(np.mean((np.asarray(x) - mean) ** 2)),
                number(decimals=3),
                hint="The mean of the squared deviations: divided by $|B|$.",
                explain=lambda x, mean: f"Squares {np.round((np.asarray(x) - mean) ** 2, 4).tolist()}.",
                mistakes=[
                    Mistake(
                        "unbiased",
                        lambda x, mean: float(np.sum((np.asarray(x) - mean) ** 2) / (len(x) - 1)),
                        "Batch norm divides by $|B|$, not by $|B| - 1$.",
                    ),
                    Mistake(
                        "std",
                        lambda x, mean: float(np.sqrt(np.mean((np.asarray(x) - mean) ** 2))),
                        "That is the standard deviation.",
                    ),
                ],
            ),
            Step(
                "hat",
                "The four standardised values",
                lambda x, mean, var: (np.asarray(x) - mean) / root(var),
                vector(length=4, decimals=3, partial=True),
                marks=2,
                hint="Subtract the mean, divide by the root of the variance.",
                explain="$(x - \\mu) / \\sigma$.",
                mistakes=[
                    Mistake(
                        "no_root", lambda x, mean, var: (np.asarray(x) - mean) / var if var else 0 * x,
                        "Divide by the root of the variance.",
                    ),
                    Mistake(
                        "not_centred", lambda x, var: np.asarray(x) / root(var), "Subtract the mean first."
                    ),
                ],
            ),
            Step(
                "y",
                "The four outputs (gain, then shift)",
                lambda hat, gain, shift: gain * np.asarray(hat) + shift,
                vector(length=4, decimals=3, partial=True),
                hint="$\\gamma\\hat a + \\beta$.",
                explain="Gain times the standardised value, plus shift.",
                mistakes=[
                    Mistake(
                        "order",
                        lambda hat, gain, shift: gain * (np.asarray(hat) + shift),
                        "The shift is added after the gain.",
                    ),
                    Mistake(
                        "exchanged",
                        lambda hat, gain, shift: shift * np.asarray(hat) + gain,
                        "Gain multiplies, shift adds.",
                    ),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "normalisation.use",
    topic="normalisation",
    title="Batch norm in eval mode after one batch",
    minutes=7,
    sources=["001:20", "000B:16"],
    variants={
        "lecture-001": {"x": [1, 2, 3, 4], "m": 0.1, "q": 2},
        "lecture-001-tens": {"x": [10, 20, 30, 40], "m": 0.1, "q": 20},
    },
)
def use(draw: Draw) -> Exercise:
    x = draw.search("x", lambda k: k.integers("x", 4, 0, 12), lambda v: spread(v) > 2 and sum(v) != 0)
    m, q = draw.choice("m", [0.1, 0.2, 0.25, 0.4]), draw.integer("q", 1, 9)
    return Exercise(
        "A batch-norm layer starts with running mean 0 and running variance 1. In training it sees one "
        "batch, {x:}, with momentum $m = {m:}$ (the share of the *new* batch). Like torch, it keeps the "
        "unbiased variance. Gain 1, shift 0; ignore $\\epsilon$.",
        givens={"x": x, "m": m, "q": q},
        steps=[
            Step(
                "mean",
                "The running mean after the batch ($x$, $m$)",
                lambda x, m: m * float(np.mean(x)),
                number(significant=3),
                hint="$(1 - m) \\cdot 0 + m \\cdot$ mean of the batch.",
                explain=lambda x, m: f"${m:g} \\cdot {np.mean(x):g}$.",
                mistakes=[
                    Mistake("batch", lambda x: float(np.mean(x)), "That is the mean of the batch itself."),
                    Mistake(
                        "exchanged", lambda x, m: (1 - m) * float(np.mean(x)),
                        "The share $m$ belongs to the new batch.",
                    ),
                ],
            ),
            Step(
                "var",
                "The running variance after the batch",
                lambda x, m: (1 - m) + m * float(np.var(x, ddof=1)),
                number(significant=3),
                marks=2,
                hint="The old one was 1; the batch's is divided by $|B| - 1$.",
                explain=lambda x, m: f"${1 - m:g} \\cdot 1 + {m:g} \\cdot {np.var(x, ddof=1):.4g}$.",
                mistakes=[
                    Mistake(
                        "biased", lambda x, m: (1 - m) + m * spread(x),
                        "The running variance takes the unbiased one.",
                    ),
                    Mistake(
                        "started_at_0", lambda x, m: m * float(np.var(x, ddof=1)),
                        "The running variance starts at 1.",
                    ),
                ],
            ),
            Step(
                "out",
                "What the input $q = {q:}$ becomes in eval mode",
                lambda q, mean, var: (q - mean) / root(var),
                number(decimals=3),
                marks=2,
                hint="Use the running averages, not the batch.",
                explain="$(q - \\text{running mean}) / \\sqrt{\\text{running variance}}$.",
                mistakes=[
                    Mistake(
                        "training", lambda q, x: (q - float(np.mean(x))) / root(spread(x)),
                        "That is training mode: in use the batch does not count.",
                    ),
                    Mistake(
                        "no_root", lambda q, mean, var: (q - mean) / var if var else 0.0,
                        "Divide by the root.",
                    ),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "normalisation.matrix",
    topic="normalisation",
    title="Batch norm and layer norm of a small matrix",
    minutes=8,
    sources=["004:16", "000B:16"],
    variants={"lecture": {"A": [1, 2, 3, 3, 2, 7, 5, 2, 2]}},
)
def both(draw: Draw) -> Exercise:
    def uneven(v) -> bool:
        A = np.reshape(v, (3, 3))
        return min(A.std(axis=0).min(), A.std(axis=1).min()) > 0.6 and not np.allclose(A, A.T)

    A = np.reshape(draw.search("A", lambda m: m.integers("A", 9, 0, 9), uneven), (3, 3))
    return Exercise(
        "The rows of $A$ are three examples, its columns three units:\n\n$$A = {A:}$$\n\nGain 1, shift "
        "0; ignore $\\epsilon$ (what is constant becomes 0).",
        givens={"A": A},
        steps=[
            Step(
                "batch",
                "$A$ after batch norm",
                lambda A: standardised(A, 0),
                matrix(3, 3, decimals=3),
                marks=3,
                hint="One mean and one variance per column.",
                explain=lambda A: f"Means {np.round(A.mean(axis=0), 4).tolist()}, variances "
                f"{np.round(A.var(axis=0), 4).tolist()}.",
                mistakes=[
                    Mistake("rows", lambda A: standardised(A, 1), "Those are the rows: layer norm."),
                    Mistake("centred", lambda A: A - A.mean(axis=0), "Divide by the spread, too."),
                ],
            ),
            Step(
                "layer",
                "$A$ after layer norm",
                lambda A: standardised(A, 1),
                matrix(3, 3, decimals=3),
                marks=3,
                hint="One mean and one variance per row.",
                explain=lambda A: f"Means {np.round(A.mean(axis=1), 4).tolist()}, variances "
                f"{np.round(A.var(axis=1), 4).tolist()}.",
                mistakes=[
                    Mistake("columns", lambda A: standardised(A, 0), "Those are the columns: batch norm."),
                    Mistake(
                        "all", lambda A: (A - A.mean()) / A.std(),
                        "One mean per example, not one for the whole matrix.",
                    ),
                ],
            ),
        ],
    )  # fmt: skip


@exercise_type(
    "normalisation.running",
    topic="normalisation",
    title="A running mean over three batches",
    minutes=5,
    sources=["004:16", "001:20"],
    variants={"lecture": {"start": 0, "means": [10, 10, 10], "alpha": 0.9}},
)
def running(draw: Draw) -> Exercise:
    start = draw.integer("start", 0, 4)
    means = draw.search("means", lambda m: m.integers("means", 3, 2, 20), lambda v: len(set(v)) == 3)
    alpha = draw.choice("alpha", [0.5, 0.75, 0.8, 0.9])
    steps = []
    for k in range(3):
        before = "start" if k == 0 else f"after_{k}"
        steps.append(
            Step(
                f"after_{k + 1}",
                f"The running mean after batch {k + 1}"
                + (" (from start, means and $\\alpha$)" if k == 0 else ""),
                lambda before, means, alpha, k=k: alpha * before + (1 - alpha) * means[k],
                number(significant=4),
                hint="$\\bar\\mu \\leftarrow \\alpha\\bar\\mu + (1 - \\alpha)\\mu_B$.",
                explain=lambda before, means, alpha, k=k: (
                    f"${alpha:g} \\cdot {before:.5g} + {1 - alpha:.3g} \\cdot {means[k]:g}$."
                ),
                mistakes=[
                    Mistake(
                        "exchanged",
                        lambda before, means, alpha, k=k: (1 - alpha) * before + alpha * means[k],
                        "$\\alpha$ belongs to the old average (torch's momentum is $1 - \\alpha$).",
                    ),
                ],
                uses={"before": before},
            )
        )
    steps.append(
        Step(
            "torch",
            "Which `momentum` must torch be given for this $\\alpha$?",
            lambda alpha: 1 - alpha,
            number(decimals=3),
            hint="In torch it is the share of the new batch.",
            explain="$1 - \\alpha$.",
            mistakes=[Mistake("same", lambda alpha: alpha, "Torch's momentum is the new batch's share.")]
            if alpha != 0.5
            else [],
        )
    )
    return Exercise(
        "A running mean is at {start:} (start). Three batches have the means {means:}. The rule of the "
        "lecture is $\\bar\\mu \\leftarrow \\alpha\\bar\\mu + (1 - \\alpha)\\mu_B$ with $\\alpha = "
        "{alpha:}$.",
        givens={"start": start, "means": means, "alpha": alpha},
        steps=steps,
    )


@exercise_type(
    "normalisation.count",
    topic="normalisation",
    title="What is averaged, what is learned: norms of feature maps",
    minutes=4,
    sources=["000B:16", "001:20"],
)
def count(draw: Draw) -> Exercise:
    m, C = draw.choice("m", [8, 16, 32, 64]), draw.choice("C", [3, 6, 10, 24])
    p, q = draw.integer("p", 4, 14), draw.integer("q", 15, 28)
    return Exercise(
        "A mini-batch of $m = {m:d}$ pictures has $C = {C:d}$ feature maps of ${p:d} \\times {q:d}$ "
        "places ($p \\times q$) each.",
        givens={"m": m, "C": C, "p": p, "q": q},
        steps=[
            Step(
                "pooled",
                "Over how many numbers does batch norm take each mean?",
                lambda m, p, q: m * p * q,
                integer(),
                hint="Per channel: all pictures, all places.",
                explain="$m\\,p\\,q$.",
                mistakes=[
                    Mistake("batch", lambda m: m, "The places of a map count together, too."),
                    Mistake("all", lambda m, C, p, q: m * C * p * q, "Each channel has a mean of its own."),
                ],
            ),
            Step(
                "layer",
                "And layer norm?",
                lambda C, p, q: C * p * q,
                integer(),
                hint="Per picture.",
                explain="$C\\,p\\,q$.",
                mistakes=[
                    Mistake("instance", lambda p, q: p * q, "That is instance norm."),
                    Mistake("batch", lambda m, p, q: m * p * q, "Layer norm never looks at other examples."),
                ],
            ),
            Step(
                "learned",
                "How many learned numbers has the batch norm?",
                lambda C: 2 * C,
                integer(),
                hint="Gain and shift.",
                explain="$2C$.",
                mistakes=[
                    Mistake("buffers", lambda C: 4 * C, "The running averages are not learned by gradient."),
                    Mistake("places", lambda C, p, q: 2 * C * p * q, "One pair per channel, not per place."),
                ],
            ),
        ],
    )


@exercise_type(
    "normalisation.fold",
    topic="normalisation",
    title="Folding batch norm into the layer before it",
    minutes=6,
    sources=["000B:16"],
)
def fold(draw: Draw) -> Exercise:
    w, b = draw.choice("w", [-3, -2, 2, 3, 4]), draw.choice("b", [-1, 0.5, 1, 2])
    gain, shift = draw.choice("gain", [0.5, 1.5, 2, 3]), draw.choice("shift", [-1, -0.5, 0.5, 1])
    mean, var = draw.choice("mean", [-2, -1, 1.5, 3]), draw.choice("var", [0.25, 4, 9, 16])
    x = draw.choice("x", [-2, -1, 2, 3])
    return Exercise(
        "A unit computes $a = wx + b$ with $w = {w:}$, $b = {b:}$. Batch norm follows in eval mode: "
        "running mean {mean:}, running variance (var) {var:}, gain {gain:}, shift {shift:}. Ignore "
        "$\\epsilon$.",
        givens={
            "w": w, "b": b, "gain": gain, "shift": shift, "mean": mean, "var": var, "x": x,
        },
        steps=[
            Step(
                "weight",
                "The weight $w'$ of the one unit that does both",
                lambda w, gain, var: gain * w / root(var),
                number(significant=3),
                hint="$\\gamma w / \\sigma$.",
                explain="$\\gamma w / \\sqrt{\\text{variance}}$.",
                mistakes=[
                    Mistake("no_root", lambda w, gain, var: gain * w / var, "Divide by the root."),
                    Mistake("no_gain", lambda w, var: w / root(var), "The gain belongs to it."),
                ],
            ),
            Step(
                "bias",
                "Its bias $b'$",
                lambda b, gain, shift, mean, var: gain * (b - mean) / root(var) + shift,
                number(decimals=3),
                marks=2,
                hint="$\\gamma(b - \\mu) / \\sigma + \\beta$.",
                explain="The mean is subtracted from the old bias, scaled, and the shift added.",
                mistakes=[
                    Mistake(
                        "no_mean", lambda b, gain, shift, var: gain * b / root(var) + shift,
                        "The running mean is subtracted, too.",
                    ),
                    Mistake(
                        "no_shift", lambda b, gain, mean, var: gain * (b - mean) / root(var),
                        "Add the shift.",
                    ),
                ],
            ),
            Step(
                "out",
                "The output for $x = {x:}$",
                lambda weight, bias, x: weight * x + bias,
                number(decimals=3),
                hint="One multiplication, one addition.",
                explain="$w'x + b'$.",
                mistakes=[
                    Mistake("raw", lambda w, b, x: w * x + b, "That is the net input before batch norm.")
                ],
            ),
        ],
    )  # fmt: skip


QUESTIONS = [
    Question(
        "A dense net with batch norm is trained with batches of ONE example. What does each batch-norm "
        "layer put out?",
        "Its shift, whatever the input",
        [
            ("The input itself, unchanged", "The example minus its own mean is 0."),
            ("The input divided by the gain", "The standardised value is 0 before the gain."),
            ("The running mean of the unit", "In training the batch's own mean is used."),
            ("A division by zero", "$\\epsilon$ prevents that: 0 divided by a small number."),
        ],
        "A single number is its own mean: 0 times the gain, plus the shift.",
        "What is the mean of one number?",
    ),
    Question(
        "What does batch norm use when the net is used on new data?",
        "Running averages from training",
        [
            ("The statistics of the new batch", "An answer must not depend on its neighbours."),
            ("Mean 0 and variance 1, always", "These are only the starting values."),
            ("The last training batch alone", "One batch would be too noisy."),
            ("Gain and shift in place of both", "They come on top."),
        ],
        "The running averages make the output independent of the batch.",
        "Think of a batch of one.",
    ),
    Question(
        "Which norm gives the same output in training and in use, for any batch?",
        "Layer norm",
        [
            ("Batch norm", "It uses the batch in training and running averages in use."),
            ("Batch norm without gain", "Gain and shift make no difference to that."),
            ("Batch norm with a large batch", "Even then the two differ a little."),
            ("None of the usual ones", "Layer, instance and group norm all do."),
        ],
        "It looks at one example at a time.",
        "Which one does not look at other examples?",
    ),
    Question(
        "What is $\\epsilon$ in batch norm?",
        "A small constant against division by 0",
        [
            ("Random noise that acts as a regulariser", "One note says noise; it is fixed."),
            ("A learned number, one for every single unit", "Learned are gain and shift."),
            ("The learning rate of the running averages", "That is the momentum."),
            ("The share of units that are dropped at random", "That is dropout."),
        ],
        "It is added to the variance, usually $10^{-5}$.",
        "What if a unit is constant over the batch?",
    ),
    Question(
        "A dense layer with bias is followed by batch norm. What is the bias good for?",
        "Nothing",
        [
            ("It sets the mean of the output", "Batch norm subtracts the mean right away; $\\beta$ sets it."),
            ("It keeps the variance above 0", "A constant does not change the variance."),
            ("It speeds up the running averages", "It only moves them."),
            ("It is needed for the gain", "The gain multiplies the standardised value."),
        ],
        "A constant that is added disappears when the mean is subtracted.",
        "What happens to a constant?",
    ),
]


@exercise_type(
    "normalisation.theory",
    topic="normalisation",
    title="Norms in a sentence",
    minutes=2,
    sources=["000B:16", "001:20", "004:16"],
)
def normalisation_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
