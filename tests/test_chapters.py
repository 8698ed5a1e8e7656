"""Every notebook keeps the house's rules, every chapter the chapter contract.

The rules, and the tags that authors set for them, stand in contract.py. They read files and
execute nothing. The second half plants one fault for each rule and sees that rule name it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contract
import miniature
import pytest
from miniature import FOLD, find

BOOKS = {path: contract.Book(path) for path in contract.books()}


def name(path: Path) -> str:
    return path.relative_to(contract.NOTEBOOKS).with_suffix("").as_posix()


@pytest.mark.parametrize("rule", contract.HOUSE)
@pytest.mark.parametrize("path", BOOKS, ids=name)
def test_notebook_keeps_the_rule_of_the_house(path: Path, rule: str) -> None:
    found = contract.faults(BOOKS[path], [rule])
    assert not found, "\n".join([contract.HOUSE[rule].__doc__ or "", *found])


@pytest.mark.parametrize("rule", contract.CHAPTER)
@pytest.mark.parametrize("path", [p for p in BOOKS if BOOKS[p].is_chapter], ids=name)
def test_chapter_keeps_the_contract(path: Path, rule: str) -> None:
    found = contract.faults(BOOKS[path], [rule])
    assert not found, "\n".join([contract.CHAPTER[rule].__doc__ or "", *found])


def test_every_chapter_is_executed_as_it_stands() -> None:
    assert contract.tool.stale() == [], "run `make notebooks`"


# --- the rules themselves -----------------------------------------------------------------------


def test_the_miniature_chapter_has_no_fault() -> None:
    assert contract.faults(contract.Book(Path("mini.ipynb"), miniature.chapter())) == []


def set_source(old: str, new: str) -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        cell = find(notebook, old)
        cell["source"] = cell["source"].replace(old, new)

    return plant


def append(text: str, to: str = "So we compute") -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        find(notebook, to)["source"] += text

    return plant


def outputs(text: str, *new: Any) -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        find(notebook, text)["outputs"] = list(new)

    return plant


def tags(text: str, *new: str) -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        find(notebook, text)["metadata"]["tags"] = list(new)

    return plant


def drop(text: str, field: str) -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        find(notebook, text)["metadata"].pop(field)

    return plant


def course(**new: Any) -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        notebook["metadata"]["course"].update(new)

    return plant


def without(text: str) -> Callable[[Any], None]:
    def plant(notebook: Any) -> None:
        notebook["cells"].remove(find(notebook, text))

    return plant


def first_to_last(notebook: Any) -> None:
    notebook["cells"].insert(4, notebook["cells"].pop())


def twice_the_id(notebook: Any) -> None:
    notebook["cells"][3]["id"] = notebook["cells"][2]["id"]


def not_run(notebook: Any) -> None:
    find(notebook, "paint(1)")["execution_count"] = None


def widget_state(notebook: Any) -> None:
    notebook["metadata"]["widgets"] = {"state": {}}


def live(notebook: Any) -> None:
    output = find(notebook, "paint(1)")["outputs"][0]
    output["data"]["application/vnd.jupyter.widget-view+json"] = {"model_id": "1"}


def late_reader(notebook: Any) -> None:
    find(notebook, "explore(paint")["source"] = (
        'right = 1\nexplore(lambda a: a + right, says="...", a=(0, 9, 1))'
    )


out = miniature.v4.new_output
ERROR = out("error", ename="ValueError", evalue="no", traceback=[])
STDERR = out("stream", name="stderr", text="warning")
IMPORT = "from operator import add"

PLANTS: list[tuple[str, Callable[[Any], None], str]] = [
    ("valid", twice_the_id, "id of its own"),
    ("valid", widget_state, "widgets"),
    ("executed", not_run, "make notebooks"),
    ("executed", outputs("paint(1)", ERROR), "ValueError"),
    ("executed", outputs("paint(1)", STDERR), "stderr"),
    ("clean_outputs", live, "live widget"),
    ("clean_outputs", outputs("paint(1)", miniature.said("/home/me/x.py")), "/home/me/x.py"),
    ("clean_outputs", outputs("paint(1)", miniature.said("10 %\r20 %")), "carriage return"),
    (
        "pictures",
        outputs("paint(1)", miniature.shown(says="<Figure size 640x480 with 1 Axes>")),
        "40 characters",
    ),
    ("pictures", outputs("paint(1)", miniature.shown(colour=(1, 2, 3, 0))), "transparent"),
    ("pictures", append("\n\n![a plot](plot.png)"), "plot.png"),
    ("formulas", append("\n\nA lonely $ here."), "without its partner"),
    ("formulas", append("\n\nThe value is $ x $."), "no space"),
    ("formulas", append("\n\n$x \\tag{1}$"), "\\tag"),
    ("formulas", append("\n\n$x \\newcommand{1}$"), "\\newcommand"),
    ("formulas", append("\n\nText\n$$\nx\n$$\nmore"), "blank lines"),
    ("formulas", append("\n\n$$\n\\begin{align} x \\end{align}\n$$"), "align"),
    ("formulas", append("\n\n$\\begin{aligned} x \\end{aligned}$"), "between $$"),
    ("formulas", append("\n\n$5 % of x$"), "bare %"),
    ("formulas", append("\n\n\\(x\\)"), "does not open"),
    ("formulas", append("\n\n| $|x|$ | b |"), "table"),
    ("formulas", outputs("paint(1)", out("display_data", {"text/markdown": "$x"})), "partner"),
    ("html", append("\n\n<br>"), "<br>"),
    ("html", append("\n\n<details><summary>A</summary>\nno blank line\n</details>"), "blank line"),
    ("headings", append("\n\n#### Too deep"), "never skip"),
    ("headings", append("\n\n# Another"), "exactly one H1"),
    ("links", append("\n\n[next](../nowhere.ipynb)"), "does not exist"),
    ("links", append("\n\n[there](#The-sum-number-22)"), "did you mean"),
    ("plain_python", set_source("paint(1)", "!ls"), "no shell"),
    ("plain_python", set_source("paint(1)", "%matplotlib inline"), "no magics"),
    ("plain_python", set_source(IMPORT, "from operator import *"), "import *"),
    ("plain_python", set_source(IMPORT, IMPORT + "\nimport matplotlib.pyplot as plt"), "pyplot"),
    ("plain_python", set_source(IMPORT, IMPORT + "\nimport requests"), "requests"),
    ("plain_python", set_source("paint(1)", "os.chdir('..')"), "os.chdir"),
    ("plain_python", set_source("paint(1)", "np.random.rand(3)"), "np.random.rand"),
    ("plain_python", set_source("paint(1)", "torch.manual_seed(1)"), "torch.manual_seed"),
    ("plain_python", set_source("paint(1)", "Model.forward = paint"), "class Model"),
    ("assertions", set_source("assert right == 2", 'assert (right == 2, "wrong")'), "tuple"),
    ("assertions", set_source("assert right == 2", "assert True"), "constant"),
    ("assertions", set_source("assert right == 2", "assert right == right"), "itself"),
    ("proves", set_source("000A:Perceptron + delta", "000A:Perceptrons + delta"), "did you mean"),
    ("proves", set_source("000A:Perceptron + delta rule", "000A:Occam's razor"), "talk"),
    ("proves", set_source("delta rule\n", "delta rule\n\n"), "directly above"),
    ("proves", set_source("assert total == 2", "print(total)"), "directly above"),
    (
        "proves",
        set_source(
            "# proves",
            "# proves 004:CLT; 004:Cross-entropy; 004:Momentum\n"
            "# proves 004:RMSProp; 004:AdaGrad\n# proves",
        ),
        "at most four",
    ),
    ("sections_in_order", first_to_last, "in order"),
    ("sections_in_order", without("## Errata"), "in order"),
    ("sections_in_order", append("\n\n## Another"), "its first line"),
    ("metadata", course(minutes=20), "60 to 90"),
    ("promise", set_source("60 minutes", "an hour"), "how long"),
    ("promise", outputs("paint(1)"), "picture"),
    ("imports", set_source("paint(1)", "import math"), "import cell"),
    ("imports", append("\n" * 12 + "b = 1", IMPORT), "at most 10"),
    ("cell_lengths", append("\nb = 1" * 25, "paint(1)"), "at most 25"),
    ("cell_lengths", append("\n\n" + "wall of text\n" * 13), "wall of text"),
    ("cell_lengths", append("\n\n" + "wall of text " * 130), "wall of text"),
    ("output_lengths", outputs("paint(1)", miniature.said("x\n" * 31)), "at most 30"),
    ("slides", drop("paint(1)", "slideshow"), "slide_type None"),
    ("interaction", tags("explore(paint", "question"), "expected the tag"),
    ("interaction", set_source("Which numbers can it reach?", "All."), "question that it answers"),
    ("predictions", tags("What do you expect", "skip-me"), "at least two"),
    ("class_questions", set_source(f"\n\nAnd why not?\n\n{FOLD}", ""), "1 folded"),
    ("lessons", set_source("\nassert total == 2", ""), "assertion"),
    ("exercise_cells", set_source("return ...", "raise NotImplementedError"), "return ..."),
    ("exercise_cells", set_source("def plus_solution", "def plus"), "plus_solution"),
    ("exercise_cells", tags("def minus_solution", "other"), "three code cells"),
    ("exercise_cells", drop("def minus_solution", "jupyter"), "folded"),
    (
        "exercise_cells",
        outputs('check("mini.plus", plus)', miniature.said("passed")),
        "not attempted",
    ),
    ("exercise_cells", outputs("def plus_solution", miniature.said("failed")), "say passed"),
    ("exercise_cells", tags("Which numbers", "hint"), "folds"),
    ("exam_corner", set_source('practice("mini")', "pass"), "practice"),
    ("errata", set_source("\nassert right == 2", ""), "assertion"),
    ("remember", set_source("Glossary", "Words"), "glossary"),
    ("sections_stand_alone", set_source("right = add(1, 1)", "right = total"), "uses total"),
    ("sections_stand_alone", set_source("right = add(1, 1)", "right = nobody"), "nowhere"),
    ("cells_run_again", set_source("paint(1)", "total += 1"), "in place"),
    ("pictures_keep_their_data", late_reader, "binds right anew"),
    (
        "nothing_leans_on_exercises",
        set_source("right = add(1, 1)", "right = plus_solution(1, 1)"),
        "plus_solution",
    ),
    ("nothing_leans_on_exercises", set_source("paint(1)", "plus = paint(1)"), "overwrite"),
]


@pytest.mark.parametrize(
    ("rule", "plant", "words"), PLANTS, ids=[f"{n}-{rule}" for n, (rule, _, _) in enumerate(PLANTS)]
)
def test_a_planted_fault_is_named(rule: str, plant: Callable[[Any], None], words: str) -> None:
    notebook = copy.deepcopy(miniature.chapter())
    plant(notebook)
    found = contract.faults(contract.Book(Path("mini.ipynb"), notebook), [rule])
    assert any(words in fault for fault in found), found or "nothing was found"


def test_every_rule_can_fail() -> None:
    planted = {rule for rule, _, _ in PLANTS} | {"small"}
    assert planted == set(contract.HOUSE | contract.CHAPTER)


def test_a_large_notebook_is_named(tmp_path: Path) -> None:
    notebook = miniature.chapter()
    outputs("paint(1)", miniature.said("x" * 500_000))(notebook)
    path = miniature.write(notebook, tmp_path / "large.ipynb")
    assert contract.faults(contract.Book(path), ["small"])


def test_faults_name_the_cell() -> None:
    notebook = miniature.chapter()
    set_source("paint(1)", "!ls")(notebook)
    (fault, *_) = contract.faults(contract.Book(Path("mini.ipynb"), notebook), ["plain_python"])
    assert fault.startswith("plain_python: cell 4 (!ls): ")
