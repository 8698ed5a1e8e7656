"""Measure the exam engine: a variant with its marking, a hundred papers, a bank of questions.

    python bench/exam.py            # measures, writes its table in bench/README.md
    python bench/exam.py --dry      # prints only
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from course_lib.exam import all_types, key, marking, moodle, paper, qti_package

REPORT = Path(__file__).with_name("README.md")
TYPES = list(all_types().values())


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def variant(kind, seed: int) -> float:
    """Milliseconds of a new variant, its right answers and their marking."""

    def work() -> None:
        exercise = kind.new(seed)
        marking.mark(exercise, dict(exercise.answers))

    return 1000 * seconds(work)


def papers(count: int) -> None:
    exams = paper.compose(list(dict.fromkeys(kind.topic for kind in TYPES)), count, 1)
    paper.papers(exams)
    key.key(exams)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    dry = parser.parse_args().dry
    times = {kind.name: [variant(kind, seed) for seed in range(30)] for kind in TYPES}
    everything = [t for some in times.values() for t in some]
    slowest = max(times, key=lambda name: statistics.median(times[name]))
    each = -(-1000 // len(TYPES))
    bank = seconds(lambda: moodle.bank(TYPES, each))
    package = seconds(lambda: qti_package.package(TYPES, each))
    lines = [
        "| what | measured | goal |",
        "|---|---|---|",
        f"| new variant and marking, median of {len(TYPES)} types x 30 seeds | "
        f"{statistics.median(everything):.1f} ms | 5 ms |",
        f"| the same, 90 of 100 below | {statistics.quantiles(everything, n=10)[-1]:.1f} ms | |",
        f"| the same, slowest type ({slowest}) | {statistics.median(times[slowest]):.1f} ms | |",
        f"| 100 papers with keys | {seconds(lambda: papers(100)):.0f} s | 60 s |",
        f"| Moodle, {each * len(TYPES)} variants | {bank:.0f} s | 60 s |",
        f"| QTI, {each * len(TYPES)} variants | {package:.0f} s | 60 s |",
        "",
        f"{platform.system()}, Python {platform.python_version()}.",
    ]
    table = "\n".join(lines)
    print(table)
    if not dry:
        head, rest = REPORT.read_text(encoding="utf-8").split("<!-- exam -->", 1)
        tail = rest.split("<!-- /exam -->", 1)[1]
        REPORT.write_text(f"{head}<!-- exam -->\n{table}\n<!-- /exam -->{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
