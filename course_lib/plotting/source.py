"""Show the source of a library function where the lesson uses it."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from .picture import emit

MOST_LINES = 60


def show_source(thing: Any) -> None:
    """Show the source of a function, generator or class as a fenced block of Markdown.

    Raises:
        ValueError: it is longer than the 60 lines that a reader takes in at once.
        TypeError: it has no Python source.
    """
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if inspect.isgenerator(thing):
        thing = thing.gi_code
    try:
        source = textwrap.dedent(inspect.getsource(thing)).rstrip()
    except (TypeError, OSError) as error:
        raise TypeError(f"{thing!r} has no Python source to show") from error
    lines = source.count("\n") + 1
    if lines > MOST_LINES:
        name = getattr(thing, "__name__", repr(thing))
        raise ValueError(f"{name} has {lines} lines; show_source takes up to {MOST_LINES}")
    fence = "````" if "```" in source else "```"
    emit({"text/markdown": f"{fence}python\n{source}\n{fence}", "text/plain": source})
