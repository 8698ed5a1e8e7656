"""The bundled data sets against scikit-learn, networkx, the lectures' numbers and themselves."""

from __future__ import annotations

import csv
import hashlib
import operator
import re
import socket
import subprocess
import sys

import networkx
import numpy as np
import pytest
import sklearn.datasets
from scipy.stats import rankdata, wilcoxon
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course_lib.datasets import Dataset, available, data_folder, load
from course_lib.datasets.catalogue import ENTRIES

BUNDLED = [name for name, entry in ENTRIES.items() if not entry.download]
SYNTHETIC = ["blobs", "moons", "circles", "xor", "spiral", "linearly_separable", "sine", "cubic"]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a bundled data set asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_set_loads_as_the_catalogue_says(name):
    loaded, entry = load(name), ENTRIES[name]
    assert loaded.name == name
    assert loaded.source == entry.source and loaded.licence == entry.licence
    assert loaded.description.endswith(".")
    if entry.kind == "text":
        promised = int(re.sub(r"\D", "", entry.size))
        assert abs(len(loaded) / promised - 1) < 0.3  # it differs between versions
    elif entry.kind == "graph":
        assert entry.size == f"{len(loaded)} nodes, {loaded.edges.shape[1]} edges"
    else:
        field = {"picture": "pixels", "accuracies": "values", "properties": "values"}
        array = getattr(loaded, field.get(entry.kind, "inputs"))
        assert entry.size == " x ".join(map(str, array.shape))
        assert array.dtype == np.float64 and np.isfinite(array).all()
    if isinstance(loaded, Dataset):
        assert (entry.kind == "classes") == bool(loaded.class_names)
        assert loaded.targets.dtype == (np.int64 if loaded.class_names else np.float64)
        if loaded.class_names:
            assert set(loaded.targets) == set(range(len(loaded.class_names)))
    if entry.kind == "picture":
        assert 0 <= array.min() < 0.3 and 0.8 < array.max() <= 1


def test_loading_twice_gives_equal_but_separate_arrays():
    for name in ("digits", "moons", "faces"):
        first, second = load(name), load(name)
        assert np.array_equal(first.inputs, second.inputs)
        first.inputs[:] = 7
        assert not np.array_equal(load(name).inputs, first.inputs)
        assert np.array_equal(load(name).inputs, second.inputs)


def test_available_lists_every_name_with_source_and_licence():
    table = available()
    assert [row[0] for row in table.rows] == list(ENTRIES)
    assert all(all(cell for cell in row) for row in table.rows)
    needs = {row[0]: row[5] for row in table.rows}
    assert needs["digits"] == "no" and needs["cifar10"] == "170.1 MB"
    assert {row[1] for row in available("graph").rows} == {"graph"}
    with pytest.raises(ValueError, match="Did you mean 'graph'"):
        available("graphs")


def test_wrong_names_and_options_are_told_with_the_close_ones():
    with pytest.raises(KeyError, match="Did you mean 'digits'"):
        load("digit")
    with pytest.raises(TypeError, match="Did you mean 'noise'"):
        load("moons", nosie=0.1)
    with pytest.raises(TypeError, match="takes no options"):
        load("iris", images=True)
    with pytest.raises(KeyError, match="Did you mean '(XNOR|NOR|XOR)' or '(XNOR|NOR|XOR)'"):
        load("gate", gate="XNORR")


def test_importing_the_room_imports_nothing_heavy():
    heavy = ("torch", "sklearn", "skimage", "scipy", "networkx", "pandas", "matplotlib")
    code = f"import course_lib.datasets, sys; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_tables_of_scikit_learn_are_its_own(name):
    ours, theirs = load(name), getattr(sklearn.datasets, f"load_{name}")()
    assert np.array_equal(ours.inputs, theirs.data)
    assert np.array_equal(ours.targets, theirs.target)
    assert list(ours.class_names) == list(theirs.target_names)
    assert len(ours.feature_names) == ours.inputs.shape[1]


