"""coverage.csv lists every row of the lectures' systems tables, and the cell that proves it.

A row is `talk` where its observable is marked (talk), "talk", "mention" or "named / name only", or
where the table calls it (named) and the observable optional; every other row is `core`. The
numbers below were counted in the lectures' tables once, so that no row can go missing.
"""

from __future__ import annotations

import re
from collections import Counter

import contract
import nbformat
import pytest

ROWS = {"000A": 120, "000B": 115, "000C": 124, "001": 200, "003": 177, "004": 151}
CORE = {"000A": 103, "000B": 112, "000C": 116, "001": 193, "003": 175, "004": 146}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return contract.coverage()


def test_every_row_of_every_table_is_there(rows: list[dict[str, str]]) -> None:
    assert list(rows[0]) == ["lecture", "row", "title", "observable", "kind", "notebook", "cell"]
    assert Counter(row["lecture"] for row in rows) == ROWS
    assert Counter(row["lecture"] for row in rows if row["kind"] == "core") == CORE
    assert {row["kind"] for row in rows} == {"core", "talk"}
    expected = [(lecture, str(n)) for lecture in ROWS for n in range(1, ROWS[lecture] + 1)]
    assert [(row["lecture"], row["row"]) for row in rows] == expected


def test_a_title_names_one_row(rows: list[dict[str, str]]) -> None:
    names = Counter((row["lecture"], row["title"].casefold()) for row in rows)
    assert [name for name, count in names.items() if count > 1] == []
    for row in rows:
        assert row["title"] == row["title"].strip() != "" and row["observable"].strip(), row
        # A title must survive in `# proves A:title; B:title`.
        claim = contract.tool.claims(f"# proves {row['lecture']}:{row['title']}; 001:Dropout")
        assert (claim[0].lecture, claim[0].title) == (row["lecture"], row["title"])
        assert len(claim) == 2


def test_filled_rows_lead_to_their_proof(rows: list[dict[str, str]]) -> None:
    cells = {
        (path.relative_to(contract.NOTEBOOKS).as_posix(), cell["id"]): cell["source"]
        for path in contract.books()
        for cell in nbformat.read(path, as_version=4)["cells"]
    }
    for row in rows:
        assert bool(row["notebook"]) == bool(row["cell"]), row
        if row["cell"]:
            source = cells[row["notebook"], row["cell"]]
            claims = [(claim.lecture, claim.title) for claim in contract.tool.claims(source)]
            assert (row["lecture"], row["title"]) in claims


def test_every_proof_is_listed(rows: list[dict[str, str]]) -> None:
    filled = {(row["lecture"], row["title"]) for row in rows if row["cell"]}
    for path in contract.books():
        for cell in nbformat.read(path, as_version=4)["cells"]:
            claims = contract.tool.claims(cell["source"]) if cell["cell_type"] == "code" else []
            assert {(c.lecture, c.title) for c in claims} <= filled, "run `make notebooks`"


def test_open_rows_are_counted(
    rows: list[dict[str, str]], record_property: pytest.RecordProperty
) -> None:
    counts = contract.open_rows()
    assert {lecture: total for lecture, (_, total) in counts.items()} == CORE
    filled = sum(bool(row["cell"]) for row in rows if row["kind"] == "core")
    left = sum(without for without, _ in counts.values())
    assert left == sum(CORE.values()) - filled
    record_property("open rows", left)
    assert re.search(r"\d", contract.open_words())
