"""The pictures of the chapter on word embeddings: every control shows in the sentence."""

from __future__ import annotations

import numpy as np
import pytest

from course_lib.datasets import planted_words
from course_lib.models import ngrams, word_vectors
from course_lib.plotting import explore
from course_lib.plotting import word_embeddings_views as views

SAYS = "A picture of the chapter, drawn only to be moved by this test and looked at by nobody."


@pytest.fixture(scope="module")
def world() -> word_vectors.WordVectors:
    corpus = word_vectors.Corpus.of(planted_words.royal(400, np.random.default_rng(0), 0.1))
    table = word_vectors.ppmi(word_vectors.cooccurrence(corpus, 4))
    rows = word_vectors.factorise(table, 8, np.random.default_rng(0))
    return word_vectors.WordVectors(corpus.words, rows)


def moved(shown, **changes) -> None:
    for name, value in changes.items():
        before = shown.text
        shown.set(**{name: value})
        assert shown.text != before, name
        shown.reset()


def test_analogies_and_neighbours(world) -> None:
    nouns = list(planted_words.NOUNS)
    shown = explore(
        views.analogy_view(world, nouns), name="a", size=(8, 4), axes=(1, 2), says=SAYS,
        a=["man", *nouns[2:]], b=["king", "actor"], c=["woman", "aunt"], exclude=True,
    )  # fmt: skip
    assert "queen" in shown.text
    for change in ({"a": "uncle"}, {"b": "actor"}, {"c": "aunt"}, {"exclude": False}):
        before = shown.text
        shown.set(**change)
        assert shown.text != before
        shown.reset()
    counts = dict.fromkeys(world.words, 3)
    near = explore(
        views.neighbours_view({"one": world, "two": world}, counts), name="n", says=SAYS,
        word=["king", "aunt"], vectors=["one", "two"],
    )  # fmt: skip
    moved(near, word="aunt")
    near.set(vectors="two")
    assert near.text.startswith("two")


def test_lsa_windows_and_next_word() -> None:
    A = np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1]])
    lsa = explore(
        views.lsa_view(A, list("abcd")), name="l", axes=(1, 2), size=(8, 3), says=SAYS,
        rank=(1, 3, 2), document=(1, 3, 1),
    )  # fmt: skip
    moved(lsa, rank=1, document=3)
    pairs = explore(
        views.windows_view("the cat sat on mat".split()), name="w", says=SAYS,
        model=["skip-gram", "CBOW"], window=(1, 3, 1), position=(1, 5, 2),
    )  # fmt: skip
    assert pairs.text == "2 examples: cat -> the, cat -> sat"
    moved(pairs, model="CBOW", window=2, position=4)
    lines = [s.split() for s in ("the cat sat", "the dog sat", "the cat ran on the dog")]
    models = {n: ngrams.NGrams(lines, n) for n in (1, 2)}
    word = explore(
        views.next_word_view(models), name="x", says=SAYS,
        context=["the", "on the cat"], n=(1, 2, 2), smoother=list(views.SMOOTHERS),
    )  # fmt: skip
    moved(word, context="on the cat", n=1, smoother="add one")


def test_stills_have_their_parts(world) -> None:
    by = views.by_order({"one": np.ones((2, 3)), "two": 2 * np.ones((2, 3))}, "t", (1.0, "floor"))
    assert [t.get_text() for t in by.axes[0].get_legend().get_texts()] == ["one", "two", "floor"]
    ratio = views.ratios(["x", "y"], np.array([[0.2, 0.1], [0.1, 0.4]]))
    ends = [bar.get_y() + bar.get_height() for bar in ratio.axes[0].patches]  # bars start at 1
    assert ends == pytest.approx([2, 0.25])
    marks = views.methods({"m": np.array([[0.1, 0.2], [0.3, 0.4]])}, ["p", "q"], "t").axes[0]
    assert [bar.get_height() for bar in marks.patches] == pytest.approx([0.2, 0.3])
    corr = views.plane(np.array([[0.0, 0, 1], [0, 0, -1], [0.1, 0, 0]]))
    assert np.isclose(abs(corr[0, 0] - corr[1, 0]), 2, atol=0.01)
    figure = views.word_map(world, {"men": ["king", "man"], "women": ["queen", "woman"]}, "map")
    assert "map" in {figure.axes[0].get_title(loc) for loc in ("left", "center")}
