"""The exam from the command line: python -m course_lib.exam COMMAND.

Exit codes: 0 done, 1 it could not be done (no browser, a file that cannot be written), 2 wrong use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from course_lib.exam.exercise import Exercise, ExerciseType, all_types, catalogue, new, of_topic
from course_lib.exam.marking import mark
from course_lib.exam.template import ExerciseError


class Misuse(ValueError):
    """What was asked for does not exist or does not fit."""


def _types(names: Sequence[str]) -> list[ExerciseType]:
    if not names:
        return list(all_types().values())
    return list({kind.name: kind for name in names for kind in of_topic(name)}.values())


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _exercise(options: argparse.Namespace) -> Exercise:
    return new(options.name, options.seed, options.variant)


def _write(path: Path, data: str | bytes) -> None:
    if isinstance(data, str):
        data = data.encode("utf-8")
    path.write_bytes(data)
    print(f"wrote {path} ({len(data) / 1000:.0f} kB)")


def _list(options: argparse.Namespace) -> None:
    print(catalogue(options.topic))


def _show(options: argparse.Namespace) -> None:
    exercise = _exercise(options)
    print(exercise.text())
    if options.solution:
        print(f"\n## Solution\n\n{exercise.solution()}")


def _mark(options: argparse.Namespace) -> None:
    exercise = _exercise(options)
    answers = {}
    for pair in options.answers:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Misuse(
                f"answers are written step=answer, got {pair!r}; the steps of {exercise.name} "
                f"are {', '.join(s.name for s in exercise.steps)}"
            )
        answers[name.strip()] = value
    print(mark(exercise, answers))


def _paper(options: argparse.Namespace) -> None:
    from course_lib.exam import key, paper, printing

    topics = options.topics or list(dict.fromkeys(kind.topic for kind in all_types().values()))
    exam = paper.compose(
        topics,
        options.variants,
        options.seed,
        minutes=options.minutes,
        title=options.title,
        date=options.date,
    )
    keys = options.out.with_name(f"{options.out.stem}-key{options.out.suffix}")
    pages = [
        (options.out, paper.papers(exam)),
        (keys, key.key(exam, solutions=options.solutions)),
    ]
    for path, html in pages:
        _write(path, html)
    print(
        f"{len(exam.papers)} different papers of {len(exam.papers[0].exercises)} exercises, "
        f"{exam.minutes:g} minutes, {exam.papers[0].marks} marks"
    )
    if options.pdf:
        for path, html in pages:
            printing.pdf(html, path.with_suffix(".pdf"))
            print(f"wrote {path.with_suffix('.pdf')}")


def _report(counts: dict[str, int], wanted: int) -> None:
    print(f"{len(counts)} exercise types, {sum(counts.values())} questions")
    for name, count in counts.items():
        if count < wanted:
            print(f"  {name} has only {count} different variants")


def _moodle(options: argparse.Namespace) -> None:
    from course_lib.exam import moodle

    source, counts = moodle.bank(_types(options.topics), options.variants, options.seed)
    _write(options.out, source)
    _report(counts, options.variants)


def _qti(options: argparse.Namespace) -> None:
    from course_lib.exam import qti_package

    data, counts = qti_package.package(_types(options.topics), options.variants, options.seed)
    _write(options.out, data)
    _report(counts, options.variants)


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return value


def parser() -> argparse.ArgumentParser:
    """What may be asked on the command line."""
    top = argparse.ArgumentParser(
        prog="python -m course_lib.exam",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    listed = command("list", _list, "all exercise types, or those of a topic")
    listed.add_argument("topic", nargs="?")
    for name, run, text in (("show", _show, "one exercise"), ("mark", _mark, "mark answers")):
        one = command(name, run, text)
        one.add_argument("name", metavar="NAME", help="such as perceptron.update")
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--variant", help="a named variant, such as lecture")
        if name == "show":
            one.add_argument("--solution", action="store_true", help="with the worked solution")
        else:
            one.add_argument("answers", nargs="*", metavar="step=answer")
    for name, run, text, count, out in (
        ("paper", _paper, "printable exams for a class, with a key", 30, "exam.html"),
        ("moodle", _moodle, "a question bank as Moodle XML", 50, "bank.xml"),
        ("qti", _qti, "a package of QTI 3.0 items", 10, "package.zip"),
    ):
        many = command(name, run, text)
        many.add_argument(
            "--topics",
            type=_names,
            default=[],
            metavar="A,B",
            help="topics or exercise types, separated by commas (default: all)",
        )
        many.add_argument("--variants", type=_count, default=count, help=f"default {count}")
        many.add_argument("--seed", type=int, default=1)
        many.add_argument("--out", type=Path, default=Path(out), help=f"default {out}")
        if name == "paper":
            many.add_argument("--minutes", type=float, default=90, help="default 90")
            many.add_argument("--title", default="Deep learning: written exam")
            many.add_argument("--date", default="", help="printed as it is (default: a blank)")
            many.add_argument(
                "--solutions", action="store_true", help="worked solutions in the key"
            )
            many.add_argument("--pdf", action="store_true", help="print both files to PDF too")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # the console of Windows may know neither θ nor −
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    options, more = parser().parse_known_args(arguments)
    if more and (not hasattr(options, "answers") or more[0].startswith("-")):
        parser().parse_args(arguments)  # says what is wrong, and leaves
    if more:  # answers behind the options, which argparse does not join with those before
        options.answers += more
    try:
        options.run(options)
    except KeyError as error:
        print(f"error: {error.args[0]}", file=sys.stderr)
        return 2
    except ExerciseError as error:
        print(f"error: a mistake of the course, not yours: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
