"""The list of all data sets, and the two functions that read it: `load` and `available`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, overload

from course_lib.datasets import science, synthetic, tables
from course_lib.datasets.dataset import (
    GENERATED,
    OWN_LICENCE,
    Accuracies,
    Properties,
)

if TYPE_CHECKING:
    from course_lib.trace import Table


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue; `download` says how much is fetched on first use ("" = none)."""

    loader: Callable[..., Any]
    kind: str
    size: str
    source: str = GENERATED
    licence: str = OWN_LICENCE
    download: str = ""


UCI = "UCI Machine Learning Repository, CC BY 4.0"
FACTS = "numbers are facts; cite the source"

ENTRIES: dict[str, Entry] = {
    "digits": Entry(
        science.digits, "classes", "1797 x 64",
        "Alpaydin and Kaynak 1998, test part, in scikit-learn", UCI,
    ),
    "iris": Entry(
        science.iris, "classes", "150 x 4", "Anderson 1935, Fisher 1936, in scikit-learn", UCI
    ),
    "wine": Entry(
        science.wine, "classes", "178 x 13", "Aeberhard and Forina 1992, in scikit-learn", UCI
    ),
    "breast_cancer": Entry(
        science.breast_cancer, "classes", "569 x 30",
        "Wolberg, Mangasarian, Street and Street 1995, in scikit-learn", UCI,
    ),
    "diabetes": Entry(
        science.diabetes, "regression", "442 x 10",
        "Efron, Hastie, Johnstone and Tibshirani 2004, in scikit-learn",
        "published with the paper; no licence stated",
    ),
    "china": Entry(
        science.china, "picture", "427 x 640 x 3", "danielbuechele, Flickr, in scikit-learn",
        "CC BY 2.0",
    ),
    "flower": Entry(
        science.flower, "picture", "427 x 640 x 3", "vultilion, Flickr, in scikit-learn",
        "CC BY 2.0",
    ),
    "demsar": Entry(tables.demsar, "accuracies", "14 x 4", "Demsar, JMLR 7 (2006) 1-30", FACTS),
    "garcia_herrera": Entry(
        tables.garcia_herrera, "accuracies", "30 x 5",
        "Garcia and Herrera, JMLR 9 (2008) 2677-2694", FACTS,
    ),
    "amino_acids": Entry(
        tables.amino_acids, "properties", "20 x 5",
        "Atchley et al., PNAS 102 (2005) 6395-6400", FACTS,
    ),
    "dinucleotides": Entry(
        tables.dinucleotides, "properties", "16 x 6",
        "Chen et al., Nucleic Acids Research 41 (2013) e68", FACTS,
    ),
    "gate": Entry(synthetic.gate, "classes", "4 x 2"),
    "blobs": Entry(synthetic.blobs, "classes", "200 x 2"),
    "moons": Entry(synthetic.moons, "classes", "200 x 2"),
    "circles": Entry(synthetic.circles, "classes", "200 x 2"),
    "xor": Entry(synthetic.xor, "classes", "200 x 2"),
    "spiral": Entry(synthetic.spiral, "classes", "300 x 2"),
    "linearly_separable": Entry(synthetic.linearly_separable, "classes", "100 x 2"),
    "sine": Entry(synthetic.sine, "regression", "60 x 1"),
    "cubic": Entry(synthetic.cubic, "regression", "60 x 1"),
}

@overload
def load(name: Literal["demsar", "garcia_herrera"], **options: Any) -> Accuracies: ...
@overload
def load(name: Literal["amino_acids", "dinucleotides"], **options: Any) -> Properties: ...
@overload
def load(name: str, **options: Any) -> Any: ...
def load(name: str, **options: Any) -> Any:
    """Load a data set by name: `load("digits")`, `load("moons", n=500, rng=1)`.

    Most names give a `Dataset`; pictures, texts, graphs and tables have records of their own.
    `available()` lists the names. The arrays are fresh copies: change them as you like.

    Raises: KeyError for an unknown name, TypeError for an unknown option (both with the close
    matches), DownloadError where a big data set cannot be fetched.
    """
    if name not in ENTRIES:
        raise KeyError(f"no data set {name!r}. {_suggest(str(name), list(ENTRIES))}")
    entry = ENTRIES[name]
    known = list(inspect.signature(entry.loader).parameters)
    for option in options:
        if option not in known:
            raise TypeError(f"{name} has no option {option!r}. {_suggest(option, known)}")
    return replace(entry.loader(**options), source=entry.source, licence=entry.licence)


def available(kind: str | None = None) -> Table:
    """List all data sets (or those of one kind): name, kind, size, source, licence, download."""
    from course_lib.trace import Table

    kinds = sorted({entry.kind for entry in ENTRIES.values()})
    if kind is not None and kind not in kinds:
        raise ValueError(f"no kind {kind!r}. {_suggest(kind, kinds)}")
    rows = [
        (name, entry.kind, entry.size, entry.source, entry.licence, entry.download or "no")
        for name, entry in ENTRIES.items()
        if kind in (None, entry.kind)
    ]
    return Table(("name", "kind", "size", "source", "licence", "needs download"), rows)


def _suggest(name: str, names: list[str]) -> str:
    close = get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"There are: {', '.join(names)}" if names else "It takes no options."
