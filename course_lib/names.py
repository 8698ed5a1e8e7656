"""Names that people type: a wrong one is answered with those that are close."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """' Did you mean 'adam' or 'adamw'?' for a name that does not exist; '' if none is close."""
    close = difflib.get_close_matches(str(name), list(map(str, known)), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def unknown(what: str, name: object, known: Iterable[object]) -> str:
    """What to say of a name that does not exist: the close ones, and all there are."""
    names = list(map(str, known))
    there = f"There {'is' if len(names) == 1 else 'are'} {', '.join(names) or 'none yet'}."
    return f"no {what} {name!r}.{did_you_mean(name, names)} {there}"


__all__ = ["did_you_mean", "unknown"]
