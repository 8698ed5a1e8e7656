"""Cross-validation arithmetic: the sizes of folds, and how many trainings a search costs."""

from __future__ import annotations

from math import prod

import numpy as np

from course_lib.exam.answers import integer, number
from course_lib.exam.draw import Draw
from course_lib.exam.exercise import Exercise, Mistake, Step, exercise_type


@exercise_type(
    "folds.sizes",
    topic="folds",
    title="The folds of a cross-validation",
    minutes=4,
    sources=["000A:36"],
)
def sizes(draw: Draw) -> Exercise:
    k = draw.choice("k", [4, 5, 6, 7, 8, 9])
    n = draw.choice("n", [v for v in range(50, 400) if v % k not in (0, k // 2, (k + 1) // 2)])
    return Exercise(
        "{n:d} patterns are cut into {k:d} folds that are as equal as possible (sizes differ by at "
        "most 1). Each fold is once the validation set.",
        givens={"n": n, "k": k},
        steps=[
            Step(
                "small",
                "The size of the smaller folds",
                lambda n, k: n // k,
                integer(),
                hint="Divide and round down.",
                explain="${n:d} / {k:d}$, rounded down.",
                mistakes=[Mistake("rounded_up", lambda n, k: n // k + 1, "Round down.")],
            ),
            Step(
                "larger",
                "How many folds have one pattern more?",
                lambda n, k, small: n - k * small,
                integer(),
                hint="What is left over is dealt out, one pattern to a fold.",
                explain="${n:d} - {k:d} \\cdot {small:}$ patterns are left over.",
                mistakes=[
                    Mistake(
                        "the_others",
                        lambda n, k, small: k - (n - k * small),
                        "That is the number of smaller folds.",
                    )
                ],
            ),
            Step(
                "train",
                "The training patterns when a smaller fold is held out",
                lambda n, small: n - small,
                integer(),
                hint="Everything else.",
                explain="${n:d} - {small:}$.",
                mistakes=[Mistake("held_out", lambda small: small, "That is the held-out fold.")],
            ),
            Step(
                "uses",
                "In how many of the trainings does one given pattern take part?",
                lambda k: k - 1,
                integer(),
                hint="It is held out once.",
                explain="Once it is held out, ${k:d} - 1$ times it is used.",
                mistakes=[Mistake("all", lambda k: k, "Once it is in the held-out fold.")],
            ),
        ],
    )


@exercise_type(
    "folds.trainings",
    topic="folds",
    title="How many trainings does a search cost?",
    minutes=5,
    sources=["000A:25", "000A:36"],
)
def trainings(draw: Draw) -> Exercise:
    grid = draw.search(
        "grid",
        lambda d: d.integers("grid", 3, 2, 6),
        lambda g: len(set(g)) > 1 and max(g) > 2 and prod(g) > 3 * sum(g) / 2,
    )
    outer, inner = draw.sample("folds", [3, 4, 5, 6, 8, 10], 2)
    return Exercise(
        "Three hyperparameters have {grid:} values to try. In a nested cross-validation there are "
        "{outer:d} outer folds; in each, the whole grid is searched with {inner:d} inner folds, "
        "and the best setting is trained once more on the outer training part.",
        givens={"grid": grid, "outer": outer, "inner": inner},
        steps=[
            Step(
                "settings",
                "The number of settings in the grid",
                lambda grid: np.prod(grid),
                integer(),
                hint="Every combination.",
                explain=lambda grid: "$" + r" \cdot ".join(map(str, grid)) + "$.",
                mistakes=[
                    Mistake(
                        "added",
                        lambda grid: np.sum(grid),
                        "That is the cost of tuning one hyperparameter at a time; a grid "
                        "multiplies.",
                    )
                ],
            ),
            Step(
                "search",
                "The trainings of one grid search with {inner:d}-fold cross-validation",
                lambda settings, inner: settings * inner,
                integer(),
                hint="Each setting is trained once per fold.",
                explain="${settings:} \\cdot {inner:d}$.",
                mistakes=[
                    Mistake(
                        "held_out",
                        lambda settings, inner: settings * (inner - 1),
                        "Every fold is held out once, so there are {inner:d} trainings.",
                    )
                ],
            ),
            Step(
                "total",
                "All trainings of the nested cross-validation",
                lambda search, outer: outer * (search + 1),
                integer(),
                marks=2,
                hint="Per outer fold: the search and one final training.",
                explain="${outer:d} \\cdot ({search:} + 1)$.",
                mistakes=[
                    Mistake(
                        "no_final",
                        lambda search, outer: outer * search,
                        "The best setting is trained once more in each outer fold.",
                    ),
                    Mistake(
                        "one_final",
                        lambda search, outer: outer * search + 1,
                        "There is a final training in each outer fold.",
                    ),
                ],
            ),
            Step(
                "share",
                "The share of all patterns, in %, that one inner training sees (equal folds)",
                lambda outer, inner: 100 * (outer - 1) / outer * (inner - 1) / inner,
                number(significant=3),
                hint="First one outer fold is taken away, then one inner fold of what is left.",
                explain="$100 \\cdot ({outer:d} - 1) / {outer:d} \\cdot ({inner:d} - 1) / "
                "{inner:d}$.",
                mistakes=[
                    Mistake(
                        "inner_only",
                        lambda inner: 100 * (inner - 1) / inner,
                        "The outer fold is missing too.",
                    ),
                    Mistake(
                        "subtracted",
                        lambda outer, inner: 100 - 100 / outer - 100 / inner,
                        "The inner fold is a share of what the outer fold left.",
                    ),
                ],
            ),
        ],
    )
