"""The big data sets of the field: fetched on first use, checked, kept; nothing needs them."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np

from course_lib.datasets.archive import read_pickle, unpack
from course_lib.datasets.dataset import Dataset, Graph, Text
from course_lib.datasets.download import Remote, cache_folder, fetch

# The digests of MNIST, Fashion-MNIST, CIFAR-10 and text8 are the published ones, each found in
# several independent places; those of Cora and tiny Shakespeare were also computed from the files.
MNIST_AT = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
FASHION_AT = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
CORA_AT = ("https://raw.githubusercontent.com/kimiyoung/planetoid/master/data/",)


def _files(
    name: str, bases: tuple[str, ...], *files: tuple[str, int, *tuple[str, ...]]
) -> tuple[Remote, ...]:
    return tuple(
        Remote(f"{name}/{file}", tuple(base + file for base in bases), size, tuple(digests))
        for file, size, *digests in files
    )


MNIST_TRAIN = _files(
    "mnist", MNIST_AT,
    ("train-images-idx3-ubyte.gz", 9_912_422,
     "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    ("train-labels-idx1-ubyte.gz", 28_881,
     "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
)
# The second digest is a copy packed again: the same length and, unpacked, the same bytes.
MNIST_TEST = _files(
    "mnist", MNIST_AT,
    ("t10k-images-idx3-ubyte.gz", 1_648_877,
     "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
     "ba05d2d6e06f59dd97d2d5378250478bb5c9b64296a5c2681700569121e3a2d7"),
    ("t10k-labels-idx1-ubyte.gz", 4_542,
     "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
     "94088eab8a64f51a9b34cc9716f54b6548ef8b2fd16ada6d1575091b933dbf4b"),
)
FASHION_TRAIN = _files(
    "fashion_mnist", FASHION_AT,
    ("train-images-idx3-ubyte.gz", 26_421_880,
     "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    ("train-labels-idx1-ubyte.gz", 29_515,
     "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
)
FASHION_TEST = _files(
    "fashion_mnist", FASHION_AT,
    ("t10k-images-idx3-ubyte.gz", 4_422_102,
     "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    ("t10k-labels-idx1-ubyte.gz", 5_148,
     "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)
CIFAR10 = _files(
    "cifar10", ("https://www.cs.toronto.edu/~kriz/",),
    ("cifar-10-binary.tar.gz", 170_052_171,
     "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
)
CORA = _files(
    "cora", CORA_AT,
    ("ind.cora.x", 22_119,
     "23cfa55d91c6f624233f5eb7b6e3f141f1bd2b2ae39608a63cf5d084bb27baab"),
    ("ind.cora.tx", 148_025,
     "b9afbaa4a400df991f6f02ef677e1e44da55ffc04801fd02f9e673987829226a"),
    ("ind.cora.allx", 257_305,
     "9419ba2f26f5c35243db64aba110e0f35a04851609e0dc5433450676ca6b8543"),
    ("ind.cora.y", 4_054,
     "94465c14eb53e04ca262198dcbb2521ee8af60fb3f3d546cd6ca24a511b0e7d1"),
    ("ind.cora.ty", 28_135,
     "41f5ac76596a1699cc33f53084a2419e92961c42bb75f36fc38e616d348532ad"),
    ("ind.cora.ally", 47_959,
     "2b998f5cc7fedc86e7f97ca2498f47a1ffc1462c29e2d578b23bf3f62b6e7d71"),
    ("ind.cora.graph", 59_847,
     "58f13302f39dde8852dad6fe6d15b89b077b6d7f837626bce671ef80344b383d"),
    ("ind.cora.test.index", 5_000,
     "297ce89af2b51a6a194181c7dbe1796c6a1cf9cd9349a88383b1b1e227867875"),
)
SHAKESPEARE = (
    Remote(
        "tiny_shakespeare/tinyshakespeare.txt",
        (
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"
            "input.txt",
        ),
        1_115_394,
        ("86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",),
    ),
)
TEXT8 = _files(
    "text8", ("https://mattmahoney.net/dc/", "http://mattmahoney.net/dc/"),
    ("text8.zip", 31_344_016,
     "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232"),
)
CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)
THINGS = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)
TOPICS = (
    "Theory", "Reinforcement learning", "Genetic algorithms", "Neural networks",
    "Probabilistic methods", "Case-based", "Rule learning",
)


def mnist(*, part: str = "train", images: bool = False) -> Dataset:
    """Handwritten digits of 28 x 28 pixels from 0 to 1 (float32): 60,000 to train, 10,000 to test.

    With `images=True` the inputs are examples x 1 x 28 x 28, otherwise examples x 784.
    """
    files = _part(part, train=MNIST_TRAIN, test=MNIST_TEST)
    digits = tuple(map(str, range(10)))
    return _idx_set("mnist", files, images, digits, f"Handwritten digits, {part} part.", "digits")


def fashion_mnist(*, part: str = "train", images: bool = False) -> Dataset:
    """Pieces of clothing of 28 x 28 pixels, ten kinds; sizes and options as MNIST's."""
    files = _part(part, train=FASHION_TRAIN, test=FASHION_TEST)
    text = f"Photographs of clothing, {part} part."
    return _idx_set("fashion_mnist", files, images, CLOTHES, text, "digits")


