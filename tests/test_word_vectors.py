"""Word vectors against scikit-learn, torch, finite differences, brute force and the lecture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from course_lib.datasets import planted_words
from course_lib.models import word_vectors as wv

SENTENCES = [s.split() for s in ("a b c a d", "b a b", "c c a", "e b")]


def test_bags_and_tf_idf_equal_scikit_learn() -> None:
    words = ["a", "b", "c", "d", "e"]
    theirs = CountVectorizer(vocabulary=words, token_pattern=r"\w").transform(
        " ".join(s) for s in SENTENCES
    )
    bags = wv.bag_of_words(SENTENCES, words)
    np.testing.assert_array_equal(bags, theirs.toarray())
    plain = TfidfTransformer(norm=None, smooth_idf=False).fit_transform(theirs).toarray()
    np.testing.assert_allclose(wv.tf_idf(bags), plain - bags)  # theirs adds 1 to the idf
    with pytest.raises(ValueError, match="no document"):
        wv.tf_idf(np.array([[1.0, 0.0], [2.0, 0.0]]))


def test_cosine_of_rows_and_of_nothing() -> None:
    a, b = np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]]), np.array([[4.0, 3.0]])
    np.testing.assert_allclose(wv.cosine(a, b).ravel(), [0.96, 0, 0.8])


def test_pairs_and_counts_by_brute_force() -> None:
    assert wv.cbow_pairs("the cat sat".split(), 1)[1] == ("cat", ["the", "sat"])
    assert len(wv.skip_gram_pairs("the cat sat on mat".split(), 1)) == 8
    for window in (1, 2, 3):
        corpus = wv.Corpus.of(SENTENCES)
        X = wv.cooccurrence(corpus, window)
        near = wv.cooccurrence(corpus, window, harmonic=True)
        right, weighted = np.zeros_like(X), np.zeros_like(X)
        number = {w: k for k, w in enumerate(corpus.words)}
        for s in SENTENCES:
            for i, a in enumerate(s):
                for j, b in enumerate(s):
                    if 0 < abs(i - j) <= window:
                        right[number[a], number[b]] += 1
                        weighted[number[a], number[b]] += 1 / abs(i - j)
        np.testing.assert_array_equal(X, right)
        np.testing.assert_allclose(near, weighted)
    few = wv.Corpus.of(SENTENCES, most=2)
    assert few.words == ("a", "b") and few.counts.tolist() == [4, 4]
    with pytest.raises(ValueError, match="single word"):
        wv.Corpus.of([[]])


def test_pmi_by_hand() -> None:
    X = np.array([[4.0, 6, 0], [6, 2, 1], [0, 1, 8]])
    table = wv.pmi(X)
    assert np.isclose(table[0, 1], np.log(6 * 28 / (10 * 9))) and table[0, 2] == -np.inf
    positive = wv.ppmi(X, shift=1.5)
    assert positive.min() == 0 and np.isclose(positive[2, 2], table[2, 2] - np.log(1.5))
    smooth = X.sum(axis=0) ** 0.75
    assert np.isclose(wv.pmi(X, 0.75)[1, 2], np.log(1 / 9 / (smooth[2] / smooth.sum())))


def test_factorise_is_the_svd() -> None:
    rng = np.random.default_rng(0)
    M = rng.normal(size=(30, 6)) @ rng.normal(size=(6, 30)) + 0.01 * rng.normal(size=(30, 30))
    U, s, _ = np.linalg.svd(M)
    rows = wv.factorise(M, 5, rng)
    right = U[:, :5] * np.sqrt(s[:5])
    np.testing.assert_allclose(np.abs(rows), np.abs(right), atol=1e-6)
    with pytest.raises(ValueError, match="31 dimensions"):
        wv.factorise(M, 31, rng)


def test_the_neural_language_model_is_its_equation() -> None:
    net = wv.NeuralLanguageModel(words=7, context=2, m=3, hidden=4, nets=2, seed=1)
    contexts = torch.tensor([[[0, 6], [1, 1], [2, 3]], [[4, 4], [5, 0], [6, 2]]])
    logits = net(contexts)
    assert logits.shape == (2, 3, 7)
    for k in range(2):
        onehot = torch.eye(7)[contexts[k]]
        x = (onehot @ net.C[k]).flatten(1)
        h = torch.tanh(x @ net.H[k] + net.d[k])
        torch.testing.assert_close(logits[k], h @ net.U[k] + net.b[k])
    targets = torch.tensor([[0, 1, 2], [3, 4, 5]])
    right = [torch.nn.functional.cross_entropy(logits[k], targets[k]) for k in range(2)]
    torch.testing.assert_close(wv.surprise(logits, targets), torch.stack(right))


def test_a_language_model_learns_a_sure_thing() -> None:
    x = torch.stack([torch.arange(20) % 5, torch.arange(20) % 5], dim=1)[None]
    t = (x[..., 0] + 1) % 5
    net = wv.NeuralLanguageModel(5, 2, 4, 8)
    history = wv.train_language_models(net, (x, t), (x, t), 40, batch=10, learning_rate=0.03)
    assert history.shape == (40, 1) and history[0, 0] > 2 > 1.1 > history[-1, 0]


def test_the_lectures_costs() -> None:
    assert wv.bengio_cost(100_000, 100, 5, 500) == {
        "lecture": 60_250_000, "with lookup": 50_250_500,
    }  # fmt: skip


def test_sgns_gradients_against_finite_differences() -> None:
    rng = np.random.default_rng(0)
    v, u, n = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(2, 3))
    by_v, by_u, by_n = wv.sgns_gradients(v, u, n)
    for at, slope, loss in (
        (v, by_v, lambda x: wv.sgns_loss(x, u, n)),
        (u, by_u, lambda x: wv.sgns_loss(v, x, n)),
        (n.ravel(), by_n.ravel(), lambda x: wv.sgns_loss(v, u, x.reshape(2, 3))),
    ):
        assert np.allclose(optimize.approx_fprime(at, loss, 1e-7), slope, atol=1e-5)
    assert round(wv.sgns_loss(np.array([0.5, -0.5]), np.eye(2)[0], np.eye(2)[1:]), 5) == 0.94815


def test_expected_sgns_is_the_mean_over_pairs() -> None:
    rng = np.random.default_rng(1)
    X = rng.integers(0, 5, size=(4, 4)).astype(float)
    V, U = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    chance = X.sum(0) / X.sum()
    total = 0.0
    for i in range(4):
        for j in range(4):
            total += X[i, j] * np.logaddexp(0, -U[j] @ V[i])
            total += X[i].sum() * 2 * chance[j] * np.logaddexp(0, U[j] @ V[i])
    ours = wv.expected_sgns(*(torch.tensor(a)[None] for a in (V, U)), torch.tensor(X), 2)
    assert np.isclose(ours.item(), total / X.sum())


def test_words_of_a_slot_become_neighbours() -> None:
    order = np.random.default_rng(0).permutation(256)[:48]
    corpus = wv.Corpus.of([planted_words.news()[i] for i in order])
    states = list(wv.skip_gram(wv.cooccurrence(corpus, 2), steps=150, every=50, seed=0))
    assert [s.step for s in states] == [0, 50, 100, 150]
    assert states[-1].loss[0] < states[0].loss[0]
    vectors = wv.WordVectors(corpus.words, states[-1].centre[0])
    for word in corpus.words:
        slot = planted_words.slot_of(word)
        if slot is not None:
            assert planted_words.slot_of(vectors.nearest(word, 1)[0][0]) == slot


def test_cbow_averages() -> None:
    bags, targets = np.array([[0.0, 2, 1, 0], [1, 0, 0, 1]]), np.array([0, 2])
    (state,) = wv.cbow(targets, bags, m=3, steps=0, seed=5)
    v, u = state.centre[0], state.company[0]
    losses = []
    for bag, t in zip(bags, targets, strict=True):
        a = u @ (bag @ v / bag.sum())
        losses.append(np.log(np.exp(a).sum()) - a[t])
    assert np.isclose(state.loss[0], np.mean(losses), atol=1e-6)


def test_word2vec_finds_the_slots() -> None:
    rng = np.random.default_rng(0)
    news = planted_words.news()
    corpus = wv.Corpus.of([news[i] for i in rng.integers(256, size=400)])
    rows = wv.word2vec(corpus, 8, 2, pairs=200_000, subsample=1, learning_rate=0.1, batch=128)
    vectors = wv.WordVectors(corpus.words, rows)
    same = [planted_words.slot_of(vectors.nearest(w, 1)[0][0]) == planted_words.slot_of(w)
            for w in corpus.words if planted_words.slot_of(w) is not None]  # fmt: skip
    assert np.mean(same) > 0.9


def test_huffman_and_its_softmax() -> None:
    counts = {"a": 5, "b": 2, "c": 1, "d": 1}
    codes = wv.huffman(counts)
    assert codes == {"a": "1", "b": "00", "c": "010", "d": "011"}
    assert np.isclose(sum(2.0 ** -len(c) for c in codes.values()), 1)
    rng = np.random.default_rng(0)
    nodes = {c[:k]: rng.normal(size=3) for c in codes.values() for k in range(len(c))}
    p = wv.hierarchical_softmax(rng.normal(size=3), codes, nodes)
    assert np.isclose(sum(p.values()), 1) and min(p.values()) > 0
    with pytest.raises(ValueError, match="two words"):
        wv.huffman({"a": 1})


def test_glove_fits_what_it_can_fit() -> None:
    rng = np.random.default_rng(0)
    X = np.exp(rng.normal(size=(6, 2)) @ rng.normal(size=(2, 6)) + 2)
    fitted = wv.glove(X, m=4, steps=600, nets=2)
    np.testing.assert_allclose(fitted.predicted[1], np.log(X), atol=0.05)
    assert (fitted.losses[-1] < fitted.losses[0] / 100).all()
    one = wv.glove_term(np.array([0.5, 1]), np.array([1, 0.5]), 0.1, 0.2, 10)
    assert round(one, 5) == 0.17875
    np.testing.assert_allclose(wv.glove_weight(np.array([0, 1, 10, 50, 100, 1e4])).round(4),
                               [0, 0.0316, 0.1778, 0.5946, 1, 1])  # fmt: skip


def test_glove_slopes_equal_autograd() -> None:
    """One step from the same start: the direction of Adam's first step is the slope's sign."""
    X = np.array([[0.0, 3, 1], [3, 2, 0], [1, 0, 5]])
    start, after = wv.glove(X, 2, 0, seed=3), wv.glove(X, 2, 1, seed=3, learning_rate=0.01)
    w, c, b, d = (torch.tensor(getattr(start, k)[0], requires_grad=True) for k in "wcbd")
    f, log = torch.tensor(wv.glove_weight(X)), torch.tensor(np.log(np.where(X > 0, X, 1)))
    loss = (f * (w @ c.T + b[:, None] + d - log) ** 2).sum()
    loss.backward()
    assert np.isclose(after.losses[0, 0], loss.item(), rtol=1e-5)
    for name, leaf in zip("wcbd", (w, c, b, d), strict=True):
        moved = getattr(after, name)[0] - getattr(start, name)[0]
        np.testing.assert_array_equal(np.sign(moved), -np.sign(leaf.grad.numpy()))


def test_asking_vectors() -> None:
    rows = np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 2], [0, 1, 2], [-1, 0, 0]])
    vectors = wv.WordVectors(["man", "king", "woman", "queen", "table"], rows)
    assert vectors.nearest("man", 1)[0] == ("king", pytest.approx(np.sqrt(0.5)))
    assert vectors.analogy("man", "king", "woman", 1)[0][0] == "queen"
    assert "woman" in [w for w, _ in vectors.analogy("man", "king", "woman", exclude=False)]
    assert vectors.rank("man", "king") == 0 and vectors.rank("man", "table") == 3
    assert np.isclose(vectors.similarity("man", "table"), -1)
    with pytest.raises(KeyError, match="woman"):
        vectors["women"]
    with pytest.raises(ValueError, match="2 words"):
        wv.WordVectors(["a", "b"], rows)
    flat = wv.without_direction(rows, np.array([0, 0, 3.0]))
    np.testing.assert_allclose(flat[:, 2], 0)
    np.testing.assert_allclose(flat[:, :2], rows[:, :2])


def test_planted_worlds() -> None:
    news = planted_words.news()
    assert len(news) == len(set(map(tuple, news))) == 256
    assert len({w for s in news for w in s}) == 19
    assert planted_words.slot_of("talks") == 1 and planted_words.slot_of("to") is None
    rng = np.random.default_rng(0)
    clean = planted_words.royal(200, rng)
    for s in clean:
        noun = s[2]
        rank, gender = planted_words.NOUNS[noun]
        allowed = {*planted_words.RANKS[rank], *planted_words.GENDERS[gender]}
        assert set(s) - {noun} <= allowed
    jobs = [s for s in planted_words.professions(4000, rng) if "engineer" in s]
    he = np.mean([any(w in planted_words.GENDERS["he"] for w in s) for s in jobs])
    assert abs(he - 0.9) < 0.05
    with pytest.raises(ValueError, match="noise"):
        planted_words.royal(3, rng, noise=2)
