"""The list of all data sets, and the two functions that read it: `load` and `available`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from course_lib.datasets import big, graphs, pictures, science, synthetic, tables, text
from course_lib.datasets.dataset import (
    GENERATED,
    OWN_LICENCE,
    Accuracies,
    Graph,
    Properties,
    Text,
)
from course_lib.datasets.download import DownloadError
from course_lib.names import did_you_mean

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
    "faces": Entry(
        pictures.faces, "classes", "200 x 625",
        "Labeled Faces in the Wild, Huang et al. 2012, in scikit-image",
        "research use; no licence stated",
    ),
    "textures": Entry(
        pictures.textures, "classes", "768 x 1024",
        "brick, grass and gravel, in scikit-image", "CC0",
    ),
    "astronaut": Entry(
        partial(pictures.picture, "astronaut"), "picture", "512 x 512 x 3",
        "NASA, in scikit-image", "public domain",
    ),
    "brick": Entry(
        partial(pictures.picture, "brick"), "picture", "512 x 512",
        "CC0Textures, Bricks25, in scikit-image", "CC0",
    ),
    "camera": Entry(
        partial(pictures.picture, "camera"), "picture", "512 x 512",
        "Lav Varshney, in scikit-image", "CC0",
    ),
    "cat": Entry(
        partial(pictures.picture, "cat"), "picture", "300 x 451 x 3",
        "Stefan van der Walt, in scikit-image", "CC0",
    ),
    "cell": Entry(
        partial(pictures.picture, "cell"), "picture", "660 x 550",
        "Mueller et al., Optics Express 26 (2018), in scikit-image", "CC0",
    ),
    "coffee": Entry(
        partial(pictures.picture, "coffee"), "picture", "400 x 600 x 3",
        "Rachel Michetti, in scikit-image", "CC0",
    ),
    "coins": Entry(
        partial(pictures.picture, "coins"), "picture", "303 x 384",
        "Brooklyn Museum, in scikit-image", "no known copyright restrictions",
    ),
    "grass": Entry(
        partial(pictures.picture, "grass"), "picture", "512 x 512",
        "linolafett, DeviantArt, in scikit-image", "CC0",
    ),
    "gravel": Entry(
        partial(pictures.picture, "gravel"), "picture", "512 x 512",
        "CC0Textures, Gravel04, in scikit-image", "CC0",
    ),
    "moon": Entry(
        partial(pictures.picture, "moon"), "picture", "512 x 512",
        "NASA, in scikit-image", "no licence stated by scikit-image",
    ),
    "page": Entry(
        partial(pictures.picture, "page"), "picture", "191 x 384",
        "a scanned page, in scikit-image", "no licence stated by scikit-image",
    ),
    "retina": Entry(
        partial(pictures.picture, "retina"), "picture", "1411 x 1411 x 3",
        "Mikael Haggstrom, WikiJournal of Medicine 1 (2014), in scikit-image", "CC0",
    ),
    "tissue": Entry(
        partial(pictures.picture, "tissue"), "picture", "512 x 512 x 3",
        "Center for Microscopy and Molecular Imaging, in scikit-image",
        "no known copyright restrictions",
    ),
    "karate": Entry(
        graphs.karate, "graph", "34 nodes, 78 edges",
        "Zachary 1977, in networkx", FACTS,
    ),
    "les_miserables": Entry(
        graphs.les_miserables, "graph", "77 nodes, 254 edges", "Knuth 1993, in networkx", FACTS
    ),
    "florentine": Entry(
        graphs.florentine, "graph", "15 nodes, 20 edges",
        "Breiger and Pattison 1986, after Padgett, in networkx", FACTS,
    ),
    "python_manual": Entry(
        text.python_manual, "text", "about 460,000 characters",
        "The Python language reference, in Python itself", "PSF licence",
    ),
    "docstrings": Entry(
        text.docstrings, "text", "about 1,300,000 characters",
        "the documentation in the installed packages' code", "BSD (numpy); else the package's",
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
    "mnist": Entry(
        big.mnist, "classes", "60000 + 10000 x 784", "LeCun, Cortes and Burges 1998",
        "CC BY-SA 3.0", "11.6 MB",
    ),
    "fashion_mnist": Entry(
        big.fashion_mnist, "classes", "60000 + 10000 x 784", "Xiao, Rasul and Vollgraf 2017",
        "MIT", "30.9 MB",
    ),
    "cifar10": Entry(
        big.cifar10, "classes", "50000 + 10000 x 3 x 32 x 32", "Krizhevsky 2009",
        "no licence stated; cite the report", "170.1 MB",
    ),
    "cora": Entry(
        big.cora, "graph", "2708 nodes, 5278 edges",
        "McCallum et al. 2000, split of Yang et al. 2016", "no licence stated; cite the papers",
        "0.6 MB",
    ),
    "tiny_shakespeare": Entry(
        big.tiny_shakespeare, "text", "1,115,394 characters",
        "William Shakespeare, selection by Andrej Karpathy", "public domain", "1.1 MB",
    ),
    "text8": Entry(
        big.text8, "text", "100,000,000 characters",
        "Wikipedia 2006, cleaned by Matt Mahoney", "CC BY-SA 3.0", "31.3 MB",
    ),
}


@overload
def load(name: Literal["demsar", "garcia_herrera"], **options: Any) -> Accuracies: ...
@overload
def load(name: Literal["amino_acids", "dinucleotides"], **options: Any) -> Properties: ...
@overload
def load(
    name: Literal["karate", "les_miserables", "florentine", "cora"], **options: Any
) -> Graph: ...
@overload
def load(
    name: Literal["python_manual", "docstrings", "tiny_shakespeare", "text8"], **options: Any
) -> Text: ...
@overload
def load(name: str, **options: Any) -> Any: ...
def load(name: str, **options: Any) -> Any:
    """Load a data set by name: `load("digits")`, `load("moons", n=500, rng=1)`.

    Most names give a `Dataset`; pictures, texts, graphs and tables have records of their own.
    `available()` lists the names. The arrays are fresh copies: change them as you like.

    Raises: KeyError for an unknown name, TypeError for an unknown option (both with the close
    matches), DownloadError where a big data set cannot be fetched; with `stand_in=True` that
    prints why and returns the small bundled one that the error names.
    """
    if name not in ENTRIES:
        raise KeyError(f"no data set {name!r}.{_suggest(str(name), list(ENTRIES))}")
    entry = ENTRIES[name]
    use_stand_in = bool(entry.download) and options.pop("stand_in", False)
    known = list(inspect.signature(entry.loader).parameters)
    for option in options:
        if option not in known:
            raise TypeError(f"{name} has no option {option!r}.{_suggest(option, known)}")
    try:
        loaded = entry.loader(**options)
    except DownloadError as error:
        if not use_stand_in:
            raise
        print(f"{str(error).splitlines()[0]}\nHere is {error.stand_in} instead.")
        return load(error.stand_in)
    return replace(loaded, source=entry.source, licence=entry.licence)


def available(kind: str | None = None) -> Table:
    """List all data sets (or those of one kind): name, kind, size, source, licence, download."""
    from course_lib.trace import Table

    kinds = sorted({entry.kind for entry in ENTRIES.values()})
    if kind is not None and kind not in kinds:
        raise ValueError(f"no kind {kind!r}.{_suggest(kind, kinds)}")
    rows = [
        (name, entry.kind, entry.size, entry.source, entry.licence, entry.download or "no")
        for name, entry in ENTRIES.items()
        if kind in (None, entry.kind)
    ]
    return Table(("name", "kind", "size", "source", "licence", "needs download"), rows)


def _suggest(name: str, names: list[str]) -> str:
    some = f" There are: {', '.join(names)}." if names else " It takes no options."
    return did_you_mean(name.lower(), names) or some
