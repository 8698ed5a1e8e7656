"""A wrong name is answered with the close ones."""

from __future__ import annotations

from course_lib.names import did_you_mean, unknown


def test_a_close_name_is_offered_and_a_far_one_is_not() -> None:
    assert did_you_mean("adm", ["adam", "sgd"]) == " Did you mean 'adam'?"
    assert did_you_mean("quantum", ["adam", "sgd"]) == ""
    assert did_you_mean(7, ["adam", "sgd"]) == ""


def test_all_names_are_told_where_there_are_any() -> None:
    assert unknown("optimiser", "adm", ["adam", "sgd"]) == (
        "no optimiser 'adm'. Did you mean 'adam'? There are adam, sgd."
    )
    assert unknown("column", "loss", []) == "no column 'loss'. There are none yet."
