"""Independent references for the exercise types: one function per type, one file per topic.

A reference takes the exercise (its printed givens, not its answers) and returns an answer per step.
It shares no code with the bank; a type without a reference fails tests/test_exam_bank.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

References = dict[str, Callable[[Any], Mapping[str, Any]]]
REFERENCES: References = {}


def reference(
    name: str,
) -> Callable[[Callable[[Any], Mapping[str, Any]]], Callable[[Any], Mapping[str, Any]]]:
    """Register the reference of an exercise type."""

    def register(
        function: Callable[[Any], Mapping[str, Any]],
    ) -> Callable[[Any], Mapping[str, Any]]:
        if name in REFERENCES:
            raise ValueError(f"two references for {name}")
        REFERENCES[name] = function
        return function

    return register
