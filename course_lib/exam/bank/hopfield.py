"""Hopfield networks: storage, recall, energy, crosstalk, capacity, spurious states, attention."""

from __future__ import annotations

from math import ceil, erfc, floor, sqrt

import numpy as np

from course_lib.exam.answers import choice, choices, integer, number, states, vector
from course_lib.exam.arithmetic import plus, softmax
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type
from course_lib.exam.theory import Question, theory

YES_NO = ["yes", "no"]
PAIRS = ["+++", "++-", "+-+", "+--"]  # of three units; the other four are their opposites
HALF = [[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]]
RULE = "A unit takes the sign of its net input, and keeps its state if the net input is 0."


def square(w) -> np.ndarray:
    """The symmetric matrix without diagonal from its upper part, row by row."""
    w = np.asarray(w, dtype=float)
    units = round((1 + sqrt(1 + 8 * len(w))) / 2)
    matrix = np.zeros((units, units))
    matrix[np.triu_indices(units, 1)] = w
    return matrix + matrix.T


def upper(F, divisor) -> np.ndarray:
    """Hebb's weights above the diagonal, row by row."""
    F = np.asarray(F, dtype=float)
    return (F.T @ F)[np.triu_indices(F.shape[1], 1)] / divisor


def net_of(w, y, unit) -> float:
    """The net input of a unit, counted from 1."""
    return round(float(square(w)[unit - 1] @ np.asarray(y, dtype=float)), 9) + 0.0


def nets_of(w, y) -> np.ndarray:
    return np.round(square(w) @ np.asarray(y, dtype=float), 9) + 0.0


def turned(net, old):
    """The new state of one unit or of several."""
    return np.where(np.asarray(net) == 0, old, np.sign(net)).astype(int)


def energy_of(w, y) -> float:
    y = np.asarray(y, dtype=float)
    return round(float(-0.5 * y @ square(w) @ y), 9) + 0.0


ENERGY_HINT = "Every pair counts once: $-\\sum_{i<j} w_{ij} y_i y_j$."
ENERGY_MISTAKES = [
    Mistake(
        "no_half",
        lambda w, y: 2 * energy_of(w, y),
        "You counted every pair twice; that is what the ½ is for.",
    ),
    Mistake("minus", lambda w, y: -energy_of(w, y), "The energy has a minus."),
    Mistake(
        "half_of_pairs",
        lambda w, y: energy_of(w, y) / 2,
        "If every pair is taken once, there is no ½ left.",
    ),
]


def walk(w, start, order) -> tuple[list, list]:
    """Net inputs and states of an asynchronous recall."""
    y, nets, rows = np.array(start, dtype=int), [], []
    for unit in order:
        nets.append(net_of(w, y, unit))
        y = y.copy()
        y[unit - 1] = turned(nets[-1], y[unit - 1])
        rows.append(y)
    return nets, rows


def names(units: int) -> str:
    return ", ".join(
        f"$w_{{{i}{j}}}$" for i in range(1, units + 1) for j in range(i + 1, units + 1)
    )


def product(weights, y) -> str:
    """A net input as it is written: 0.6 · (-1) + 0.4 · 1."""
    return " + ".join(f"({a:.4g})\\cdot({b:g})" for a, b in zip(weights, y, strict=True) if a)


# --- storage --------------------------------------------------------------------------------------