def cifar10(*, part: str = "train", images: bool = True) -> Dataset:
    """Small colour photographs of ten kinds of things: 50,000 to train, 10,000 to test.

    Inputs are examples x 3 x 32 x 32 (float32, 0 to 1), with `images=False` examples x 3072.
    """
    names = _part(
        part,
        train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
        test=("test_batch.bin",),
    )
    (archive,) = fetch("cifar10", CIFAR10, stand_in="textures")
    folder = unpack(archive, cache_folder() / "cifar10" / "unpacked", limit=200_000_000)
    batches = [read_cifar(folder / "cifar-10-batches-bin" / name) for name in names]
    pixels = np.concatenate([batch[0] for batch in batches]).astype(np.float32) / 255
    return Dataset(
        "cifar10",
        pixels if images else pixels.reshape(len(pixels), -1),
        np.concatenate([batch[1] for batch in batches]),
        (),
        THINGS,
        f"Small colour photographs, {part} part.",
    )


def cora() -> Graph:
    """2,708 papers on machine learning, 5,278 citations, 1,433 words (0 or 1), seven topics.

    `train` (20 papers of each topic), `validation` (500) and `test` (1,000) are the usual split
    of Yang, Cohen and Salakhutdinov (2016).
    """
    paths = fetch("cora", CORA, stand_in="karate")
    by_name = {path.name.removeprefix("ind.cora."): path for path in paths}
    x, tx, allx, _, ty, ally, neighbours = (
        read_pickle(by_name[key]) for key in ("x", "tx", "allx", "y", "ty", "ally", "graph")
    )
    test = np.array(by_name["test.index"].read_text(encoding="ascii").split(), dtype=np.int64)
    # allx holds all papers but the test ones, tx those in the order of test.index.
    features = np.zeros((len(neighbours), allx.shape[1]), dtype=np.float32)
    labels = np.zeros((len(neighbours), ally.shape[1]))
    features[: allx.shape[0]], labels[: len(ally)] = allx.toarray(), ally
    features[test], labels[test] = tx.toarray(), ty
    pairs = {(min(a, b), max(a, b)) for a, bs in neighbours.items() for b in bs if a != b}
    edges = np.array(sorted(pairs), dtype=np.int64).T
    return Graph(
        "cora",
        edges,
        np.ones(edges.shape[1]),
        tuple(map(str, range(len(neighbours)))),
        features,
        labels.argmax(axis=1).astype(np.int64),
        TOPICS,
        np.arange(x.shape[0]),
        np.arange(x.shape[0], x.shape[0] + 500),
        np.sort(test),
        "Papers on machine learning, who cites whom, and the words they use.",
    )


def tiny_shakespeare() -> Text:
    """1,115,394 characters of Shakespeare's plays."""
    (path,) = fetch("tiny_shakespeare", SHAKESPEARE, stand_in="python_manual")
    # Not read_text: it would turn line ends, and the count of characters is quoted.
    return Text("tiny_shakespeare", path.read_bytes().decode("ascii"), "Plays by Shakespeare.")


def text8() -> Text:
    """100,000,000 characters of English Wikipedia (2006): a to z and the blank."""
    (path,) = fetch("text8", TEXT8, stand_in="docstrings")
    with zipfile.ZipFile(path) as archive:  # read in memory: nothing is unpacked
        return Text("text8", archive.read("text8").decode("ascii"), "Wikipedia, letters only.")


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file of bytes (MNIST's format), gzipped or not, into an array of its shape.

    Raises: ValueError when the header and the length do not agree, or the numbers are no bytes.
    """
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise ValueError(f"{Path(path).name} is no IDX file: it starts with {raw[:4]!r}")
    if raw[2] != 8:
        raise ValueError(f"{Path(path).name}: element type {raw[2]:#x}; only bytes (0x8) are read")
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise ValueError(f"{Path(path).name}: ends within its header")
    shape = tuple(int(n) for n in np.frombuffer(raw[4:start], dtype=">u4"))
    if len(raw) - start != int(np.prod(shape)):
        raise ValueError(f"{Path(path).name}: {len(raw) - start} bytes do not fill shape {shape}")
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def read_cifar(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read one binary CIFAR-10 batch: pixels (examples, 3, 32, 32) as bytes, labels (int64).

    Raises: ValueError when the file is no whole number of records, or a label exceeds 9.
    """
    raw = np.fromfile(path, dtype=np.uint8)
    if raw.size == 0 or raw.size % 3073:
        raise ValueError(f"{Path(path).name}: {raw.size} bytes are no records of 3073 bytes")
    records = raw.reshape(-1, 3073)
    if records[:, 0].max() > 9:
        raise ValueError(f"{Path(path).name}: a label is {records[:, 0].max()}, more than 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)


def _part(part: str, **parts: tuple) -> tuple:
    if part not in parts:
        raise ValueError(f"part is {' or '.join(map(repr, parts))}, not {part!r}")
    return parts[part]


def _idx_set(
    name: str,
    files: tuple[Remote, ...],
    images: bool,
    class_names: tuple[str, ...],
    description: str,
    stand_in: str,
) -> Dataset:
    pixels, labels = map(read_idx, fetch(name, files, stand_in=stand_in))
    inputs = pixels.astype(np.float32) / 255
    return Dataset(
        name,
        inputs[:, None] if images else inputs.reshape(len(inputs), -1),
        labels.astype(np.int64),
        (),
        class_names,
        description,
    )
