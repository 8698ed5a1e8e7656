"""The checks of the chapters' code exercises: one file per chapter, one rule of judgement
(core.py).
"""

from course_lib.checks.core import Check, CheckResult, Misconception, check, registry
from course_lib.checks.starters import reset

__all__ = ["Check", "CheckResult", "Misconception", "check", "registry", "reset"]
