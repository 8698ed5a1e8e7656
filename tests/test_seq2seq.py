"""Seq2seq against torch's own layers, attention and retrieval against hand numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.datasets import translations
from course_lib.datasets.translations import EOS, PAD, SOS
from course_lib.models import seq2seq
from course_lib.models.beam_search import beam_search
from course_lib.trace import record

SOURCES = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def tokens(*shape: int, words: int = 9, seed: int = 0) -> torch.Tensor:
    return torch.randint(3, words, shape, generator=torch.Generator().manual_seed(seed))


def test_gru_equals_torch_for_every_net() -> None:
    nets, batch, length, n, size = 3, 4, 5, 2, 6
    layer = seq2seq.GRU(nets, n, size, torch.Generator().manual_seed(1))
    x = torch.randn(nets, batch, length, n, generator=torch.Generator().manual_seed(2))
    h0 = torch.randn(nets, batch, size, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        for part in (layer.input, layer.state):
            part.b.normal_(generator=torch.Generator().manual_seed(4))
        out, last = layer(x, h0)
        for net in range(nets):
            theirs = nn.GRU(n, size, batch_first=True)
            theirs.weight_ih_l0.copy_(layer.input.W[net].T)
            theirs.weight_hh_l0.copy_(layer.state.W[net].T)
            theirs.bias_ih_l0.copy_(layer.input.b[net, 0])
            theirs.bias_hh_l0.copy_(layer.state.b[net, 0])
            expected, end = theirs(x[net], h0[net][None])
            torch.testing.assert_close(out[net], expected)
            torch.testing.assert_close(last[net], end[0])


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_attention_equals_the_formula_for_one_query(kind: str) -> None:
    nets, batch, queries, length, size = 2, 3, 4, 5, 6
    draw = torch.Generator().manual_seed(0)
    layer = seq2seq.Attention(nets, size, kind, draw).double()
    h = torch.randn(nets, batch, queries, size, generator=draw, dtype=torch.float64)
    s = torch.randn(nets, batch, length, size, generator=draw, dtype=torch.float64)
    alive = torch.arange(length) < torch.tensor([5, 3, 2])[:, None]
    with torch.no_grad():
        contexts, weights = layer(h, s, alive.expand(nets, batch, length))
    assert (weights[:, 1, :, 3:] == 0).all() and (weights[:, 2, :, 2:] == 0).all()
    net, b, q = 1, 1, 2
    one, real = h[net, b, q].numpy(), s[net, b, :3].numpy()
    W = layer.W.W[net].detach().numpy()
    if kind == "multiplicative":
        by_hand = seq2seq.multiplicative_scores(one, real, W)
    else:
        W2, v = layer.W2.W[net].detach().numpy(), layer.v[net].detach().numpy()
        by_hand = seq2seq.additive_scores(one, real, W.T, W2.T, v)
    expected, context = seq2seq.attend(by_hand, real)
    np.testing.assert_allclose(weights[net, b, q, :3].numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(contexts[net, b, q].numpy(), context, atol=1e-12)


def test_lecture_numbers_of_attention() -> None:
    weights, context = seq2seq.attend(
        seq2seq.multiplicative_scores([1, 0], SOURCES, np.eye(2)), SOURCES
    )
    np.testing.assert_allclose(weights, [0.42232, 0.15536, 0.42232], atol=5e-6)
    np.testing.assert_allclose(context, [0.84464, 0.57768], atol=5e-6)
    added = seq2seq.additive_scores([1, 0], SOURCES, np.eye(2), np.eye(2), np.ones(2))
    np.testing.assert_allclose(added, [0.96403, 1.52319, 1.72562], atol=5e-6)
    weights, context = seq2seq.attend(added, SOURCES)
    np.testing.assert_allclose(weights, [0.20446, 0.35765, 0.43789], atol=5e-6)
    np.testing.assert_allclose(context, [0.64235, 0.79554], atol=5e-6)
    weights, out = seq2seq.attend(
        seq2seq.dot_scores([1, 0], SOURCES), np.array([[1, 0], [0, 2], [3, 1]])
    )
    np.testing.assert_allclose(weights, [0.4011, 0.1978, 0.4011], atol=5e-5)
    np.testing.assert_allclose(out, [1.6044, 0.7967], atol=5e-5)
    both = seq2seq.hierarchical(
        [np.array([[1, 0], [0, 1]]), np.array([[1, 1], [0, 0]])], np.array([1, 0])
    )
    np.testing.assert_allclose(both["document"], [0.73106, 0.5], atol=5e-6)
    gates, scaled = seq2seq.squeeze_and_excite(
        np.array([[[1, 3], [1, 3]], [[0, 0], [4, 0]]]), [[1, -1]], [[1], [-1]]
    )
    np.testing.assert_allclose(gates, [0.73106, 0.26894], atol=5e-6)
    assert scaled.shape == (2, 2, 2) and scaled[1, 1, 0] == pytest.approx(4 * 0.26894, abs=5e-5)


@pytest.mark.parametrize("attention", [None, "multiplicative", "additive"])
def test_padding_changes_nothing(attention: str | None) -> None:
    model = seq2seq.Seq2Seq(9, 8, 6, attention=attention, layers=2, shortcuts=True)
    source, target = tokens(1, 1, 4), tokens(1, 1, 3, words=8)
    longer = torch.cat([source, torch.full((1, 1, 3), PAD)], dim=2)
    torch.testing.assert_close(model(source, target), model(longer, target))


def test_nets_are_strangers() -> None:
    model = seq2seq.Seq2Seq(9, 8, 6, attention="multiplicative", nets=3)
    source, target = tokens(3, 2, 4), tokens(3, 2, 3, words=8)
    logits = model(source, target)
    assert logits.shape == (3, 2, 3, 8)
    logits[1].sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert (weight.grad[[0, 2]] == 0).all(), name


def test_rolling_with_the_teacher_is_teacher_forcing() -> None:
    model = seq2seq.Seq2Seq(9, 8, 6, attention="additive")
    source, target = tokens(1, 3, 4), tokens(1, 3, 5, words=8)
    draw = torch.Generator().manual_seed(0)
    read = seq2seq.shifted(target)
    torch.testing.assert_close(model.roll(source, read, 0.0, draw), model(source, read))
    free = model.roll(source, read, 1.0, draw).argmax(dim=-1)
    said, maps = model.translate(source, 5)
    assert (free == said).all()
    assert maps is not None and maps.shape == (1, 3, 5, 4)
    torch.testing.assert_close(maps.sum(dim=-1), torch.ones(1, 3, 5))


def test_loss_ignores_padding_and_sums_nets() -> None:
    logits = torch.randn(2, 3, 4, 7, generator=torch.Generator().manual_seed(0))
    target = tokens(2, 3, 4, words=7)
    target[:, 1, 2:] = PAD
    expected = sum(
        nn.functional.cross_entropy(logits[k].flatten(0, 1), target[k].flatten(), ignore_index=PAD)
        for k in range(2)
    )
    torch.testing.assert_close(seq2seq.masked_loss(logits, target), expected)


def test_a_small_net_learns_and_beam_one_is_greedy() -> None:
    pairs = translations.reversals(300, (2, 3), "abc", rng=0)
    work = seq2seq.task(pairs, 250, 50, nets=2)
    model = seq2seq.Seq2Seq(len(work.source), len(work.target), 16, attention="additive", nets=2)
    step = seq2seq.teacher(model)
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    before = seq2seq.scores(model, work.test)
    for _ in range(60):
        loss = step(work.train)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    after = seq2seq.scores(model, work.test)
    assert (after["tokens"] > before["tokens"] + 0.3).all() and after["exact"].shape == (2,)
    assert (after["forced"] > 0.6).all()
    source = work.test[0][0, 1].tolist()
    source = source[: source.index(EOS) + 1]
    next_word = model.log_probabilities(source, net=1)
    best = record(beam_search(next_word, SOS, EOS, 1, 6))[-1].best
    said, _ = model.translate(torch.tensor(source).expand(2, 1, len(source)), 6)
    assert list(best.tokens) == said[1, 0, : len(best.tokens)].tolist()
    assert np.exp(next_word((SOS,))).sum() == pytest.approx(1)
    heard, written, map_ = seq2seq.alignment(
        model, (work.source, work.target), work.test_pairs[0].sources[0]
    )
    assert map_.shape == (len(written), len(heard))
    np.testing.assert_allclose(map_.sum(axis=1), 1, atol=1e-6)


def test_task_splits_each_net_anew() -> None:
    work = seq2seq.task(translations.numbers(99), 60, 30, nets=2)
    assert work.train[0].shape == (60, 2, 4) and work.test[1].shape[:2] == (30, 2)
    assert work.train_pairs[0].sources != work.train_pairs[1].sources
    assert not set(work.train_pairs[1].sources) & set(work.test_pairs[1].sources)
    with pytest.raises(ValueError, match="there are 100"):
        seq2seq.task(translations.numbers(99), 90, 20)


def test_dictionary_by_counting() -> None:
    found = seq2seq.word_dictionary(translations.numbers(999))
    assert found["vier"] == "four" and found["vierzig"] == "forty" and found["hundert"] == "hundred"
    assert found["und"] == ""
    said = seq2seq.word_for_word(found, translations.german(342))
    assert said == ("three", "hundred", "two", "forty")


def test_retrieval_and_turns() -> None:
    questions = ["where is the exam", "what is a net", "the cat sat"]
    best = seq2seq.retrieve("what is the exam", questions, k=2)
    idf = np.log([3 / 1, 3 / 2, 3 / 2])  # rare words 3, "is" and "the" 3/2
    where = idf[1] ** 2 * 2 + idf[0] ** 2  # is, the, exam
    asked = np.sqrt(idf[0] ** 2 * 2 + 2 * idf[1] ** 2)
    norm = np.sqrt(2 * idf[0] ** 2 + 2 * idf[1] ** 2)
    assert best[0] == (0, pytest.approx(where / (asked * norm)))
    assert seq2seq.retrieve("zebra", questions)[0][1] == 0.0
    talk = [("a", "b"), ("c", "d"), ("e", "f")]
    assert seq2seq.turns(talk) == talk
    assert seq2seq.turns(talk, 2)[2] == ("a; b; c; d; e", "f")


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="additive"):
        seq2seq.Seq2Seq(5, 5, 4, attention="divine")
    words = translations.Vocabulary([["a"]])
    with pytest.raises(ValueError, match="no attention"):
        seq2seq.alignment(seq2seq.Seq2Seq(5, 5, 4), (words, words), ["a"])
