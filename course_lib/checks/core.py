"""How a chapter's code exercise is judged: the reader's function beside ours, on the same cases.

A check judges only its argument: cell order, cell ids, copies and lost metadata do not matter. It
fails closed: what did not run to its end is "not graded", never "passed".
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from course_lib.compare import Tolerance, compare, describe
from course_lib.names import did_you_mean

SECONDS = 10.0


@dataclass(frozen=True)
class Misconception:
    """A plausible wrong answer: the function that makes the slip, and what to tell who wrote it."""

    name: str
    function: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class CheckResult:
    """What became of a check: passed, failed, not attempted or not graded, and why."""

    name: str
    status: str
    message: str

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def __str__(self) -> str:
        mark = {"passed": "✓", "failed": "✗", "not attempted": "○", "not graded": "?"}[self.status]
        return f"{mark} {self.name}: {self.status}. {self.message}"

    __repr__ = __str__


@dataclass(frozen=True)
class Check:
    """One code exercise: our function, the cases both are called on, and the known wrong turns."""

    name: str
    call: str
    reference: Callable[..., Any]
    cases: Sequence[tuple[Any, ...]]
    misconceptions: Sequence[Misconception] = ()
    tolerance: Tolerance = field(default_factory=Tolerance)
    look_at: str = "the formula above the exercise"

    def judge(self, function: Any, seconds: float = SECONDS) -> CheckResult:
        """Call `function` on every case and compare with the reference. Never raises for a
        reader's error.
        """
        if function is ...:
            return self._result("not attempted", f"Replace `...` in {self.call} and check again.")
        if not callable(function):
            return self._result(
                "failed", f"I expected the function {self.call}, got {describe(function)}."
            )
        try:
            expected = [self.reference(*copy.deepcopy(case)) for case in self.cases]
        except Exception as error:  # noqa: BLE001  ours, and said to be ours
            return self._result(
                "not graded", f"The check itself is broken ({error!r}): please report it."
            )
        answers: list[Any] = []
        for case in self.cases:
            arguments = copy.deepcopy(case)
            try:
                with deadline(seconds):
                    answers.append(function(*arguments))
            except TimeoutError:
                return self._result(
                    "not graded",
                    f"{self._called(case)} ran for more than {seconds:g} s and was stopped: "
                    "an endless loop?",
                )
            except KeyboardInterrupt:
                return self._result("not graded", "You stopped the check before it was done.")
            except BaseException as error:  # noqa: BLE001  SystemExit too: a check never ends the kernel
                return self._result(
                    "failed", f"{self._called(case)} raised {type(error).__name__}: {error}"
                )
            if answers[-1] is ...:
                return self._result(
                    "not attempted", f"Replace `...` in {self.call} and check again."
                )
            if not compare(arguments, case, Tolerance.exact(), what="the arguments"):
                return self._result(
                    "failed",
                    f"{self._called(case)} changed the array it was given. "
                    "Work on a copy or build a new array.",
                )
        for case, answer, right in zip(self.cases, answers, expected, strict=True):
            verdict = compare(answer, right, self.tolerance, what="the result")
            if not verdict:
                return self._result("failed", self._why(case, answer, answers, verdict.message))
        rule = self.tolerance.words()
        return self._result("passed", f"{len(self.cases)} cases agree with the reference ({rule}).")

    def _why(self, case: tuple[Any, ...], answer: Any, answers: list[Any], message: str) -> str:
        for slip in self.misconceptions:
            if self._same(slip.function, answers):
                return f"{slip.message} (I called {self._called(case)}: {message}.)"
        return (
            f"I called {self._called(case)} and got {describe(answer)}; {message}. "
            f"Look at {self.look_at}."
        )

    def _same(self, slip: Callable[..., Any], answers: list[Any]) -> bool:
        try:
            wrong = [slip(*copy.deepcopy(case)) for case in self.cases]
        except Exception:  # noqa: BLE001
            return False  # a slip that cannot be computed on these cases is not this answer's slip
        return bool(compare(answers, wrong, self.tolerance))

    def _called(self, case: tuple[Any, ...]) -> str:
        names = list(inspect.signature(self.reference).parameters)
        short = ", ".join(f"{n}={_short(v)}" for n, v in zip(names, case, strict=False))
        return f"{self.call.split('(')[0]}({short})"

    def _result(self, status: str, message: str) -> CheckResult:
        return CheckResult(self.name, status, message)


def _short(value: Any) -> str:
    line = repr(value.tolist() if hasattr(value, "tolist") else value)
    return line if len(line) <= 60 else line[:57] + "..."


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Stop the main thread's work after `seconds` with TimeoutError; works on every system.

    A timer interrupts the main thread as Ctrl-C would. In any other thread there is no limit.
    """
    import _thread

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    fired = threading.Event()

    def stop() -> None:
        fired.set()
        _thread.interrupt_main()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if fired.is_set():
            raise TimeoutError(f"stopped after {seconds:g} s") from None
        raise
    finally:
        timer.cancel()


def registry() -> dict[str, Check]:
    """Every check of the course by name, from the files of this room."""
    import course_lib.checks as room

    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(room.__path__):
        if module.name in ("core", "starters"):  # no chapter of theirs
            continue
        for item in importlib.import_module(f"course_lib.checks.{module.name}").CHECKS:
            if item.name in found:
                raise ValueError(f"two checks are named {item.name!r}")
            found[item.name] = item
    return found


def check(name: str, function: Any) -> CheckResult:
    """Judge a reader's function, e.g. `check("perceptron.step", perceptron_step)`.

    Only the file of the chapter is imported. Raises KeyError with close matches for an unknown
    name.
    """
    topic = name.split(".")[0]
    try:
        checks = importlib.import_module(f"course_lib.checks.{topic}").CHECKS
    except ModuleNotFoundError as error:
        if error.name != f"course_lib.checks.{topic}":
            raise
        checks = []
    for item in checks:
        if item.name == name:
            return item.judge(function)
    raise KeyError(f"there is no check named {name!r}.{did_you_mean(name, registry())}")