@exercise_type(
    "hopfield.storage",
    topic="hopfield",
    title="Weights from memories",
    minutes=7,
    sources=["004:17", "004:E11"],
    variants={
        "lecture-one": {"F": [[1, -1, 1]]},
        "lecture-two": {"F": [[1, -1, 1], [1, 1, 1]]},
        "lecture-opposite": {"F": [[1, -1, 1], [-1, 1, -1]]},
    },
)
def storage(draw: Draw) -> Exercise:
    count = draw.choice("count", [2, 3, 3])

    def rows(d: Draw):
        return [d.integers(f"f{k}", 4, -1, 1, exclude=[0]) for k in range(count)]

    F = draw.search(
        "F", rows, lambda F: abs(np.array(F) @ np.array(F).T - 4 * np.eye(count)).max() < 4
    )
    units = len(F[0])
    heads = ", ".join(f"$y_{i}$" for i in range(1, units + 1))
    return Exercise(
        f"A Hopfield network stores these memories (a row each):\n{{F:table #, {heads}}}\n"
        "with $w_{ij} = \\frac1M\\sum_k f_k(i) f_k(j)$ for $i \\ne j$, where $M$ is the number of "
        "memories, and $w_{ii} = 0$. " + RULE,
        givens={"F": F},
        steps=[
            Step(
                "w",
                f"The weights {names(units)}",
                lambda F: upper(F, len(F)),
                vector(length=units * (units - 1) // 2, decimals=3, partial=True),
                marks=3,
                hint="For each pair: multiply the two entries in each memory, add, divide by $M$.",
                explain=lambda F: "\n".join(
                    f"- $w_{{{i + 1}{j + 1}}} = ("
                    + " + ".join(f"({f[i]:g})({f[j]:g})" for f in F)
                    + f") / {len(F)} = {sum(f[i] * f[j] for f in F) / len(F):.4g}$"
                    for i in range(len(F[0]))
                    for j in range(i + 1, len(F[0]))
                ),
                mistakes=[
                    Mistake(
                        "by_units",
                        lambda F: upper(F, len(F[0])),
                        "You divided by the number of units; here it is the number of memories.",
                    ),
                    Mistake("bare_sum", lambda F: upper(F, 1), "Divide by the number of memories."),
                    Mistake("sign", lambda F: -upper(F, len(F)), "Equal entries count $+1$."),
                    Mistake(
                        "last",
                        lambda F: upper(F[-1:], 1),
                        "Those are the weights of the last memory alone; add all of them.",
                    ),
                ],
            ),
            Step(
                "nets",
                "The net inputs of all units in the first memory",
                lambda w, F: nets_of(w, F[0]),
                vector(length=units, decimals=3, partial=True),
                marks=2,
                hint="$v_j = \\sum_i w_{ji} y_i$ with the first memory as $y$.",
                explain=lambda w, F: "\n".join(
                    f"- $v_{j + 1} = {product(row, F[0]) or '0'} = {v:.4g}$"
                    for j, (row, v) in enumerate(zip(square(w), nets_of(w, F[0]), strict=True))
                ),
                mistakes=[
                    Mistake(
                        "self",
                        lambda w, F: nets_of(w, F[0]) + F[0],
                        "You counted a weight 1 from each unit to itself.",
                    ),
                    Mistake(
                        "no_state",
                        lambda w: square(w).sum(axis=1),
                        "Multiply each weight by the state at its other end.",
                    ),
                ],
            ),
            Step(
                "stable",
                "Is the first memory a stable state?",
                lambda nets, F: (
                    "yes" if (np.round(np.asarray(nets) * F[0], 9) >= 0).all() else "no"
                ),
                choice(YES_NO),
                hint="Does any net input have the opposite sign of its unit?",
                explain="Net inputs {nets:} beside the first row: {stable:}.",
            ),
            Step(
                "by_units",
                "$w_{12}$ if the sum is divided by the number of units instead",
                lambda w, F: w[0] * len(F) / len(F[0]),
                number(decimals=3),
                hint="Only the divisor changes.",
                explain=lambda w, F: (
                    f"${w[0]:.4g} \\cdot {len(F)} / {len(F[0])}$. All weights shrink by the same "
                    "factor: recall does not change."
                ),
            ),
        ],
    )


# --- recall ---------------------------------------------------------------------------------------


def _weights(d: Draw, name: str = "w", units: int = 3) -> list[float]:
    return d.decimals(name, units * (units - 1) // 2, -1, 1, 0.2, exclude=[0])


@exercise_type(
    "hopfield.update",
    topic="hopfield",
    title="One unit is asked",
    minutes=5,
    sources=["004:17", "004:E11"],
    variants={"lecture": {"w": [-0.6, 0.6, -0.6], "y": [-1, -1, 1], "unit": 1}},
)
def update(draw: Draw) -> Exercise:
    w = draw.search("w", _weights, lambda w: len(set(np.abs(w))) > 1)
    y = draw.integers("y", 3, -1, 1, exclude=[0])
    flips = [u for u in (1, 2, 3) if net_of(w, y, u) * y[u - 1] < 0]
    unit = draw.choice("unit", flips or [1, 2, 3])
    return Exercise(
        "Three units of a Hopfield network have the weights $(w_{12}, w_{13}, w_{23}) = {w:}$ "
        "(symmetric, no self-connections). The state is $y = {y:}$, and unit {unit:d} is asked. "
        + RULE
        + " The energy is $E = -\\frac12\\sum_i\\sum_j w_{ij} y_i y_j$.",
        givens={"w": w, "y": y, "unit": unit},
        steps=[
            Step(
                "net",
                "Its net input",
                net_of,
                number(decimals=3),
                hint="Each of the other two states times its weight to this unit.",
                explain=lambda w, y, unit: (
                    f"$v_{unit} = {product(square(w)[unit - 1], y)} = {net_of(w, y, unit):.4g}$"
                ),
                mistakes=[
                    Mistake(
                        "no_state",
                        lambda w, unit: float(square(w)[unit - 1].sum()),
                        "Multiply each weight by the state of the other unit.",
                    ),
                    Mistake(
                        "sign",
                        lambda w, y, unit: -net_of(w, y, unit),
                        "The sign is turned round; look at the states again.",
                    ),
                ],
            ),
            Step(
                "new",
                "Its new state",
                lambda net, y, unit: int(turned(net, y[unit - 1])),
                integer(),
                hint="The sign of the net input.",
                explain="Net input {net:}, so {new:}.",
            ),
            Step(
                "before",
                "The energy before",
                energy_of,
                number(decimals=3),
                marks=2,
                hint=ENERGY_HINT,
                explain=lambda w, y: (
                    f"$-({plus([w[0] * y[0] * y[1], w[1] * y[0] * y[2], w[2] * y[1] * y[2]])})$"
                    f" $= {energy_of(w, y):.4g}$"
                ),
                mistakes=ENERGY_MISTAKES,
            ),
            Step(
                "change",
                "By how much does the energy change (new minus old)?",
                lambda net, new, y, unit: -net * (new - y[unit - 1]) + 0.0,
                number(decimals=3),
                hint="$E' - E = -v\\,(y' - y)$.",
                explain=lambda net, new, y, unit: (
                    f"$-({net:.4g})\\cdot({new:g} - ({y[unit - 1]:g}))$"
                ),
                mistakes=[
                    Mistake(
                        "once",
                        lambda net, new, y, unit: -abs(net),
                        "The state moves by 2, from $-1$ to $+1$ or back.",
                    ),
                    Mistake(
                        "rises",
                        lambda net, new, y, unit: net * (new - y[unit - 1]) + 0.0,
                        "A flip never raises the energy.",
                    ),
                ],
            ),
            Step(
                "after",
                "The energy after",
                lambda before, change: before + change,
                number(decimals=3),
                hint="Before plus change.",
                explain="{before:} plus {change:}.",
            ),
        ],
    )


@exercise_type(
    "hopfield.recall",
    topic="hopfield",
    title="Recall, unit by unit",
    minutes=7,
    sources=["004:17", "004:E11"],
    variants={
        "lecture": {"w": [-0.6, 0.6, -0.6], "start": [-1, -1, 1], "order": [1, 2, 3, 1]},
        "ties-first": {"w": [-0.6, 0.6, -0.6], "start": [-1, -1, 1], "order": [2, 3, 1, 2]},
        "two-memories": {"w": [0, 1, 0], "start": [-1, 1, 1], "order": [3, 2, 1, 3]},
    },
)
def recall(draw: Draw) -> Exercise:
    def make(d: Draw):
        return {
            "w": _weights(d),
            "start": d.integers("start", 3, -1, 1, exclude=[0]),
            "order": [*d.shuffle("order", [1, 2, 3]), d.integer("again", 1, 3)],
        }

    def telling(c):  # something flips before the last step, and the order matters
        nets, rows = walk(c["w"], c["start"], c["order"])
        old = [net_of(c["w"], c["start"], u) for u in c["order"]]
        moved = any(row.tolist() != c["start"] for row in rows[:3])
        return moved and old != nets and c["order"][3] != c["order"][2]

    if "w" in draw.fixed:
        w, start, order = (draw.choice(n, [0]) for n in ("w", "start", "order"))
    else:
        found = draw.search("net", make, telling)
        w, start, order = found["w"], found["start"], found["order"]
    return Exercise(
        "Three units have the weights $(w_{12}, w_{13}, w_{23}) = {w:}$. Starting from "
        "$y = {start:}$, the units {order:} are asked in this order, one after the other. " + RULE,
        givens={"w": w, "start": start, "order": order},
        steps=[
            Step(
                "nets",
                "The net input found at each of the four steps",
                lambda w, start, order: walk(w, start, order)[0],
                vector(length=4, decimals=3, partial=True),
                marks=4,
                hint="Use the state as it is *after* the steps before.",
                explain=lambda w, start, order: "\n".join(
                    f"- unit {unit}: $v_{unit} = {product(square(w)[unit - 1], y) or '0'} = {v:.4g}$"
                    for unit, y, v in zip(
                        order,
                        [start, *walk(w, start, order)[1]],
                        walk(w, start, order)[0],
                        strict=False,
                    )
                ),
                mistakes=[
                    Mistake(
                        "synchronous",
                        lambda w, start, order: [net_of(w, start, u) for u in order],
                        "You took all net inputs from the start: each unit must see the changes "
                        "before it.",
                    ),
                    Mistake(
                        "no_state",
                        lambda w, order: [float(square(w)[u - 1].sum()) for u in order],
                        "Multiply each weight by the state of the other unit.",
                    ),
                ],
            ),
            Step(
                "rows",
                "The state after each of the four steps",
                lambda nets, start, order: _follow(nets, start, order),
                states("y1", "y2", "y3"),
                marks=2,
                hint="Only the unit that is asked may change, to the sign of its net input.",
                explain="State by state: {rows:}.",
                mistakes=[
                    Mistake(
                        "opposite",
                        lambda nets, start, order: _follow([-v for v in nets], start, order),
                        "A unit takes the sign of its net input, not the opposite.",
                    ),
                ],
            ),
            Step(
                "stable",
                "Is the last state stable?",
                lambda w, rows: "yes" if (nets_of(w, rows[-1]) * rows[-1] >= 0).all() else "no",
                choice(YES_NO),
                hint="Ask all three units once more.",
                explain=lambda w, rows, stable: (
                    f"The net inputs there are $({', '.join(f'{v:.4g}' for v in nets_of(w, rows[-1]))})$"
                    f": {stable}."
                ),
            ),
            Step(
                "energy",
                "The energy of the last state",
                lambda w, rows: energy_of(w, rows[-1]),
                number(decimals=3),
                hint="$-\\sum_{i<j} w_{ij} y_i y_j$.",
                explain="It is {energy:}, and the opposite state has the same.",
                mistakes=[
                    Mistake(
                        "no_half",
                        lambda w, rows: 2 * energy_of(w, rows[-1]),
                        "Every pair counts once: mind the ½.",
                    ),
                    Mistake(
                        "minus", lambda w, rows: -energy_of(w, rows[-1]), "The energy has a minus."
                    ),
                ],
            ),
        ],
    )


def _follow(nets, start, order):
    y, rows = np.array(start, dtype=int), []
    for net, unit in zip(nets, order, strict=True):
        y = y.copy()
        y[unit - 1] = turned(net, y[unit - 1])
        rows.append(y)
    return np.array(rows)


@exercise_type(
    "hopfield.synchronous",
    topic="hopfield",
    title="All units at once",
    minutes=5,
    sources=["004:17"],
    variants={"two-units": {"w": [1, 0, 0], "start": [1, -1, 1]}},
)
def synchronous(draw: Draw) -> Exercise:
    cycle = draw.choice("cycle", [True, False, True])

    def make(d: Draw):
        return {"w": _weights(d), "start": d.integers("start", 3, -1, 1, exclude=[0])}

    def telling(c):
        one = turned(nets_of(c["w"], c["start"]), c["start"])
        two = turned(nets_of(c["w"], one), one)
        moved = (one != c["start"]).any()
        return moved and ((two == c["start"]).all() if cycle else (two == one).all())

    if "w" in draw.fixed:
        w, start = draw.choice("w", [0]), draw.choice("start", [0])
    else:
        found = draw.search("net", make, telling)
        w, start = found["w"], found["start"]
    ends = ["a stable state", "a cycle of two states", "neither after two steps"]
    return Exercise(
        "Three units with $(w_{12}, w_{13}, w_{23}) = {w:}$ start from $y = {start:}$ and are "
        "all updated **at the same moment**. " + RULE,
        givens={"w": w, "start": start},
        steps=[
            Step(
                "nets",
                "The net inputs at the start",
                lambda w, start: nets_of(w, start),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="All three from the same state.",
                explain=lambda w, start: "\n".join(
                    f"- $v_{j + 1} = {product(row, start) or '0'} = {v:.4g}$"
                    for j, (row, v) in enumerate(zip(square(w), nets_of(w, start), strict=True))
                ),
                mistakes=[
                    Mistake(
                        "asynchronous",
                        lambda w, start: walk(w, start, [1, 2, 3])[0],
                        "You let the units go one after the other; here all see the start.",
                    ),
                    Mistake(
                        "no_state",
                        lambda w: square(w).sum(axis=1),
                        "Multiply each weight by the state of the other unit.",
                    ),
                ],
            ),
            Step(
                "one",
                "The state after the first step",
                lambda nets, start: turned(nets, start),
                vector("y1", "y2", "y3"),
                hint="The sign of each net input.",
                explain="{one:}.",
                mistakes=[Mistake("nothing", lambda start: start, "Some units have to turn.")],
            ),
            Step(
                "two",
                "The state after the second step",
                lambda w, one: turned(nets_of(w, one), one),
                vector("y1", "y2", "y3"),
                marks=2,
                hint="The same once more, from the new state.",
                explain=lambda w, one, two: (
                    f"Net inputs $({', '.join(f'{v:.4g}' for v in nets_of(w, one))})$."
                ),
            ),
            Step(
                "end",
                "What has been reached?",
                lambda start, one, two: (
                    "a stable state"
                    if np.array_equal(one, two)
                    else "a cycle of two states"
                    if np.array_equal(two, start)
                    else "neither after two steps"
                ),
                choice(ends),
                hint="Compare the second state with the first and with the start.",
                explain="{end:}: with symmetric weights, all-at-once recall ends in one of the "
                "first two, sooner or later.",
            ),
        ],
    )


# --- energy and stable states ---------------------------------------------------------------------


@exercise_type(
    "hopfield.energy",
    topic="hopfield",
    title="The energy of a state and of its neighbour",
    minutes=5,
    sources=["004:17", "004:E11"],
    variants={"lecture": {"w": [-0.6, 0.6, -0.6], "y": [1, -1, 1], "k": 2}},
)
def energy(draw: Draw) -> Exercise:
    w = draw.search("w", lambda d: d.integers("w", 6, -3, 3), lambda w: sum(v != 0 for v in w) >= 5)
    units = 3 if len(w) == 3 else 4
    y = draw.search(
        "y",
        lambda d: d.integers("y", units, -1, 1, exclude=[0]),
        lambda y: len(set(y)) == 2 and energy_of(w, y) != 0,
    )
    k = draw.choice("k", [u for u in range(1, units + 1) if net_of(w, y, u) != 0] or [1])
    return Exercise(
        f"A Hopfield network of {units} units has the weights {names(units)} $=$ {{w:}} (symmetric, "
        "no self-connections). $E = -\\frac12\\sum_i\\sum_j w_{ij} y_i y_j$, and the state is "
        "$y = {y:}$.",
        givens={"w": w, "y": y, "k": k},
        steps=[
            Step(
                "energy",
                "The energy of $y$",
                energy_of,
                number(decimals=3),
                marks=2,
                hint=ENERGY_HINT,
                explain=lambda w, y: (
                    f"$-({plus((np.outer(y, y) * square(w))[np.triu_indices(len(y), 1)])})$"
                ),
                mistakes=ENERGY_MISTAKES,
            ),
            Step(
                "net",
                "The net input of unit {k:d}",
                lambda w, y, k: net_of(w, y, k),
                number(decimals=3),
                hint="Its row of the weights times the states.",
                explain=lambda w, y, k: f"$v_{k} = {product(square(w)[k - 1], y)}$",
                mistakes=[
                    Mistake(
                        "no_state",
                        lambda w, k: float(square(w)[k - 1].sum()),
                        "Multiply each weight by the state of the other unit.",
                    ),
                ],
            ),
            Step(
                "after",
                "The energy if unit {k:d} is turned round (whether it wants to or not)",
                lambda energy, net, y, k: energy + 2 * net * y[k - 1],
                number(decimals=3),
                marks=2,
                hint="$E' - E = -v_k (y'_k - y_k)$, and $y'_k = -y_k$.",
                explain=lambda energy, net, y, k: f"${energy:.4g} + 2 ({net:.4g})({y[k - 1]:g})$",
                mistakes=[
                    Mistake(
                        "once",
                        lambda energy, net, y, k: energy + net * y[k - 1],
                        "The state moves by 2, from $-1$ to $+1$ or back.",
                    ),
                    Mistake(
                        "wrong_way",
                        lambda energy, net, y, k: energy - 2 * net * y[k - 1],
                        "The sign: $E' - E = -v_k (y'_k - y_k)$.",
                    ),
                ],
            ),
            Step(
                "wants",
                "Does unit {k:d} want to turn when it is asked?",
                lambda net, y, k: "yes" if net * y[k - 1] < 0 else "no",
                choice(YES_NO),
                hint="It turns only if that lowers the energy.",
                explain="From {energy:} to {after:}: {wants:}.",
            ),
            Step(
                "opposite",
                "The energy of the opposite state $-y$",
                lambda energy: energy,
                number(decimals=3),
                hint="Every product of two states stays the same.",
                explain="The same: {opposite:}.",
                mistakes=[
                    Mistake(
                        "minus",
                        lambda energy: -energy,
                        "Both states of each pair change their sign.",
                    )
                ],
            ),
        ],
    )


def _stable(w) -> list[str]:
    return [p for p, y in zip(PAIRS, HALF, strict=True) if (nets_of(w, y) * y >= 0).all()]


@exercise_type(
    "hopfield.stable",
    topic="hopfield",
    title="All stable states of three units",
    minutes=6,
    sources=["004:17", "004:E11"],
    variants={
        "lecture": {"w": [-0.6, 0.6, -0.6]},
        "two-memories": {"w": [0, 1, 0]},
        "frustrated": {"w": [-1, -1, -1]},
    },
)
def stable(draw: Draw) -> Exercise:
    def telling(w):
        energies = [energy_of(w, y) for y in HALF]
        return len(set(energies)) >= 3 and min(energies) < 0

    w = draw.search("w", lambda d: d.decimals("w", 3, -1, 1, 0.2), telling)
    return Exercise(
        "Three units have the weights $(w_{12}, w_{13}, w_{23}) = {w:}$. "
        + RULE
        + " Consider the states `+++`, `++-`, `+-+` and `+--`.",
        givens={"w": w},
        steps=[
            Step(
                "energies",
                "Their energies, in this order",
                lambda w: np.array([energy_of(w, y) for y in HALF]),
                vector(*PAIRS, decimals=3, partial=True),
                marks=3,
                hint="$-(w_{12} y_1 y_2 + w_{13} y_1 y_3 + w_{23} y_2 y_3)$.",
                explain=lambda w: "\n".join(
                    f"- {name}: $-({plus([w[0] * y[0] * y[1], w[1] * y[0] * y[2], w[2] * y[1] * y[2]])})$"
                    for name, y in zip(PAIRS, HALF, strict=True)
                ),
                mistakes=[
                    Mistake(
                        "minus",
                        lambda w: -np.array([energy_of(w, y) for y in HALF]),
                        "The energy has a minus.",
                    ),
                    Mistake(
                        "no_half",
                        lambda w: 2 * np.array([energy_of(w, y) for y in HALF]),
                        "Every pair counts once: mind the ½.",
                    ),
                ],
            ),
            Step(
                "stable",
                "Which of them are stable?",
                lambda w: _stable(w),
                choices(PAIRS),
                marks=2,
                hint="Turn each unit in thought: does any single turn lower the energy?",
                explain=lambda w: "\n".join(
                    f"- {name}: net inputs $({', '.join(f'{v:.4g}' for v in nets_of(w, y))})$"
                    for name, y in zip(PAIRS, HALF, strict=True)
                ),
            ),
            Step(
                "count",
                "How many of all eight states are stable?",
                lambda stable: 2 * len(stable),
                integer(),
                hint="What about the opposite states?",
                explain="Each has its opposite: {count:}.",
                mistakes=[
                    Mistake(
                        "half",
                        lambda stable: len(stable),
                        "The opposite of a stable state is stable as well.",
                    ),
                ],
            ),
        ],
    )


# --- crosstalk, capacity, mixtures ----------------------------------------------------------------


def _clash(F, i):
    """What the other memories add to f_1(i) times the net input of unit i, bare sum."""
    F = np.asarray(F)
    return int(F[0, i - 1] * sum(f[i - 1] * (f @ F[0] - f[i - 1] * F[0, i - 1]) for f in F[1:]))


@exercise_type(
    "hopfield.crosstalk",
    topic="hopfield",
    title="Signal and crosstalk of one bit",
    minutes=6,
    sources=["004:17"],
    variants={
        "torn": {
            "F": [[1, 1, 1, 1, 1, 1], [-1, 1, 1, 1, -1, 1], [-1, 1, 1, 1, 1, -1]],
            "i": 1,
        }
    },
)
def crosstalk(draw: Draw) -> Exercise:
    lost = draw.choice("lost", [True, False])

    def make(d: Draw):
        return {
            "F": [d.integers(f"f{k}", 6, -1, 1, exclude=[0]) for k in range(3)],
            "i": d.integer("i", 1, 6),
        }

    def telling(c):
        F = np.array(c["F"])
        overlaps = F[1:] @ F[0]
        total = 5 + _clash(F, c["i"])
        distinct = abs(F @ F.T - 6 * np.eye(3)).max() < 6
        return distinct and overlaps.any() and _clash(F, c["i"]) != 0 and (total < 0) == lost

    if "F" in draw.fixed:
        F, i = draw.choice("F", [0]), draw.choice("i", [0])
    else:
        found = draw.search("memories", make, telling)
        F, i = found["F"], found["i"]
    heads = ", ".join(f"$y_{j}$" for j in range(1, 7))
    return Exercise(
        f"Three memories of six units are stored by Hebb's rule:\n{{F:table #, {heads}}}\n"
        "with the bare sum $w_{ij} = \\sum_k f_k(i) f_k(j)$, $w_{ii} = 0$. The network is in "
        "memory 1. Look at unit {i:d}, and multiply its net input by $f_1({i:d})$.",
        givens={"F": F, "i": i},
        steps=[
            Step(
                "overlaps",
                "The dot products $f_1 \\cdot f_2$ and $f_1 \\cdot f_3$ (all six units)",
                lambda F: F[1:] @ F[0],
                vector(length=2, partial=True),
                marks=2,
                hint="Equal entries count $+1$, different ones $-1$.",
                explain="{overlaps:}: equal entries minus different ones.",
                mistakes=[
                    Mistake(
                        "equal",
                        lambda F: (F[1:] == F[0]).sum(axis=1),
                        "You counted the equal entries; subtract the different ones.",
                    ),
                    Mistake(
                        "mean", lambda F: F[1:] @ F[0] / 6, "That is the overlap, divided by $N$."
                    ),
                ],
            ),
            Step(
                "signal",
                "The signal: the part of $f_1 v$ that comes from memory 1",
                lambda F: len(F[0]) - 1,
                integer(),
                hint="$\\sum_{j \\ne i} f_1(i) f_1(i) f_1(j) f_1(j)$.",
                explain="$N - 1$ ones: {signal:}.",
                mistakes=[
                    Mistake(
                        "all_units", lambda F: len(F[0]), "A unit is not joined to itself: $N - 1$."
                    ),
                ],
            ),
            Step(
                "clash",
                "The crosstalk: the part that comes from memories 2 and 3",
                lambda F, i, overlaps: int(
                    round(
                        sum(
                            F[0][i - 1] * f[i - 1] * o - 1
                            for f, o in zip(F[1:], overlaps, strict=True)
                        )
                    )
                ),
                integer(),
                marks=2,
                hint="Per memory: $f_1(i) f_k(i) (f_k \\cdot f_1)$, less 1 for the missing diagonal.",
                explain=lambda F, i, overlaps: "\n".join(
                    f"- memory {k}: $({F[0][i - 1]:g})({f[i - 1]:g})({o:g}) - 1$"
                    for k, (f, o) in enumerate(zip(F[1:], overlaps, strict=True), start=2)
                ),
                mistakes=[
                    Mistake(
                        "with_diagonal",
                        lambda F, i, overlaps: int(
                            round(
                                sum(
                                    F[0][i - 1] * f[i - 1] * o
                                    for f, o in zip(F[1:], overlaps, strict=True)
                                )
                            )
                        ),
                        "The term $j = i$ is in your dot products; it adds 1 per memory and must "
                        "go.",
                    ),
                    Mistake(
                        "not_aligned",
                        lambda overlaps: int(round(sum(overlaps))) - 2,
                        "Each memory counts with the sign of $f_1(i) f_k(i)$.",
                    ),
                ],
            ),
            Step(
                "total",
                "$f_1({i:d})\\, v_{i:d}$ in all",
                lambda signal, clash: signal + clash,
                integer(),
                hint="Signal plus crosstalk.",
                explain="{signal:} plus {clash:}.",
                mistakes=[
                    Mistake("difference", lambda signal, clash: signal - clash, "Add the two."),
                ],
            ),
            Step(
                "kept",
                "Does unit {i:d} keep its bit?",
                lambda total: "yes" if total >= 0 else "no",
                choice(YES_NO),
                hint="It turns if the product is negative.",
                explain="The product is {total:}: {kept:}.",
            ),
        ],
    )


@exercise_type(
    "hopfield.capacity",
    topic="hopfield",
    title="How many memories fit",
    minutes=5,
    sources=["004:17", "004:18"],
    variants={"chapter": {"N": 200, "M": 28, "wanted": 70}},
)
def capacity(draw: Draw) -> Exercise:
    N = draw.choice("N", list(range(100, 1001, 50)))
    M = draw.search(
        "M", lambda d: d.integer("M", 8, 200), lambda m: 0.08 <= m / N <= 0.22 and m * 7 != N
    )
    wanted = draw.choice("wanted", [30, 40, 60, 70, 90, 120, 150, 200, 250])
    return Exercise(
        "A Hopfield network of $N = {N:d}$ units stores $M = {M:d}$ random memories by Hebb's rule. "
        "Take $0.138\\,N$ for the capacity, and $P = \\frac12\\operatorname{erfc}"
        "(1 / \\sqrt{2\\alpha})$ with $\\alpha = M/N$ for the chance that a stored bit is "
        "unstable.",
        givens={"N": N, "M": M, "wanted": wanted},
        steps=[
            Step(
                "load",
                "The load $\\alpha$",
                lambda N, M: M / N,
                number(significant=3),
                hint="Memories per unit.",
                explain="{M:d} / {N:d}.",
                mistakes=[
                    Mistake("turned", lambda N, M: N / M, "Memories over units, not the reverse.")
                ],
            ),
            Step(
                "most",
                "How many memories may it store at most (rounded down)?",
                lambda N: floor(0.138 * N + 1e-9),
                integer(),
                hint="0.138 per unit.",
                explain="$0.138 \\cdot {N:d}$, rounded down.",
                mistakes=[
                    Mistake(
                        "lecture",
                        lambda N: floor(0.15 * N + 1e-9),
                        "That is $0.15\\,N$; here $0.138\\,N$ is asked for.",
                    ),
                    Mistake("inverse", lambda N: floor(N / 0.138), "Multiply the units by 0.138."),
                ],
            ),
            Step(
                "units",
                "How many units would {wanted:d} memories need (rounded up)?",
                lambda wanted: ceil(wanted / 0.138 - 1e-9),
                integer(),
                hint="Solve $0.138\\,N =$ memories.",
                explain="{wanted:d} / 0.138, rounded up.",
                mistakes=[
                    Mistake(
                        "times",
                        lambda wanted: ceil(wanted * 0.138),
                        "Divide the memories by 0.138.",
                    ),
                ],
            ),
            Step(
                "bit",
                "The chance $P$ that a bit of a memory is unstable",
                lambda load: _bit(load),
                number(relative=0.03),
                marks=2,
                hint="Insert the load; $1/\\sqrt\\alpha$ is the number of standard deviations.",
                explain=lambda load: (
                    f"$1 / \\sqrt{{{load:.4g}}} = {1 / sqrt(load):.4g}$ standard deviations: "
                    f"$P = {_bit(load):.3g}$."
                ),
                mistakes=[
                    Mistake(
                        "two_sides", lambda load: 2 * _bit(load), "Only one side turns the bit: ½."
                    ),
                    Mistake(
                        "no_root",
                        lambda load: 0.5 * erfc(1 / sqrt(2) / abs(load)),
                        "The variance is $\\alpha$, the spread its root.",
                    ),
                ],
            ),
            Step(
                "wrong",
                "The expected number of unstable bits in one memory",
                lambda bit, N: bit * N,
                number(relative=0.04),
                hint="All $N$ bits, each with that chance.",
                explain="{bit:} times {N:d}.",
                mistakes=[
                    Mistake(
                        "of_all",
                        lambda bit, N, M: bit * N * M,
                        "That is for all memories together.",
                    ),
                ],
            ),
        ],
    )


def _bit(load: float) -> float:
    if load <= 0:
        raise ValueError("a load is positive")
    return 0.5 * erfc(1 / sqrt(2 * load))


@exercise_type(
    "hopfield.mixture",
    topic="hopfield",
    title="A vote of three memories",
    minutes=6,
    sources=["004:17"],
)
def mixture(draw: Draw) -> Exercise:
    def make(d: Draw):
        return [d.integers(f"f{k}", 7, -1, 1, exclude=[0]) for k in range(3)]

    def telling(F):
        F = np.array(F)
        vote = np.sign(F.sum(axis=0))
        return abs(F @ F.T - 7 * np.eye(3)).max() < 7 and not (F == vote).all(axis=1).any()

    F = draw.search("F", make, telling)
    heads = ", ".join(f"$y_{j}$" for j in range(1, 8))
    return Exercise(
        f"Three memories of seven units are stored by Hebb's rule:\n{{F:table #, {heads}}}\n"
        "with the bare sum $w_{ij} = \\sum_k f_k(i) f_k(j)$, $w_{ii} = 0$. Consider the state "
        "$s = \\operatorname{sign}(f_1 + f_2 + f_3)$. " + RULE,
        givens={"F": F},
        steps=[
            Step(
                "vote",
                "The state $s$",
                lambda F: np.sign(F.sum(axis=0)).astype(int),
                vector(length=7, partial=True),
                marks=2,
                hint="Each column votes.",
                explain=lambda F: f"The sums are $({', '.join(f'{v:g}' for v in F.sum(axis=0))})$.",
                mistakes=[
                    Mistake(
                        "sums", lambda F: F.sum(axis=0), "Those are the sums; take their signs."
                    ),
                    Mistake(
                        "product", lambda F: F.prod(axis=0), "The columns vote; do not multiply."
                    ),
                ],
            ),
            Step(
                "dots",
                "Its dot product with each memory",
                lambda F, vote: F @ np.asarray(vote),
                vector(length=3, partial=True),
                marks=2,
                hint="Equal entries minus different ones.",
                explain="{dots:}.",
                mistakes=[
                    Mistake(
                        "equal",
                        lambda F, vote: (np.asarray(F) == np.asarray(vote)).sum(axis=1),
                        "You counted the equal entries; subtract the different ones.",
                    ),
                ],
            ),
            Step(
                "nets",
                "The net inputs of all units in $s$",
                lambda F, vote, dots: np.asarray(dots) @ F - 3 * np.asarray(vote),
                vector(length=7, partial=True),
                marks=3,
                hint="$v_j = \\sum_k f_k(j)\\,(f_k \\cdot s) - M s_j$; the last term is the missing "
                "diagonal.",
                explain=lambda F, vote, dots: (
                    "$"
                    + " + ".join(f"({d:g})f_{k}" for k, d in enumerate(dots, start=1))
                    + " - 3s$, unit by unit."
                ),
                mistakes=[
                    Mistake(
                        "diagonal",
                        lambda F, dots: np.asarray(dots) @ F,
                        "The diagonal is 0: subtract $M s_j$.",
                    ),
                    Mistake(
                        "equal_parts",
                        lambda F, vote: F.sum(axis=0) - 3 * np.asarray(vote),
                        "Each memory counts with its dot product with $s$.",
                    ),
                ],
            ),
            Step(
                "stable",
                "Is $s$ stable?",
                lambda nets, vote: (
                    "yes" if (np.asarray(nets) * np.asarray(vote) >= 0).all() else "no"
                ),
                choice(YES_NO),
                hint="Compare the signs.",
                explain="Net inputs {nets:}, state {vote:}: {stable:}.",
            ),
            Step(
                "ties",
                "In how many units would a vote of the first two memories alone be a tie?",
                lambda F: int((F[0] != F[1]).sum()),
                integer(),
                hint="A tie is a disagreement of two.",
                explain="They differ in {ties:} units: even votes are no states.",
                mistakes=[
                    Mistake(
                        "agree",
                        lambda F: int((F[0] == F[1]).sum()),
                        "Where they agree there is no tie.",
                    ),
                ],
            ),
        ],
    )


# --- modern networks ------------------------------------------------------------------------------


@exercise_type(
    "hopfield.modern",
    topic="hopfield",
    title="One update of a modern Hopfield network",
    minutes=7,
    sources=["004:17", "004:46"],
    variants={"chapter": {"F": [[1, 1], [1, -1], [-1, 0]], "y": [0.5, 1], "beta": 2}},
)
def modern(draw: Draw) -> Exercise:
    beta = draw.choice("beta", [0.5, 2, 3])

    def telling(F, y):  # neither all alike nor one alone
        return any(y) and bool(0.5 < beta * np.ptp(np.array(F) @ y) < 4.5)

    halves = [(a / 2, b / 2) for a in range(-2, 3) for b in range(-2, 3)]
    F = draw.search(
        "F",
        lambda d: [d.decimals(f"f{k}", 2, -2, 2, 0.5) for k in range(3)],
        lambda F: (
            len({tuple(f) for f in F}) == 3
            and all(f[0] and f[1] for f in F)
            and any(telling(F, y) for y in halves)
        ),
    )
    y = draw.search("y", lambda d: d.decimals("y", 2, -1, 1, 0.5), lambda y: telling(F, y))
    return Exercise(
        "A modern Hopfield network stores the patterns\n{F:table #, $y_1$, $y_2$}\nIts state is "
        "$y = {y:}$, and $\\beta = {beta:}$. The update is $y \\leftarrow \\sum_k p_k f_k$ with "
        "$p = \\operatorname{softmax}(\\beta\\, f_k \\cdot y)$.",
        givens={"F": F, "y": y, "beta": beta},
        steps=[
            Step(
                "scores",
                "The scores $\\beta\\, f_k \\cdot y$",
                lambda F, y, beta: beta * (F @ y),
                vector(length=3, decimals=3, partial=True),
                marks=1,
                hint="A dot product for each pattern, times $\\beta$.",
                explain=lambda F, y, beta: "\n".join(
                    f"- ${beta:g} \\cdot ({product_all(f, y)}) = {beta * (f @ y):.4g}$" for f in F
                ),
                mistakes=[
                    Mistake("no_beta", lambda F, y: F @ y, "Multiply by $\\beta$."),
                    Mistake("divided", lambda F, y, beta: F @ y / beta, "Multiply, do not divide."),
                ],
            ),
            Step(
                "shares",
                "The shares $p_k$",
                lambda scores: softmax(scores),
                vector(length=3, decimals=3, partial=True),
                marks=2,
                hint="Exponentials, divided by their sum.",
                explain=lambda scores: (
                    f"$\\sum_c e^{{s_c}} = {plus(np.exp(scores))} = {np.exp(scores).sum():.4g}$."
                ),
                mistakes=[
                    Mistake("powers", lambda scores: np.exp(scores), "Divide by their sum."),
                    Mistake(
                        "hard",
                        lambda scores: np.eye(3)[int(np.argmax(scores))],
                        "The softmax leaves something for every pattern.",
                    ),
                ],
            ),
            Step(
                "new",
                "The new state",
                lambda shares, F: np.asarray(shares) @ F,
                vector(length=2, decimals=2, partial=True),
                marks=2,
                hint="The patterns, weighted by the shares.",
                explain=lambda shares, F: (
                    "$"
                    + " + ".join(
                        f"{p:.4g}\\,({f[0]:g}, {f[1]:g})" for p, f in zip(shares, F, strict=True)
                    )
                    + "$"
                ),
                mistakes=[
                    Mistake(
                        "nearest",
                        lambda shares, F: F[int(np.argmax(shares))],
                        "All patterns take part, by their shares.",
                    ),
                    Mistake("mean", lambda F: F.mean(axis=0), "Weight the patterns by the shares."),
                ],
            ),
            Step(
                "energy",
                "The energy $E = -\\frac1\\beta\\ln\\sum_k e^{\\beta f_k\\cdot y} + "
                "\\frac12 y\\cdot y$ of the state before the update",
                lambda scores, y, beta: float(-np.logaddexp.reduce(scores) / beta + 0.5 * (y @ y)),
                number(decimals=3),
                marks=2,
                hint="Take the logarithm of the sum that you divided by.",
                explain=lambda scores, y, beta: (
                    f"$-\\ln({np.exp(scores).sum():.4g}) / {beta:g} + {0.5 * (y @ y):.4g}$"
                ),
                mistakes=[
                    Mistake(
                        "no_square",
                        lambda scores, beta: float(-np.logaddexp.reduce(scores) / beta),
                        "Add $\\frac12 y\\cdot y$.",
                    ),
                    Mistake(
                        "no_division",
                        lambda scores, y: float(-np.logaddexp.reduce(scores) + 0.5 * (y @ y)),
                        "Divide the logarithm by $\\beta$.",
                    ),
                ],
            ),
        ],
    )


def product_all(a, b) -> str:
    return " + ".join(f"({p:g})({q:g})" for p, q in zip(a, b, strict=True))


# --- theory ---------------------------------------------------------------------------------------

QUESTIONS = [
    Question(
        "Which three conditions does the proof need that asynchronous recall stops?",
        "Symmetric weights, no diagonal, one unit at a time",
        [
            ("Random memories, symmetric weights, few of them", "Any symmetric weights will do."),
            ("All units at once, symmetric weights, a zero diagonal", "All at once it may cycle."),
            ("Weights from Hebb's rule, divided by the units", "The rule does not matter."),
            ("Positive weights, no ties, one unit at a time", "Weights may have any sign."),
        ],
        "Each is used once: the two equal halves, $v_k$ free of $y_k$, one flip at a time.",
        "Where are the terms with unit $k$ collected?",
    ),
    Question(
        "Which states are stable beside the stored memories, at low load?",
        "Their opposites, and votes of an odd number of them",
        [
            ("Votes of any number of them, even or odd", "Even votes leave ties."),
            (
                "None, as long as the capacity is not reached",
                "Spurious states are there from the start.",
            ),
            ("The state with all units at $+1$", "It is a state like any other."),
            ("All states that differ from them in one bit", "Those roll down into the memory."),
        ],
        "$-f$ has the same energy as $f$; mixtures of three are stable too.",
        "What does a change of all signs do to the energy?",
    ),
    Question(
        "A network updates all its units at the same moment. How may recall end?",
        "In a stable state or a cycle of two",
        [
            (
                "Always in a stable state, only faster",
                "Two units that want to agree may swap for ever.",
            ),
            ("In a cycle of any length, as with any dynamics", "Symmetric weights allow only two."),
            ("Always in a cycle, since nothing is at rest", "Stable states stay stable."),
            ("In the state of the lowest energy", "Nothing promises that."),
        ],
        "For symmetric weights no longer cycle is possible.",
        "Try two units with weight 1 and unequal states.",
    ),
    Question(
        "Ten photographs of faces are stored by Hebb's rule in 200 units, and none is stable. Why?",
        "They overlap: the crosstalk has a direction",
        [
            ("The capacity of 0.138 per unit is exceeded", "It would be 27 for random patterns."),
            ("The weights should be divided by the units", "A common factor changes no sign."),
            (
                "Photographs have too few pixels that are $+1$",
                "Few is no harm by itself; sharing is.",
            ),
            ("Recall was synchronous, which never stops", "Stability does not depend on that."),
        ],
        "0.138 N holds for independent random patterns.",
        "For which patterns is the crosstalk a sum of fair coins?",
    ),
    Question(
        "What does the pseudo-inverse rule do that Hebb's rule does not?",
        "It takes the overlaps out",
        [
            ("It stores any number of memories at all", "At most $N$ independent ones."),
            (
                "It uses only what the two ends of a synapse know",
                "It is not local: it inverts the overlaps.",
            ),
            ("It lets new memories come without the old ones", "Adding one changes the inverse."),
            ("It removes the opposite states", "$-f$ is still stable."),
        ],
        "$F^+ F$ contains the inverse of the matrix of overlaps.",
        "Which matrix is inverted?",
    ),
    Question(
        "What is one update of a modern Hopfield network?",
        "Attention, the patterns being keys and values",
        [
            (
                "A gradient step on the quadratic energy of Hebb's rule",
                "Its energy has a log-sum-exp.",
            ),
            ("A threshold on the sum of all the stored patterns", "There is no threshold."),
            ("A step of contrastive divergence", "That trains a Boltzmann machine."),
            ("A vote of the three nearest patterns", "All take part, by softmax."),
        ],
        "$\\operatorname{softmax}(\\beta\\, y F^\\top) F$.",
        "Which function gives the shares?",
    ),
    Question(
        "Two programs divide Hebb's sum by $M$ and by $N$. What differs?",
        "The energy, not the recall",
        [
            ("The stable states, since weights differ", "A positive factor changes no sign."),
            ("The capacity, by the factor $M/N$", "Signs of net inputs are the same."),
            ("The number of spurious states", "The same signs, the same states."),
            ("Nothing, not even the energies", "The energies have the factor as well."),
        ],
        "All net inputs are multiplied by the same positive number.",
        "What does a unit look at?",
    ),
]


@exercise_type(
    "hopfield.theory",
    topic="hopfield",
    title="What a Hopfield network does, and why",
    minutes=2,
    sources=["004:17"],
)
def hopfield_theory(draw: Draw) -> Exercise:
    return theory(draw, QUESTIONS)