def test_digits_are_scaled_and_come_flat_or_as_images():
    theirs = sklearn.datasets.load_digits()
    flat, images = load("digits"), load("digits", images=True)
    assert np.array_equal(flat.inputs * 16, theirs.data)
    assert images.inputs.shape == (1797, 1, 8, 8)
    assert np.array_equal(images.inputs[:, 0] * 16, theirs.images)
    assert flat.feature_names[9] == "row 1 column 1"
    assert flat.inputs[3, 9] == images.inputs[3, 0, 1, 1]


def test_diabetes_is_in_its_own_units():
    diabetes = load("diabetes")
    age = diabetes.inputs[:, diabetes.feature_names.index("age")]
    assert 19 <= age.min() and age.max() <= 79 and np.array_equal(age, age.round())


def test_faces_come_before_background():
    faces = load("faces", images=True)
    assert faces.inputs.shape == (200, 1, 25, 25)
    assert faces.targets[:100].all() and not faces.targets[100:].any()
    # The labels mean something: a linear classifier tells new faces from background.
    train, test = load("faces").split(0.7, rng=0)
    model = LogisticRegression(max_iter=1000).fit(train.inputs, train.targets)
    assert model.score(test.inputs, test.targets) > 0.85


def test_textures_are_the_patches_of_their_pictures():
    textures = load("textures", size=128, images=True)
    assert textures.inputs.shape == (3 * 16, 1, 128, 128)
    grass = load("grass").pixels
    # Patch 6 of grass: row 1, column 2 of the 4 x 4 grid.
    assert np.array_equal(textures.inputs[16 + 6, 0], grass[128:256, 256:384])
    assert textures.class_names[textures.targets[16 + 6]] == "grass"
    with pytest.raises(ValueError, match="divides 512"):
        load("textures", size=50)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("karate", networkx.karate_club_graph),
        ("les_miserables", networkx.les_miserables_graph),
        ("florentine", networkx.florentine_families_graph),
    ],
)
def test_graphs_equal_networkx(name, reference):
    ours, theirs = load(name), reference()
    assert np.array_equal(
        ours.adjacency(weighted=True), networkx.to_numpy_array(theirs, weight="weight")
    )
    assert np.array_equal(ours.adjacency(), networkx.to_numpy_array(theirs, weight=None))
    assert ours.node_names == tuple(map(str, theirs))


def test_karate_splits_in_halves():
    karate = load("karate")
    assert np.bincount(karate.targets).tolist() == [17, 17]
    assert karate.class_names[karate.targets[0]] == "Mr. Hi"
    assert karate.class_names[karate.targets[33]] == "Officer"


def test_texts_are_plain_and_the_same_each_time():
    for name, options in [("python_manual", {}), ("docstrings", {"packages": ("tqdm",)})]:
        text = load(name, **options)
        assert text.text == load(name, **options).text
        assert text.text.isascii() and set(text.alphabet) <= {"\n", *map(chr, range(32, 127))}
        assert "\n\n\n\n" not in text.text and " \n" not in text.text
        head, tail = text.split(0.9)
        assert head.text + tail.text == text.text and abs(len(head) / len(text) - 0.9) < 1e-3
    assert not re.search(r"^\s*>>>", text.text, flags=re.MULTILINE)
    assert "progress" in text.text
    with pytest.raises(KeyError, match="no installed package"):
        load("docstrings", packages=("no_such_package",))


def test_examples_are_cut_out_of_documentation():
    from course_lib.datasets.text import _without_examples

    text = "Adds.\n\n  >>> add(1, 2)\n  3\n  >>> add(\n  ...  2, 2)\n  4\n\nSee also: sub.\n"
    assert _without_examples(text).split() == ["Adds.", "See", "also:", "sub."]


# --- the lectures' tables ---------------------------------------------------------------------


def friedman(ranks: np.ndarray) -> float:
    n, k = ranks.shape
    return 12 * n / (k * (k + 1)) * ((ranks.mean(axis=0) ** 2).sum() - k * (k + 1) ** 2 / 4)


def ranked(values: np.ndarray) -> np.ndarray:
    return np.array([rankdata(-row) for row in values])


