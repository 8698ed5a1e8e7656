"""What the course says of itself: its chapters, its coverage, this machine, a bug report."""

import csv
import getpass
import sys
from pathlib import Path

import pytest

from course_lib import course, report

ROOT = Path(__file__).resolve().parent.parent


def test_every_chapter_is_listed_with_a_link_that_leads_somewhere(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    table = course.chapters()
    links = [cell.split("](")[1].rstrip(")") for cell in table.column("chapter")]
    assert "2_networks/perceptron.ipynb" in links
    assert all((ROOT / "notebooks" / link).is_file() for link in links)
    assert table.column("part") == sorted(table.column("part"))


def test_the_lecture_map_counts_what_coverage_says(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    table = course.lecture_map()
    with (ROOT / "notebooks/coverage.csv").open(encoding="utf-8", newline="") as file:
        core = [row for row in csv.DictReader(file) if row["kind"] == "core"]
    assert sum(table.column("systems")) == len(core)
    assert sum(table.column("shown so far")) == sum(bool(row["notebook"]) for row in core)


def test_notebooks_are_found_from_anywhere_in_the_copy(tmp_path, monkeypatch):
    inner = tmp_path / "work" / "2_networks"
    inner.mkdir(parents=True)
    (tmp_path / "work" / "coverage.csv").write_text("lecture\n", encoding="utf-8")
    monkeypatch.chdir(inner)
    assert course.notebook_folder() == (tmp_path / "work").resolve()


def test_the_self_check_passes_here_and_says_what_fails(monkeypatch):
    assert set(course.self_check().column("verdict")) == {"works"}
    monkeypatch.setattr("course_lib.datasets.load", lambda name: 1 / 0)
    broken = {row[0]: row for row in course.self_check().rows}
    assert broken["data"][1] == "FAILS" and "ZeroDivisionError" in broken["data"][2]
    assert broken["tensors"][1] == "works"


def test_a_report_names_versions_and_the_last_error_but_no_folder(monkeypatch):
    with pytest.raises(ValueError) as caught:
        raise ValueError("a shape is wrong")
    monkeypatch.setattr(sys, "last_value", caught.value, raising=False)
    text = report.report()
    assert "a shape is wrong" in text and "torch" in text and "last error ValueError" in text
    assert str(Path.home()) not in text and f"/{getpass.getuser()}/" not in text
