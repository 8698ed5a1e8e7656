"""N-grams against sums to one, the lecture's numbers and formulas written out a second time."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest

from course_lib.models import ngrams
from course_lib.models.ngrams import END, START, NGrams

CORPUS = [s.split() for s in ("the cat sat", "the cat ran", "the dog sat")]
TEXT = [s.split() for s in ("a b a c", "b a b", "c c a b d", "a", "d a b a c c")]
SMOOTHERS = [
    partial(ngrams.add_k, k=0.3),
    partial(ngrams.interpolated, trust=0.7),
    partial(ngrams.back_off, discount=0.6),
    partial(ngrams.kneser_ney, discount=0.6),
]


@pytest.mark.parametrize("smoother", SMOOTHERS, ids=lambda s: s.func.__name__)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("context", [(), ("a",), ("c", "c"), ("d", "d", "d"), ("never", "seen")])
def test_every_smoother_is_a_distribution(smoother, n, context) -> None:
    p = ngrams.distribution(NGrams(TEXT, n), context, smoother)
    assert len(p) == 5 and p.min() > 0
    np.testing.assert_allclose(p.sum(), 1)


def test_the_lectures_bigrams() -> None:
    counts = NGrams(CORPUS, 2)
    assert set(counts.vocabulary) == {"the", "cat", "dog", "sat", "ran", END}
    assert np.isclose(ngrams.probability(counts, "the cat sat".split()), 1 / 3)
    assert ngrams.probability(counts, "the dog ran".split()) == 0
    add_one = [ngrams.probability(counts, s.split(), ngrams.add_k)
               for s in ("the cat sat", "the dog ran")]  # fmt: skip
    # (4/9)(3/9)(2/8)(3/8) and (4/9)(2/9)(1/7)(2/7)
    np.testing.assert_allclose(add_one, [0.0138889, 0.0040312], atol=5e-8)


def test_kneser_ney_bigram_written_out() -> None:
    counts, d = NGrams(TEXT, 2), 0.75
    pairs = Counter()
    for s in TEXT:
        padded = [START, *s, END]
        pairs.update(zip(padded, padded[1:], strict=False))
    kinds = len(pairs)
    for context in ("a", "c", START):
        follow = {w: c for (h, w), c in pairs.items() if h == context}
        total = sum(follow.values())
        for word in counts.vocabulary:
            before = sum(w == word for _, w in pairs)
            low = max(before - d, 0) / kinds + d * len(counts.vocabulary) / kinds / 5
            right = max(follow.get(word, 0) - d, 0) / total + d * len(follow) / total * low
            got = ngrams.kneser_ney(counts, word, () if context == START else (context,), d)
            assert np.isclose(got, right)


def test_interpolation_and_back_off_by_hand() -> None:
    counts = NGrams(CORPUS, 2)
    # after "dog": only "sat", once. Unigrams: 12 events, sat 2, ran 1, |V| = 6
    low = 0.6 * 1 / 12 + 0.4 / 6
    assert np.isclose(ngrams.interpolated(counts, "ran", ("dog",), 0.6), 0.4 * low)
    # every word was seen at least once, so unigrams give up nothing
    assert np.isclose(ngrams.back_off(counts, "ran", ("dog",), 0.5), 0.5 * (1 / 12) / (10 / 12))
    assert np.isclose(ngrams.back_off(counts, "sat", ("dog",), 0.5), 0.5)
    wider = NGrams(CORPUS, 2, vocabulary=["bird"])
    unigram = {w: (wider.count(w, ()) - 0.5) / 12 for w in wider.vocabulary}
    right = 0.5 * unigram["ran"] / (1 - unigram["sat"])
    assert np.isclose(ngrams.back_off(wider, "ran", ("dog",), 0.5), right)
    alone = NGrams(CORPUS, 1, vocabulary=["bird"])
    assert np.isclose(ngrams.back_off(alone, "bird", (), 0.5), 0.5 * 6 / 12)


def test_perplexity() -> None:
    uniform = NGrams([list("abcd")], 1, end=None)
    assert np.isclose(ngrams.perplexity(uniform, [list("aabb")], ngrams.maximum_likelihood), 4)
    counts = NGrams(CORPUS, 2)
    assert ngrams.perplexity(counts, [["the", "dog", "ran"]], ngrams.maximum_likelihood) == np.inf
    p = ngrams.probability(counts, CORPUS[0], ngrams.add_k)
    assert np.isclose(ngrams.perplexity(counts, CORPUS[:1], ngrams.add_k), p ** (-1 / 4))
    assert np.isclose(ngrams.impossible(counts, [*CORPUS, ["the", "dog", "ran"]]), 0.25)
    with pytest.raises(ValueError, match="at least one word"):
        ngrams.perplexity(counts, [])


def test_a_stream_of_numbers_has_no_end() -> None:
    counts = NGrams([[0, 1, 2, 0, 1, 2, 0]], 3, end=None, vocabulary=range(4))
    assert counts.vocabulary == [0, 1, 2, 3]
    assert ngrams.maximum_likelihood(counts, 2, (0, 0, 0, 0, 1)) == 1
    assert np.isclose(ngrams.distribution(counts, (2, 0)).sum(), 1)


def test_sentences_unknown_words_and_sampling() -> None:
    text = "The cat sat. Did it?\n\nA heading\n\nDon't panic: x = 3, the cat ran!"
    found = ngrams.sentences_of(text)
    assert found[0] == ["the", "cat", "sat"] and ["don't", "panic"] in found
    known = ngrams.known_words(found)
    assert known == {"the", "cat"}
    assert ngrams.with_unknown(found, known)[0] == ["the", "cat", "<unk>"]
    rng = np.random.default_rng(0)
    drawn = {" ".join(ngrams.sample(NGrams(CORPUS, 2), rng)) for _ in range(60)}
    assert drawn == {"the cat sat", "the cat ran", "the dog sat"}


@pytest.mark.parametrize(("sentences", "n", "says"), [(CORPUS, 0, "n=0"), ([], 2, "single word")])
def test_bad_input(sentences, n, says) -> None:
    with pytest.raises(ValueError, match=says):
        NGrams(sentences, n)
