"""Sizes of networks: parameters, output sizes, receptive fields, operations, small convolutions."""

from __future__ import annotations

from math import prod

import numpy as np

from course_lib.exam.answers import choice, integer, matrix, number, states
from course_lib.exam.arithmetic import over
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory


def size(n: int, k: int, s: int, p: int, r: int = 1) -> int:
    """The output size of a convolution: kernel k, stride s, padding p per side, dilation r."""
    return int((n + 2 * p - r * (k - 1) - 1) // s) + 1


def correlate(image, kernel):
    """The valid cross-correlation of two matrices."""
    image, kernel = np.asarray(image), np.asarray(kernel)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


def pooled(image, k: int, s: int, how):
    """Pooling with k x k windows and stride s by a function of the window."""
    image = np.asarray(image)
    n = (len(image) - k) // s + 1
    return [[how(image[i * s : i * s + k, j * s : j * s + k]) for j in range(n)] for i in range(n)]


# --- parameters -----------------------------------------------------------------------------------


@exercise_type(
    "architecture.dense",
    topic="architecture",
    title="The parameters of a fully connected network",
    minutes=4,
    sources=["003:09", "001:10", "004:10"],
    variants={
        "mnist": {"layers": [784, 128, 10], "weights": 2},
        "identity-8-3-8": {"layers": [8, 3, 8], "weights": 2},
        "linear-mnist": {"layers": [784, 10], "weights": 2},
        "linear-cifar": {"layers": [3072, 10], "weights": 2},
    },
)
def dense(draw: Draw) -> Exercise:
    layers = draw.search(
        "layers",
        lambda m: [
            m.choice("a", [16, 20, 28, 64, 100, 196]),
            m.integer("b", 5, 40),
            m.integer("c", 4, 20),
            m.integer("d", 2, 10),
        ],
        lambda v: v[1] > v[2] > v[3] and v[0] > v[1],
    )
    nbytes = draw.choice("weights", [2, 4])
    return Exercise(
        "A fully connected network has layers of {layers:} units (the first are the inputs). Every unit "
        "after the inputs has a bias. A number takes {nbytes:d} bytes.",
        givens={"layers": layers, "nbytes": nbytes},
        steps=[
            Step(
                "weights",
                "The number of weights, without biases",
                lambda layers: int(sum(a * b for a, b in zip(layers, layers[1:], strict=False))),
                integer(),
                hint="Neighbouring layers, multiplied.",
                explain=lambda layers: (
                    "$"
                    + " + ".join(
                        f"{a} \\cdot {b}" for a, b in zip(layers, layers[1:], strict=False)
                    )
                    + "$."
                ),
                mistakes=[
                    Mistake(
                        "product",
                        lambda layers: prod(int(n) for n in layers) + 1,
                        "Add over the pairs of layers.",
                    ),
                    Mistake(
                        "squares",
                        lambda layers: int(sum(n * n for n in layers)),
                        "Units connect to the next layer, not to their own.",
                    ),
                ],
            ),
            Step(
                "biases",
                "The number of biases",
                lambda layers: int(sum(layers[1:])),
                integer(),
                hint="One per unit that computes.",
                explain=lambda layers: f"${' + '.join(str(n) for n in layers[1:])}$.",
                mistakes=[
                    Mistake("inputs_too", lambda layers: int(sum(layers)), "Inputs have no bias."),
                    Mistake("one_per_layer", lambda layers: len(layers) - 1, "One per unit."),
                ],
            ),
            Step(
                "parameters",
                "The number of parameters",
                lambda weights, biases: weights + biases,
                integer(),
                hint="Weights and biases.",
                explain="{weights:} $+$ {biases:}.",
                mistakes=[
                    Mistake("no_biases", lambda weights: weights, "Biases are parameters too.")
                ],
            ),
            Step(
                "memory",
                "The memory for the parameters in bytes",
                lambda parameters, nbytes: parameters * nbytes,
                integer(),
                hint="{nbytes:d} bytes each.",
                explain="{parameters:} $\\cdot {nbytes:d}$.",
                mistakes=[
                    Mistake(
                        "bits",
                        lambda parameters, nbytes: 8 * parameters * nbytes,
                        "Those are bits.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "architecture.conv",
    topic="architecture",
    title="One convolution layer: size, parameters, connections",
    minutes=6,
    sources=["000B:07", "001:22", "003:22"],
    variants={
        "lecture": {"n": 32, "c": 3, "f": 6, "k": 5, "s": 1, "p": 0},
        "notes-001": {"n": 32, "c": 3, "f": 2, "k": 3, "s": 1, "p": 1},
        "notes-001-32": {"n": 32, "c": 3, "f": 32, "k": 3, "s": 1, "p": 1},
        "vgg-first": {"n": 224, "c": 3, "f": 64, "k": 3, "s": 1, "p": 1},
    },
)
def conv(draw: Draw) -> Exercise:
    n = draw.integer("n", 12, 40)
    c, f = draw.sample("channels", [1, 3, 4, 6, 8, 16], 2) if "c" not in draw.fixed else (0, 0)
    c, f = draw.choice("c", [c]), draw.choice("f", [f if f > 1 else 5])
    k, s = draw.choice("k", [3, 5, 7]), draw.choice("s", [1, 2, 2, 3])
    p = draw.choice("p", [v for v in (0, 1, 2) if v < k // 2 + 1])
    return Exercise(
        "An input of ${n:d} \\times {n:d}$ pixels with {c:d} channels goes into a convolution layer with "
        "{f:d} filters of ${k:d} \\times {k:d}$, stride {s:d} and padding {p:d} on each side. Every "
        "filter has one bias.",
        givens={"n": n, "c": c, "f": f, "k": k, "s": s, "p": p},
        steps=[
            Step(
                "out",
                "The width (and height) of the output",
                lambda n, k, s, p: size(n, k, s, p),
                integer(),
                hint="$\\lfloor (n + 2p - k)/s \\rfloor + 1$.",
                explain="$\\lfloor ({n:d} + 2 \\cdot {p:d} - {k:d}) / {s:d} \\rfloor + 1$.",
                mistakes=[
                    Mistake(
                        "no_plus_one",
                        lambda n, k, s, p: size(n, k, s, p) - 1,
                        "$+ 1$: the first place counts.",
                    ),
                    Mistake("no_stride", lambda n, k, p: size(n, k, 1, p), "The stride divides."),
                ],
            ),
            Step(
                "parameters",
                "The number of parameters",
                lambda c, f, k: (k * k * c + 1) * f,
                integer(),
                marks=2,
                hint="A filter is as deep as its input, and has one bias.",
                explain="$({k:d}^2 \\cdot {c:d} + 1) \\cdot {f:d}$; the size of the image plays no part.",
                mistakes=[
                    Mistake(
                        "no_bias", lambda c, f, k: k * k * c * f, "One bias per filter is missing."
                    ),
                    Mistake(
                        "flat", lambda f, k: (k * k + 1) * f, "A filter spans all input channels."
                    ),
                    Mistake(
                        "bias_per_slice",
                        lambda c, f, k: (k * k + 1) * c * f,
                        "One bias per filter, not per slice.",
                    ),
                ],
            ),
            Step(
                "connections",
                "The number of connections (without biases)",
                lambda out, c, f, k: out * out * f * k * k * c,
                integer(),
                marks=2,
                hint="Every output unit sees one window.",
                explain="{out:}$^2 \\cdot {f:d}$ units with ${k:d}^2 \\cdot {c:d}$ inputs each. (This is also the "
                "number of multiplications.)",
                mistakes=[
                    Mistake(
                        "weights",
                        lambda c, f, k: k * k * c * f,
                        "Shared weights are used again at every place.",
                    ),
                    Mistake(
                        "one_map", lambda out, c, k: out * out * k * k * c, "For every filter."
                    ),
                ],
            ),
            Step(
                "dense",
                "The weights (without biases) of a fully connected layer between the same input and output",
                lambda n, c, f, out: n * n * c * out * out * f,
                integer(),
                hint="All inputs times all outputs.",
                explain="${n:d}^2 \\cdot {c:d}$ inputs times {out:}$^2 \\cdot {f:d}$ outputs.",
                mistakes=[
                    Mistake(
                        "no_channels", lambda n, out: n * n * out * out, "Count the channels too."
                    ),
                    Mistake(
                        "sum",
                        lambda n, c, f, out: n * n * c + out * out * f,
                        "Every input to every output: multiply.",
                    ),
                ],
            ),
        ],
    )


@exercise_type(
    "architecture.separable",
    topic="architecture",
    title="Depthwise separable convolution",
    minutes=5,
    sources=["003:24"],
    variants={"lecture": {"k": 3, "c": 16, "f": 32, "n": 10}},
)
def separable(draw: Draw) -> Exercise:
    k = draw.choice("k", [3, 5])
    c, f = draw.choice("c", [4, 8, 12, 16, 20]), draw.choice("f", [10, 24, 32, 40, 64])
    n = draw.integer("n", 6, 16)
    return Exercise(
        "A layer maps {c:d} channels to {f:d} channels with ${k:d} \\times {k:d}$ kernels, on maps of "
        "${n:d} \\times {n:d}$ whose size it keeps. There are no biases.",
        givens={"k": k, "c": c, "f": f, "n": n},
        steps=[
            Step(
                "full",
                "The weights of the usual convolution",
                lambda k, c, f: k * k * c * f,
                integer(),
                hint="Every filter spans all channels.",
                explain="${k:d}^2 \\cdot {c:d} \\cdot {f:d}$.",
                mistakes=[
                    Mistake("flat", lambda k, f: k * k * f, "A filter spans all input channels.")
                ],
            ),
            Step(
                "separable",
                "The weights of the depthwise separable one",
                lambda k, c, f: k * k * c + c * f,
                integer(),
                marks=2,
                hint="One kernel per input channel, then a $1 \\times 1$ convolution.",
                explain="Depthwise ${k:d}^2 \\cdot {c:d}$, pointwise ${c:d} \\cdot {f:d}$.",
                mistakes=[
                    Mistake(
                        "pointwise",
                        lambda c, f: c * f,
                        "The depthwise stage is missing (as in the notes' words).",
                    ),
                    Mistake("depthwise", lambda k, c: k * k * c, "The pointwise stage is missing."),
                    Mistake("multiplied", lambda k, c, f: k * k * c * c * f, "The two stages add."),
                ],
            ),
            Step(
                "ratio",
                "The ratio of separable to usual",
                lambda full, separable: over(separable, full),
                number(significant=3),
                hint="One over the other; check with $1/f + 1/k^2$.",
                explain="{separable:} over {full:}; check: $1/{f:d} + 1/{k:d}^2$.",
                mistakes=[
                    Mistake(
                        "turned", lambda full, separable: over(full, separable), "Turned round."
                    ),
                    Mistake("kernel", lambda k: 1 / k**2, "The pointwise stage adds $1/f$."),
                ],
            ),
            Step(
                "macs",
                "The multiplications of the separable layer",
                lambda separable, n: separable * n * n,
                integer(),
                hint="Each weight is used once at every place.",
                explain="{separable:} $\\cdot {n:d}^2$.",
                mistakes=[
                    Mistake(
                        "one_side",
                        lambda separable, n: separable * n,
                        "The map has ${n:d}^2$ places.",
                    )
                ],
            ),
        ],
    )


@exercise_type(
    "architecture.bottleneck",
    topic="architecture",
    title="A 1 x 1 convolution as a bottleneck",
    minutes=4,
    sources=["000B:06", "000B:15"],
    variants={"notes": {"c": 192, "f": 32, "k": 5, "b": 16, "n": 28}},
)
def bottleneck(draw: Draw) -> Exercise:
    c = draw.choice("c", [64, 96, 128, 192, 256])
    f, b = draw.choice("f", [32, 48, 64]), draw.choice("b", [8, 12, 16, 24])
    k, n = draw.choice("k", [3, 5]), draw.choice("n", [7, 14, 28])
    return Exercise(
        "A layer maps {c:d} channels to {f:d} with ${k:d} \\times {k:d}$ kernels on maps of "
        "${n:d} \\times {n:d}$ (size kept, no biases). As an alternative a $1 \\times 1$ convolution first "
        "reduces the {c:d} channels to {b:d}.",
        givens={"c": c, "f": f, "b": b, "k": k, "n": n},
        steps=[
            Step(
                "direct",
                "The weights of the direct layer",
                lambda c, f, k: k * k * c * f,
                integer(),
                hint="$k^2$ times both numbers of channels.",
                explain="${k:d}^2 \\cdot {c:d} \\cdot {f:d}$.",
                mistakes=[
                    Mistake("flat", lambda f, k: k * k * f, "A filter spans all input channels.")
                ],
            ),
            Step(
                "reduced",
                "The weights of both layers of the alternative",
                lambda c, f, k, b: c * b + k * k * b * f,
                integer(),
                marks=2,
                hint="$1 \\times 1$ from {c:d} to {b:d}, then ${k:d} \\times {k:d}$ from {b:d} to {f:d}.",
                explain="${c:d} \\cdot {b:d} + {k:d}^2 \\cdot {b:d} \\cdot {f:d}$.",
                mistakes=[
                    Mistake(
                        "second_only",
                        lambda f, k, b: k * k * b * f,
                        "The $1 \\times 1$ layer has weights too.",
                    ),
                    Mistake(
                        "kernel_twice",
                        lambda c, f, k, b: k * k * c * b + k * k * b * f,
                        "The first kernel is $1 \\times 1$.",
                    ),
                ],
            ),
            Step(
                "factor",
                "How many times fewer weights are these?",
                lambda direct, reduced: over(direct, reduced),
                number(significant=3),
                hint="Direct over reduced.",
                explain="{direct:} over {reduced:}.",
                mistakes=[
                    Mistake(
                        "turned", lambda direct, reduced: over(reduced, direct), "Turned round."
                    )
                ],
            ),
            Step(
                "saved",
                "How many multiplications are saved for one image?",
                lambda direct, reduced, n: (direct - reduced) * n * n,
                integer(),
                hint="Each weight is used once at every place.",
                explain="({direct:} $-$ {reduced:}) $\\cdot {n:d}^2$.",
                mistakes=[
                    Mistake(
                        "weights",
                        lambda direct, reduced: direct - reduced,
                        "Times the ${n:d}^2$ places.",
                    ),
                    Mistake(
                        "all",
                        lambda direct, n: direct * n * n,
                        "The alternative costs something too.",
                    ),
                ],
            ),
        ],
    )


# --- sizes and fields -----------------------------------------------------------------------------


@exercise_type(
    "architecture.sizes",
    topic="architecture",
    title="Sizes through a stack of layers",
    minutes=5,
    sources=["000B:14", "004:19", "003:22", "003:40"],
    variants={
        "alexnet": {
            "n": 227,
            "layers": [
                [11, 4, 0],
                [3, 2, 0],
                [5, 1, 2],
                [3, 2, 0],
                [3, 1, 1],
                [3, 1, 1],
                [3, 1, 1],
                [3, 2, 0],
            ],
            "c": 256,
        },
        "enzynet": {"n": 32, "layers": [[9, 2, 0], [5, 1, 0], [2, 2, 0]], "c": 64},
        "inception-v3": {
            "n": 299,
            "layers": [[3, 2, 0], [3, 1, 0], [3, 2, 0], [3, 1, 0], [3, 2, 0], [3, 2, 0], [3, 2, 0]],
            "c": 768,
        },
        "notes-003": {"n": 28, "layers": [[4, 2, 0]], "c": 1},
        "resnet-stem": {"n": 224, "layers": [[7, 2, 3]], "c": 64},
    },
)
def sizes(draw: Draw) -> Exercise:
    n = draw.integer("n", 40, 120)
    layers = draw.search(
        "layers",
        lambda m: [
            [m.choice("k1", [5, 7, 9]), m.choice("s1", [1, 2, 3]), m.integer("p1", 0, 2)],
            [2, 2, 0],
            [m.choice("k3", [3, 5]), m.choice("s3", [1, 2]), m.integer("p3", 0, 2)],
            [3, 2, m.integer("p4", 0, 1)],
        ],
        lambda v: v[0][2] + v[2][2] + v[3][2] > 0 and v[0][1] * v[2][1] > 1,
    )
    c = draw.choice("c", [8, 16, 32, 64])
    return Exercise(
        "An image of ${n:d} \\times {n:d}$ goes through these layers (convolutions and poolings; padding "
        "is given per side; sizes are rounded down):\n{layers:table #, kernel, stride, padding}\nThe last "
        "layer gives {c:d} maps.",
        givens={"n": n, "layers": layers, "c": c},
        steps=[
            Step(
                "sizes",
                "The width after each layer",
                lambda n, layers: widths(n, layers),
                states("width"),
                marks=3,
                hint="$\\lfloor (n + 2p - k)/s \\rfloor + 1$, again and again.",
                explain=lambda n, layers, sizes: "\n".join(
                    f"- $\\lfloor ({int(a)} + 2 \\cdot {p} - {k}) / {s} \\rfloor + 1 = {int(b)}$"
                    for a, b, (k, s, p) in zip(
                        [n, *sizes[:-1, 0]], sizes[:, 0], layers, strict=True
                    )
                ),
                advance=lambda previous, index, layers: [size(previous[0], *layers[index])],
                mistakes=[
                    Mistake(
                        "padding_once",
                        lambda n, layers: widths(n, [(k, s, p / 2) for k, s, p in layers]),
                        "The padding stands on both sides: $2p$.",
                    )
                    if any(p for _, _, p in layers)
                    else Mistake(
                        "no_stride",
                        lambda n, layers: widths(n, [(k, 1, p) for k, s, p in layers]),
                        "The stride divides.",
                    ),
                    Mistake(
                        "no_plus_one",
                        lambda n, layers: [[max(1, v[0] - 1)] for v in widths(n, layers)],
                        "$+ 1$: the first place counts.",
                    ),
                ],
            ),
            Step(
                "stride",
                "The total stride: by how many pixels of the image do neighbouring outputs differ?",
                lambda layers: int(np.prod([s for _, s, _ in layers])),
                integer(),
                hint="Strides multiply.",
                explain=lambda layers: "$" + " \\cdot ".join(str(s) for _, s, _ in layers) + "$.",
                mistakes=[
                    Mistake(
                        "sum",
                        lambda layers: int(np.sum([s for _, s, _ in layers])),
                        "They multiply.",
                    )
                ],
            ),
            Step(
                "numbers",
                "How many numbers go into a fully connected layer behind it?",
                lambda sizes, c: int(sizes[-1][0] ** 2 * c),
                integer(),
                hint="All maps, width times height.",
                explain=lambda sizes, c: f"${sizes[-1][0]:g}^2 \\cdot {c}$.",
                mistakes=[
                    Mistake(
                        "one_side", lambda sizes, c: int(sizes[-1][0] * c), "Width times height."
                    ),
                    Mistake(
                        "one_map", lambda sizes: int(sizes[-1][0] ** 2), "There are {c:d} maps."
                    )
                    if c > 1
                    else Mistake(
                        "double", lambda sizes: int(2 * sizes[-1][0] ** 2), "There is one map."
                    ),
                ],
            ),
        ],
    )


def widths(n, layers):
    """The size after each layer, one row each."""
    rows = []
    for k, s, p in layers:
        n = int((n + 2 * p - k) // s) + 1
        rows.append([n])
    return rows


def fields(layers):
    """Rows (receptive field, total stride) after each layer."""
    r, jump, rows = 1, 1, []
    for k, s in layers:
        r, jump = r + (k - 1) * jump, jump * s
        rows.append([r, jump])
    return rows


INCEPTION = [[3, 2], [3, 1], [3, 2], [3, 1], [3, 2], [3, 2], [3, 2]]


@exercise_type(
    "architecture.receptive_field",
    topic="architecture",
    title="The receptive field of a stack",
    minutes=5,
    sources=["003:23", "003:40", "001:22"],
    variants={
        "two-convolutions": {"layers": [[3, 1], [3, 1]], "m": 1},
        "two-strided": {"layers": [[3, 2], [3, 2]], "m": 2},
        "with-pooling": {"layers": [[3, 1], [2, 2], [3, 1], [2, 2]], "m": 2},
        "atari": {"layers": [[8, 4], [4, 2]], "m": 9},
        "inception-v3": {"layers": INCEPTION, "m": 8},
    },
)
def receptive_field(draw: Draw) -> Exercise:
    layers = draw.search(
        "layers",
        lambda m: [
            [m.choice(f"k{i}", [2, 3, 4, 5]), m.choice(f"s{i}", [1, 2, 2, 3])] for i in range(4)
        ],
        lambda v: (
            all(s <= k for k, s in v)
            and v[0][1] > 1
            and prod(s for _, s in v) <= 16
            and len({k for k, _ in v}) > 1
            and v[1][1] * v[2][1] > 1
        ),
    )
    m = draw.integer("m", 3, 9)
    return Exercise(
        "These layers follow each other, without padding:\n{layers:table #, kernel, stride}\n",
        givens={"layers": layers, "m": m},
        steps=[
            Step(
                "fields",
                "After each layer: the receptive field (pixels of the image that one output sees, along "
                "one side) and the total stride",
                lambda layers: fields(layers),
                states("field", "stride"),
                marks=3,
                hint="Field: add $(k - 1)$ times the stride so far. Then multiply the stride.",
                explain=lambda layers, fields: "\n".join(
                    f"- field ${int(a)} + ({k} - 1) \\cdot {int(j)} = {int(r)}$, stride ${int(j)} \\cdot {s} = {int(t)}$"
                    for (a, j), (r, t), (k, s) in zip(
                        [(1, 1), *fields[:-1]], fields, layers, strict=True
                    )
                ),
                advance=lambda previous, index, layers: [
                    previous[0] + (layers[index][0] - 1) * previous[1],
                    previous[1] * layers[index][1],
                ],
                mistakes=[
                    Mistake(
                        "no_stride",
                        lambda layers: [
                            [1 + sum(k - 1 for k, _ in layers[: i + 1]), row[1]]
                            for i, row in enumerate(fields(layers))
                        ],
                        "A step of a later layer is as wide as the stride so far.",
                    ),
                    Mistake(
                        "own_stride",
                        lambda layers: own_stride(layers),
                        "The stride of a layer widens the layers after it, not itself.",
                    ),
                    Mistake(
                        "product",
                        lambda layers: [
                            [int(np.prod([k for k, _ in layers[: i + 1]])), row[1]]
                            for i, row in enumerate(fields(layers))
                        ],
                        "Kernel sizes do not multiply.",
                    ),
                ],
            ),
            Step(
                "image",
                "The smallest image size that gives ${m:d} \\times {m:d}$ outputs",
                lambda fields, m: int(fields[-1][1] * (m - 1) + fields[-1][0]),
                integer(),
                marks=2,
                hint="The first output sees one field; each further one lies one total stride away.",
                explain=lambda fields, m: (
                    f"${fields[-1][1]:g} \\cdot ({m} - 1) + {fields[-1][0]:g}$."
                ),
                mistakes=[
                    Mistake(
                        "no_field",
                        lambda fields, m: int(fields[-1][1] * m),
                        "The first output needs a whole field.",
                    ),
                    Mistake(
                        "apart", lambda fields, m: int(fields[-1][0] * m), "The fields overlap."
                    ),
                ],
            ),
        ],
    )


def own_stride(layers):
    """The rows with the order of the two updates turned round: a misconception."""
    r, jump, rows = 1, 1, []
    for k, s in layers:
        jump = jump * s
        r = r + (k - 1) * jump
        rows.append([r, jump])
    return rows


@exercise_type(
    "architecture.dilated",
    topic="architecture",
    title="Dilated convolutions in time",
    minutes=5,
    sources=["003:28", "000B:34"],
    variants={
        "tcn-2": {"k": 2, "dilations": [1, 2, 4, 8], "n": 20, "r": 2},
        "tcn-3": {"k": 3, "dilations": [1, 2, 4], "n": 7, "r": 2},
    },
)
def dilated(draw: Draw) -> Exercise:
    k = draw.choice("k", [3, 4, 5])
    dilations = draw.choice(
        "dilations", [[1, 2, 4], [1, 2, 4, 8], [1, 3, 9], [1, 2, 3], [1, 2, 5], [1, 4, 16]]
    )
    n, r = draw.integer("n", 24, 60), draw.choice("r", [2, 3, 4])
    return Exercise(
        "Sequences of length {n:d} are filtered with kernels of size $k = {k:d}$. First look at one layer "
        "with dilation {r:d}; then at a stack of causal layers with the dilations {dilations:}, stride 1.",
        givens={"k": k, "n": n, "r": r, "dilations": dilations},
        steps=[
            Step(
                "effective",
                "How many inputs does the dilated kernel span?",
                lambda k, r: k + (k - 1) * (r - 1),
                integer(),
                hint="Between neighbouring taps lie $r - 1$ inputs.",
                explain="${k:d} + ({k:d} - 1) \\cdot ({r:d} - 1)$.",
                mistakes=[
                    Mistake("product", lambda k, r: k * r, "There is no gap behind the last tap."),
                    Mistake("undilated", lambda k: k, "The taps lie {r:d} apart."),
                ],
            ),
            Step(
                "length",
                "The length of its output without padding",
                lambda n, effective: n - effective + 1,
                integer(),
                hint="As for a kernel of the size it spans.",
                explain="${n:d} - $ {effective:} $+ 1$.",
                mistakes=[
                    Mistake(
                        "no_plus_one",
                        lambda n, effective: n - effective,
                        "$+ 1$: the first place counts.",
                    ),
                    Mistake(
                        "undilated", lambda n, k: n - k + 1, "The kernel spans more than its size."
                    ),
                ],
            ),
            Step(
                "padding",
                "The padding (in all) that keeps the length",
                lambda effective: effective - 1,
                integer(),
                hint="What is lost must be added.",
                explain="{effective:} $- 1$; a causal layer adds all of it on the left.",
                mistakes=[Mistake("kernel", lambda k: k - 1, "That is for dilation 1.")],
            ),
            Step(
                "field",
                "The receptive field of the stack",
                lambda k, dilations: int(1 + (k - 1) * dilations.sum()),
                integer(),
                marks=2,
                hint="Each layer adds $(k - 1)$ times its dilation.",
                explain=lambda k, dilations: (
                    f"$1 + ({k} - 1) \\cdot ({' + '.join(map(str, dilations))})$."
                ),
                mistakes=[
                    Mistake(
                        "no_one",
                        lambda k, dilations: int((k - 1) * dilations.sum()),
                        "The present input counts too.",
                    ),
                    Mistake(
                        "undilated",
                        lambda k, dilations: int(1 + (k - 1) * len(dilations)),
                        "Dilations widen the steps.",
                    ),
                    Mistake(
                        "kernel",
                        lambda k, dilations: int(1 + k * dilations.sum()),
                        "A kernel of size $k$ has $k - 1$ steps.",
                    ),
                ],
            ),
        ],
    )


# --- by hand --------------------------------------------------------------------------------------


@exercise_type(
    "architecture.pooling",
    topic="architecture",
    title="Pooling by hand, forward and backward",
    minutes=5,
    sources=["003:23", "001:22", "000B:10"],
    variants={
        "notes-003": {"x": [[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]},
        "notes-001": {"x": [[1, 3, 2, 1], [4, 6, 5, 0], [7, 2, 9, 8], [1, 0, 3, 4]]},
        "lecture-000B": {"x": [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]},
    },
)
def pooling(draw: Draw) -> Exercise:
    def telling(x):
        blocks = [sorted(np.array(x)[i : i + 2, j : j + 2].ravel()) for i in (0, 2) for j in (0, 2)]
        return all(b[3] > b[2] for b in blocks)

    x = draw.search("x", lambda m: np.reshape(m.integers("x", 16, 0, 9), (4, 4)).tolist(), telling)
    return Exercise(
        "Pool the map $\\; {x:}$.",
        givens={"x": x},
        steps=[
            Step(
                "largest",
                "Max pooling, windows $2 \\times 2$, stride 2",
                lambda x: pooled(x, 2, 2, np.max),
                matrix(2, 2),
                hint="Four windows that do not overlap.",
                explain="The largest number of each quarter.",
                mistakes=[
                    Mistake("mean", lambda x: pooled(x, 2, 2, np.mean), "Those are the means.")
                ],
            ),
            Step(
                "average",
                "Average pooling, windows $2 \\times 2$, stride 2",
                lambda x: pooled(x, 2, 2, np.mean),
                matrix(2, 2),
                hint="The mean of each quarter.",
                explain="The sums of the quarters over 4.",
                mistakes=[
                    Mistake("sum", lambda x: pooled(x, 2, 2, np.sum), "Divide by 4."),
                    Mistake(
                        "median", lambda x: pooled(x, 2, 2, np.median), "Those are the medians."
                    ),
                ],
            ),
            Step(
                "overlapping",
                "Max pooling, windows $2 \\times 2$, stride 1",
                lambda x: pooled(x, 2, 1, np.max),
                matrix(3, 3),
                marks=2,
                hint="Now the windows overlap: three by three of them.",
                explain="$(4 - 2)/1 + 1 = 3$ places in each direction.",
                mistakes=[
                    Mistake(
                        "mean", lambda x: pooled(x, 2, 1, np.mean), "The largest, not the mean."
                    )
                ],
            ),
            Step(
                "gradient",
                "The loss has the derivative 1 with respect to each of the four outputs of the first pooling. "
                "Its derivatives with respect to the inputs",
                lambda x: routed(x),
                matrix(4, 4),
                marks=2,
                hint="Which input decides an output?",
                explain="Only the largest number of each window gets the derivative.",
                mistakes=[
                    Mistake(
                        "spread", lambda x: np.full((4, 4), 0.25), "That is for average pooling."
                    ),
                    Mistake(
                        "all", lambda x: np.ones((4, 4)), "The others do not change the output."
                    ),
                    Mistake(
                        "values",
                        lambda x: routed(x) * x,
                        "The derivative is 1, whatever the value.",
                    ),
                ],
            ),
        ],
    )


def routed(x):
    """1 where a number is the largest of its quarter."""
    big = np.kron(pooled(x, 2, 2, np.max), np.ones((2, 2)))
    return (np.asarray(x) == big).astype(int)


@exercise_type(
    "architecture.convolve",
    topic="architecture",
    title="Convolution by hand",
    minutes=6,
    sources=["003:20", "004:19", "000B:05", "001:21"],
    variants={
        "notes-003": {
            "x": [[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 1, 2]],
            "k": [[1, 0], [2, -1]],
        },
        "notes-004": {
            "x": [[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 1, 2]],
            "k": [[1, 0, -1]] * 3,
        },
        "lecture-first": {"x": [[0, 1, 2], [3, 4, 5], [6, 7, 8]], "k": [[0, 1], [2, 3]]},
        "lecture-second": {"x": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "k": [[1, 2], [3, 4]]},
    },
)
def convolve(draw: Draw) -> Exercise:
    x = draw.search(
        "x",
        lambda m: np.reshape(m.integers("x", 9, 0, 5), (3, 3)).tolist(),
        lambda v: len(np.unique(v)) > 3,
    )

    def telling(k):
        k = np.array(k)
        every = [correlate(x, kernel) for kernel in (k, k[::-1, ::-1], k.T)]
        return (
            (k != 0).sum() >= 3
            and all((every[0] != e).any() for e in every[1:])
            and (every[1] != every[2]).any()
            and every[0].max() > 0
            and every[0].min() < 0
            and (every[0] == every[0].max()).sum() == 1
        )

    k = draw.search("k", lambda m: np.reshape(m.integers("k", 4, -2, 3), (2, 2)).tolist(), telling)
    n, w = len(x), len(k)
    return Exercise(
        "The map $X = {x:}$ meets the kernel $K = {k:}$, with stride 1 and no padding.",
        givens={"x": x, "k": k},
        steps=[
            Step(
                "correlation",
                "The cross-correlation (what deep-learning libraries compute)",
                lambda x, k: correlate(x, k),
                matrix(n - w + 1, n - w + 1),
                marks=2,
                hint="Lay the kernel on the map, multiply, add, move on.",
                explain=lambda x, k: (
                    "Top left: $"
                    + " + ".join(
                        str(a) + r" \cdot (" + str(b) + ")"
                        for a, b in zip(x[: len(k), : len(k)].ravel(), k.ravel(), strict=True)
                    )
                    + f" = {correlate(x, k)[0, 0]}$; the other places alike."
                ),
                mistakes=[
                    Mistake(
                        "flipped",
                        lambda x, k: correlate(x, k[::-1, ::-1]),
                        "You flipped the kernel: that is the true convolution.",
                    ),
                    Mistake(
                        "transposed",
                        lambda x, k: correlate(x, k.T),
                        "You swapped rows and columns of the kernel.",
                    ),
                ],
            ),
            Step(
                "convolution",
                "The true convolution",
                lambda x, k: correlate(x, k[::-1, ::-1]),
                matrix(n - w + 1, n - w + 1),
                marks=2,
                hint="Turn the kernel by 180 degrees first.",
                explain="The same with the kernel turned: both its rows and its columns in reverse order.",
                mistakes=[
                    Mistake(
                        "not_flipped",
                        lambda correlation: correlation,
                        "That is the correlation: flip the kernel.",
                    ),
                    Mistake(
                        "rows_only", lambda x, k: correlate(x, k[::-1]), "Flip both directions."
                    ),
                ],
            ),
            Step(
                "relu",
                "The correlation after a ReLU",
                lambda correlation: np.maximum(correlation, 0),
                matrix(n - w + 1, n - w + 1),
                hint="Negative numbers become 0.",
                explain="Every negative entry of the correlation becomes 0.",
                mistakes=[
                    Mistake(
                        "absolute",
                        lambda correlation: np.abs(correlation),
                        "ReLU cuts off, it does not change the sign.",
                    )
                ],
            ),
            Step(
                "where",
                "In which row of the output does the kernel respond most strongly (1 is the top row)?",
                lambda correlation: int(np.argmax(np.max(correlation, axis=1))) + 1,
                choice([str(i + 1) for i in range(n - w + 1)]),
                hint="Look for the largest entry of the correlation.",
                explain="Where the map looks most like the kernel.",
            ),
        ],
    )


QUESTIONS = [
    Question(
        "The images become twice as wide and high. What happens to the parameters of a convolution layer?",
        "Their number stays the same",
        [
            ("They double in number", "The kernels do not know the size of the image."),
            ("Their number grows fourfold", "That holds for the outputs and the multiplications."),
            ("They must be trained on the new size again", "The same kernels run over any size."),
            (
                "They shrink, for the same field covers less",
                "The number of parameters does not change.",
            ),
        ],
        "Kernel size, channels and biases do not depend on the image.",
        "Which numbers stand in the formula?",
    ),
    Question(
        "What does a $1 \\times 1$ convolution do?",
        "It mixes channels at each pixel",
        [
            ("Nothing: it multiplies by 1", "Its weights are free, one per pair of channels."),
            ("It averages neighbouring pixels", "It sees one pixel at a time."),
            ("It halves the width and the height", "With stride 1 the size stays."),
            (
                "It adds a bias to each pixel and no more",
                "It has weights for every pair of channels.",
            ),
        ],
        "It is a fully connected layer over the channels, the same at every pixel.",
        "Which inputs does one output see?",
    ),
    Question(
        "Two $3 \\times 3$ convolutions one after the other, against one $5 \\times 5$ (same channels throughout).",
        "Same field, fewer weights",
        [
            ("Larger field, fewer weights", "Both see $5 \\times 5$."),
            ("Same field, more weights", "$2 \\cdot 9 = 18$ against 25 per pair of channels."),
            ("Smaller field, fewer weights", "The second sees $3 + 2 = 5$."),
            ("The same in both respects", "18 against 25 weights."),
        ],
        "Field 5 in both cases, $18c^2$ against $25c^2$ weights.",
        "Compute both fields.",
    ),
    Question(
        "An image is shifted by one pixel. What does a convolution layer (stride 1) do?",
        "Its maps shift by one pixel too",
        [
            ("Its maps stay the same", "That is invariance; a convolution is equivariant."),
            ("Its maps change without a rule", "The same kernel runs everywhere."),
            ("Its weights shift by one pixel", "Weights do not change when it is used."),
            ("Its maps shift by one kernel width", "By the same one pixel."),
        ],
        "Translation equivariance (away from the border).",
        "The same kernel at every place.",
    ),
    Question(
        "What are the parameters of a max pooling layer?",
        "It has none",
        [
            ("One weight per window", "It only picks the largest number."),
            ("One weight per channel", "It only picks the largest number."),
            ("$k^2$ weights, shared", "There is nothing to learn in a maximum."),
            ("One bias per map", "It only picks the largest number."),
        ],
        "A maximum has nothing to learn.",
        "What could be learned in a maximum?",
    ),
    Question(
        "Which padding per side keeps the size for an odd kernel $k$ and stride 1?",
        "$(k - 1)/2$",
        [
            ("$k/2$", "That is no whole number for odd $k$."),
            ("$k - 1$", "That is the padding of both sides together."),
            ("$(k + 1)/2$", "That makes the map larger."),
            ("$0$", "Then $k - 1$ pixels are lost."),
        ],
        "$n + 2p - k + 1 = n$.",
        "Solve $n + 2p - k + 1 = n$.",
    ),
    Question(
        "A depthwise convolution is followed by a pointwise one. What does the pointwise stage add?",
        "The mixing of channels",
        [
            ("A larger receptive field", "It sees one pixel only."),
            ("A non-linearity", "It is linear."),
            ("The spatial filtering", "The depthwise stage does that."),
            ("Invariance to shifts", "It does not change how shifts act."),
        ],
        "The depthwise stage treats each channel on its own.",
        "What can the depthwise stage not do?",
    ),
]


@exercise_type(
    "architecture.theory",
    topic="architecture",
    title="Convolutions: weights, fields, shifts",
    minutes=2,
    sources=["000B:04", "000B:06", "000B:08", "003:23", "003:24"],
)
def architecture_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