def test_demsar_has_the_lectures_ranks_and_names_the_voting_trap():
    table = load("demsar")
    assert table.classifiers == ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
    assert np.allclose(table.ranks.mean(axis=0), [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    assert round(friedman(table.ranks), 2) == 9.28  # the lecture's
    printed = ranked(table.values)
    assert np.allclose(printed.mean(axis=0), [3.143, 2.000, 2.929, 1.929], atol=5e-4)
    assert round(friedman(printed), 3) == 9.857
    differs = np.flatnonzero((printed != table.ranks).any(axis=1))
    assert [table.datasets[i] for i in differs] == ["voting"]
    assert np.array_equal(ranked(load("demsar", untie_voting=True).values), table.ranks)
    differences = (table.column("C4.5+m") - table.column("C4.5")).round(3)
    assert wilcoxon(differences, zero_method="zsplit").statistic == 12  # the lecture's T
    assert table.column("C4.5+m")[0] == 0.768
    with pytest.raises(KeyError, match="there are: C4.5,"):
        table.column("C5")


def test_garcia_herrera_gives_the_recomputed_statistics():
    table = load("garcia_herrera")
    ranks = ranked(table.values)
    assert np.allclose(ranks.mean(axis=0), [2.100, 3.250, 2.200, 4.333, 3.117], atol=5e-4)
    assert round(friedman(ranks), 3) == 39.647


def test_amino_acids_give_the_lectures_column_moments_and_show_its_slip():
    table = load("amino_acids")
    assert "".join(table.symbols) == "ACDEFGHIKLMNPQRSTVWY"
    assert table.symbol_names[0] == "alanine" and table.symbol_names[-1] == "tyrosine"
    assert np.abs(table.values.mean(axis=0)).max() <= 1.01e-4
    variances = [0.9579, 0.9579, 4.5252, 0.9275, 2.4347]
    assert np.allclose(table.values.var(axis=0), variances, atol=1e-4)
    assert table.of("A", "polarity") == -0.591
    # Erratum 1: the lecture prints 0.465 for the volume; that is the structure.
    assert table.of("C", "molecular volume") == -0.862
    assert table.of("C", "secondary structure") == 0.465


def test_amino_acids_give_the_lectures_autocovariance():
    table = load("amino_acids")
    protein = "LNQAVSVAQARENFSRVEQA"
    values = table.column("polarity")
    d = np.array([table.of(letter, "polarity") for letter in protein]) - values.mean()
    got = [(d[:-m] * d[m:]).mean() / values.var() for m in range(1, 6)]
    assert np.allclose(got, [-0.0721, -0.1328, 0.2416, -0.2777, -0.2669], atol=5e-5)


def test_dinucleotides_are_symmetric_and_give_the_lectures_correlation():
    table = load("dinucleotides")
    other = str.maketrans("ACGT", "TGCA")
    rows = dict(zip(table.symbols, table.values, strict=True))
    assert sorted(rows) == sorted(a + b for a in "ACGT" for b in "ACGT")
    for pair, row in rows.items():
        assert np.array_equal(row, rows[pair[::-1].translate(other)])
    assert round(((rows["AC"] - rows["CG"]) ** 2).mean(), 6) == 3.964233
    pairs = [rows["GATTACA"[i : i + 2]] for i in range(6)]
    for lag, expected in enumerate([3.853207, 2.141096, 2.118228, 2.556542, 1.719300], start=1):
        got = np.mean([((a - b) ** 2).mean() for a, b in zip(pairs, pairs[lag:], strict=False)])
        assert round(got, 6) == expected


# --- synthetic sets ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYNTHETIC)
def test_synthetic_sets_depend_on_the_seed_alone(name):
    before = np.random.get_state()[1].copy()  # noqa: NPY002  (it must stay untouched)
    one, other = load(name, rng=1), load(name, rng=2)
    same = load(name, rng=np.random.default_rng(1))
    assert np.array_equal(one.inputs, same.inputs) and np.array_equal(one.targets, same.targets)
    assert not np.array_equal(one.inputs, other.inputs)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert len(load(name, n=37)) == 37
    with pytest.raises(TypeError, match="Generator or an integer"):
        load(name, rng=None)


def test_gates_are_the_logical_operators():
    functions = {
        "AND": operator.and_,
        "OR": operator.or_,
        "XOR": operator.xor,
        "NAND": lambda a, b: 1 - (a & b),
        "NOR": lambda a, b: 1 - (a | b),
        "XNOR": lambda a, b: 1 - (a ^ b),
    }
    for name, function in functions.items():
        gate = load("gate", gate=name)
        assert gate.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert gate.targets.tolist() == [function(int(a), int(b)) for a, b in gate.inputs]
        signed = load("gate", gate=name.lower(), signed=True, signed_inputs=True)
        assert np.array_equal(signed.targets, np.where(gate.targets == 1, 1, -1))
        assert np.array_equal(signed.inputs, 2 * gate.inputs - 1)


def test_noise_free_shapes_lie_where_they_should():
    moons = load("moons", n=101, noise=0)
    centre = np.where(moons.targets[:, None] == 0, [0, 0], [1, 0.5])
    assert np.allclose(np.hypot(*(moons.inputs - centre).T), 1)
    assert (moons.inputs[moons.targets == 0, 1] >= 0).all()
    circles = load("circles", noise=0, inner=0.3)
    assert np.allclose(np.hypot(*circles.inputs.T), np.where(circles.targets == 0, 1, 0.3))
    xor = load("xor", gap=0.2)
    assert np.array_equal(np.prod(np.sign(xor.inputs), axis=1) < 0, xor.targets == 1)
    assert 0.2 <= np.abs(xor.inputs).min() and np.abs(xor.inputs).max() <= 1
    assert len({tuple(s) for s in np.sign(xor.inputs)}) == 4
    spiral = load("spiral", noise=0, classes=2, turns=1)
    radius, angle = np.hypot(*spiral.inputs.T), np.arctan2(spiral.inputs[:, 1], spiral.inputs[:, 0])
    assert np.allclose(np.cos(angle - 2 * np.pi * (radius + spiral.targets / 2)), 1)


def test_blobs_scatter_around_their_centres():
    blobs = load("blobs", n=4000, classes=4, spread=0.5)
    for label, centre in enumerate(blobs.truth["centres"]):
        cloud = blobs.inputs[blobs.targets == label]
        assert np.allclose(cloud.mean(axis=0), centre, atol=0.07)
        assert np.allclose(cloud.std(axis=0), 0.5, atol=0.05)
    assert np.allclose(np.hypot(*blobs.truth["centres"].T), 2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("margin", "dimensions"), [(0.0, 2), (0.3, 2), (0.2, 7), (0.5, 1)])
def test_linearly_separable_keeps_its_margin(margin, dimensions, seed):
    data = load("linearly_separable", margin=margin, dimensions=dimensions, rng=seed)
    weights, bias = data.truth["weights"], data.truth["bias"]
    assert np.isclose(np.linalg.norm(weights), 1)
    signed = np.where(data.targets == 1, 1, -1) * (data.inputs @ weights + bias)
    assert signed.min() >= margin and np.abs(data.inputs).max() <= 1
    assert np.bincount(data.targets).tolist() == [50, 50]
    with pytest.raises(ValueError, match="margin lies in"):
        load("linearly_separable", margin=2)


def test_curves_are_their_formulas_plus_noise():
    sine, cubic = load("sine", n=5000, noise=0.2), load("cubic", n=5000, noise=0)
    x = sine.inputs[:, 0]
    assert np.allclose(sine.truth["clean"], np.sin(2 * np.pi * x))
    assert abs((sine.targets - sine.truth["clean"]).std() - 0.2) < 0.01
    x = cubic.inputs[:, 0]
    assert np.allclose(cubic.targets, x**3 - x / 2) and x.min() < -0.9


# --- what a Dataset can do --------------------------------------------------------------------


def test_split_cuts_each_class_at_the_fraction_and_loses_nothing():
    iris = load("iris")
    train, test = iris.split(0.8, rng=3)
    assert np.bincount(train.targets).tolist() == [40, 40, 40]
    assert np.bincount(test.targets).tolist() == [10, 10, 10]

    def rows(*parts):
        return sorted(tuple(row) for part in parts for row in np.c_[part.inputs, part.targets])

    assert rows(train, test) == rows(iris)
    assert np.array_equal(iris.split(0.8, rng=3)[0].inputs, train.inputs)
    assert not np.array_equal(iris.split(0.8, rng=4)[0].inputs, train.inputs)
    assert len(set(np.flatnonzero(np.diff(train.targets)))) > 20  # shuffled, not class by class
    plain, _ = iris.split(0.8, rng=3, stratify=False)
    assert len(plain) == 120 and np.bincount(plain.targets).tolist() != [40, 40, 40]
    diabetes, rest = load("diabetes").split(0.5, rng=0)
    assert len(diabetes) == len(rest) == 221
    for fraction in (0, 1, 1.5, 0.001):
        with pytest.raises(ValueError):
            iris.split(fraction, rng=0)


def test_standardised_uses_the_training_moments_and_survives_constant_features():
    train, test = load("digits").split(0.7, rng=0)  # the corner pixels are always 0
    scaled = train.standardised()
    alive = train.std > 0
    assert not alive.all()
    assert np.allclose(scaled.inputs.mean(axis=0), 0)
    assert np.allclose(scaled.inputs.std(axis=0), alive)
    reference = StandardScaler().fit(train.inputs)
    got = test.standardised(train.mean, train.std).inputs
    assert np.allclose(got, reference.transform(test.inputs))


def test_only_keeps_and_renumbers_classes():
    digits = load("digits")
    pair = digits.only(8, 3)
    assert pair.class_names == ("8", "3")
    assert np.array_equal(pair.inputs[pair.targets == 0], digits.inputs[digits.targets == 8])
    assert np.array_equal(pair.inputs[pair.targets == 1], digits.inputs[digits.targets == 3])
    for wrong in [(3, 3), (11,), ()]:
        with pytest.raises(KeyError, match="choose different classes"):
            digits.only(*wrong)
    with pytest.raises(ValueError, match="no classes"):
        load("sine").only(1)


def test_a_dataset_refuses_targets_of_another_length():
    with pytest.raises(ValueError, match="3 inputs but 2 targets"):
        Dataset("broken", np.zeros((3, 2)), np.zeros(2))


# --- data/README.md ---------------------------------------------------------------------------


def readme_tables() -> list[list[list[str]]]:
    text = (data_folder() / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    return [
        [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in block.splitlines()]
        for block in blocks
    ]


def test_readme_lists_every_file_with_its_size_and_digest():
    listed = {row[0]: row for row in readme_tables()[0][2:]}
    files = {path.name for path in data_folder().iterdir()} - {"README.md", "__init__.py"}
    assert set(listed) == {name for name in files if not name.startswith("__")}
    for name, row in listed.items():
        content = (data_folder() / name).read_bytes()
        assert row[4] == str(len(content))
        assert row[5] == f"`{hashlib.sha256(content).hexdigest()}`"
        assert row[2] and row[3] and ENTRIES[re.search(r'"(\w+)"', row[1])[1]]


def test_readme_names_every_data_set():
    text = (data_folder() / "README.md").read_text(encoding="utf-8")
    for name in ENTRIES:
        assert re.search(rf"\b{name}\b", text), name
    downloads = {row[0]: row[1] for row in readme_tables()[2][2:]}
    assert downloads == {name: e.download for name, e in ENTRIES.items() if e.download}


def test_readme_chapters_use_data_that_exist():
    chapters = {row[0]: row[1] for row in readme_tables()[3][2:]}
    assert {"perceptron", "comparing classifiers"} <= set(chapters)
    for data in chapters.values():
        known = any(name in ENTRIES for name in re.findall(r"\w+", data))
        assert known or data.strip().startswith("generated, with known truth")
    only_digits = [c for c, data in chapters.items() if data.strip() == "digits"]
    assert len(only_digits) <= 6


def test_the_tables_are_clean_csv():
    for path in data_folder().glob("*.csv"):
        assert b"\r" not in path.read_bytes()
        with open(path, newline="", encoding="utf-8") as handle:
            rows = list(csv.reader(handle))
        assert len({len(row) for row in rows}) == 1, path.name
        assert len({row[0] for row in rows}) == len(rows), path.name
