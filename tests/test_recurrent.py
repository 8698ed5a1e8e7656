"""Recurrent networks against torch, autograd, brute force and the lectures' numbers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.datasets import agreement as grammar
from course_lib.datasets import sequences
from course_lib.models import agreement, recurrent, state_space
from course_lib.models import temporal_convolution as tcn
from course_lib.trace import record


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


# --- one unit, by hand --------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "linear"])
def test_the_copies_ask_for_what_autograd_says(activation: str) -> None:
    x, w, v, start, target = [1.0, 0.3, -0.4, 0.9], 0.7, 0.6, 0.1, 0.5
    f = {"linear": lambda a: a, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
    copies = torch.full((2, 4), 0.0, dtype=torch.float64)
    copies[0], copies[1] = w, v
    copies.requires_grad_()
    h = first = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    for t, x_t in enumerate(x):
        h = f[activation](copies[0, t] * x_t + copies[1, t] * h)
    ((h - target) ** 2 / 2).backward()
    last = record(recurrent.unroll(x, w, v, target, start=start, activation=activation))[-1]
    np.testing.assert_allclose(last.by_w[1:], copies.grad[0], rtol=1e-12)
    np.testing.assert_allclose(last.by_v[1:], copies.grad[1], rtol=1e-12)
    assert last.errors[0] == pytest.approx(first.grad.item())


def test_the_lectures_unrolled_numbers() -> None:
    steps = record(recurrent.unroll([1, 0, -1], 0.5, 0.8, 1.0, start=0.2))
    assert [s.phase for s in steps] == ["forward"] * 4 + ["backward"] * 3
    assert np.nansum(steps[-1].by_v) == pytest.approx(-0.98836, abs=5e-6)
    assert np.isnan(steps[4].by_v[1]) and not np.isnan(steps[4].by_v[3])
    by_003 = record(recurrent.unroll([1, 0, -1], 1.0, 0.5, 0.5))[-1]
    assert np.nansum(by_003.by_w) == pytest.approx(0.58216, abs=5e-6)
    assert by_003.errors[0] == pytest.approx(-0.02919, abs=5e-6)


def test_truncation_counts_the_newest_copies() -> None:
    last = record(recurrent.unroll([1, 0.5, -1], 0.5, 0.8, 1.0, start=0.0))[-1]
    for depth in (1, 2, 3, 9):
        expected = last.by_v[1:][-depth:].sum()
        found = recurrent.truncated([1, 0.5, -1], 0.5, 0.8, 1.0, depth)
        assert found == pytest.approx(expected)
    with pytest.raises(ValueError, match="at least one step"):
        recurrent.truncated([1], 0.5, 0.8, 1.0, 0)
    with pytest.raises(KeyError, match="tanh"):
        recurrent.squashing("step")


def test_a_layer_by_hand_is_torchs(rng: np.random.Generator) -> None:
    X, G = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
    weights = [rng.normal(size=s) * 0.5 for s in ((3, 4), (4, 4), 4, 4)]
    h = recurrent.run_layer(X, *weights)
    leaves = [torch.tensor(w, requires_grad=True) for w in weights]
    state, loss = leaves[3], torch.zeros((), dtype=torch.float64)
    for t in range(6):
        state = torch.tanh(torch.tensor(X[t]) @ leaves[0] + state @ leaves[1] + leaves[2])
        np.testing.assert_allclose(h[t + 1], state.detach())
        loss = loss + (torch.tensor(G[t]) * state).sum()
    loss.backward()
    found = recurrent.bptt(X, h, weights[1], G)
    for name, leaf in zip(("U", "W", "b", "start"), leaves, strict=True):
        np.testing.assert_allclose(found[name], leaf.grad, rtol=1e-10, err_msg=name)


def test_the_error_by_lag() -> None:
    for radius in (0.9, 1.0, 1.1):
        W = recurrent.orthogonal(16, radius)
        found = recurrent.gradient_by_lag(W, 50, "linear")
        np.testing.assert_allclose(found, 4 * radius ** np.arange(51))
    W = np.array([[0.3, -0.5], [0.8, 0.1]])
    start = np.random.default_rng(0).normal(size=2) * 0.5
    h = first = torch.tensor(start, requires_grad=True)
    for _ in range(5):
        h = torch.tanh(h @ torch.tensor(W))
    h.sum().backward()
    assert recurrent.gradient_by_lag(W, 5)[-1] == pytest.approx(first.grad.norm().item())


def test_clipping() -> None:
    np.testing.assert_allclose(
        recurrent.clip(np.array([7.0, 9, 12]), 5), [2.1144, 2.7185, 3.6247], atol=5e-5
    )
    short = np.array([0.3, 0.4])
    assert recurrent.clip(short, 5) is short
    with pytest.raises(ValueError, match="positive"):
        recurrent.clip(short, 0)


# --- gates --------------------------------------------------------------------------------------


def test_lstm_and_gru_are_torchs() -> None:
    torch.manual_seed(1)
    lstm = nn.LSTM(3, 5, dtype=torch.float64)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    states = recurrent.run_lstm(x, recurrent.gates_of(lstm))
    out, (_, C) = lstm(x)
    assert torch.allclose(torch.stack([s.h for s in states]), out, atol=1e-14)
    assert torch.allclose(states[-1].C, C[0], atol=1e-14)
    gru = nn.GRU(3, 5, dtype=torch.float64)
    nn.init.zeros_(gru.bias_hh_l0)
    h = torch.zeros(2, 5, dtype=torch.float64)
    for x_t, right in zip(x, gru(x)[0], strict=True):
        h = recurrent.gru_step(x_t, h, recurrent.gates_of(gru), convention="torch").h
        assert torch.allclose(h, right, atol=1e-14)
    with pytest.raises(KeyError, match="lecture, torch"):
        recurrent.gru_step(x[0], h, recurrent.gates_of(gru), convention="keras")
    with pytest.raises(TypeError, match="RNN"):
        recurrent.gates_of(nn.RNN(3, 5))


def test_the_gates_of_the_lecture_do_what_they_say() -> None:
    cell = list(recurrent.gate_trace([2.0, 5.0, -1.0], [(1, 1, 0), (1, 0, 1), (0, 1, 1)]))
    assert [s.C for s in cell] == [2.0, 2.0, -1.0]
    assert cell[0].h == 0 and cell[1].h == pytest.approx(np.tanh(2.0))


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_many_nets_are_as_many_single_ones(kind: str) -> None:
    nets = recurrent.ManyRecurrent(3, 4, 5, 2, kind=kind, seed=2)
    x = torch.randn(3, 6, 7, 4, generator=torch.Generator().manual_seed(0))
    found = nets.states(x)
    for k in range(3):
        U, W, b = (p[k].detach() for p in (nets.U, nets.W, nets.b))
        gates = recurrent.Gated(
            torch.stack(U.split(5, -1)), torch.stack(W.split(5, -1)), b.reshape(-1, 5)
        )
        h, C = torch.zeros(6, 5), torch.zeros(6, 5)
        for t in range(7):
            if kind == "lstm":
                step = recurrent.lstm_step(x[k, :, t], h, C, gates)
                h, C = step.h, step.C
            elif kind == "gru":
                h = recurrent.gru_step(x[k, :, t], h, gates).h
            else:
                h = torch.tanh(x[k, :, t] @ U + h @ W + b)
            assert torch.allclose(found[k, :, t], h, atol=1e-5)
    assert nets(x).shape == (3, 6, 7, 2) and torch.allclose(nets.last(x), nets(x)[:, :, -1])


def test_tokens_are_rows_of_the_input_weights_and_nets_stay_apart() -> None:
    nets = recurrent.ManyRecurrent(2, 6, 3, 6, tokens=True, forget_bias=[0.0, 2.0])
    assert nets.b[0, 0, :3].tolist() == [0, 0, 0] and nets.b[1, 0, :3].tolist() == [2, 2, 2]
    tokens = torch.tensor([[[1, 5, 0]], [[3, 3, 2]]])
    one_hot = nn.functional.one_hot(tokens, 6).float()
    numbers = recurrent.ManyRecurrent(2, 6, 3, 6, forget_bias=[0.0, 2.0])
    assert torch.allclose(nets(tokens), numbers(one_hot), atol=1e-6)
    nets(tokens)[0].sum().backward()
    assert nets.W.grad[0].abs().sum() > 0 and nets.W.grad[1].abs().sum() == 0
    with pytest.raises(KeyError, match="gru"):
        recurrent.ManyRecurrent(1, 2, 3, 4, kind="elman")


def test_cross_entropy_adds_the_means_of_the_nets() -> None:
    logits = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, 2, 3]] * 3)
    right = sum(nn.functional.cross_entropy(a, b) for a, b in zip(logits, targets, strict=True))
    assert recurrent.total_cross_entropy(logits, targets) == pytest.approx(right.item())
    targets[:, 0] = -1
    right = sum(
        nn.functional.cross_entropy(a[1:], b[1:]) for a, b in zip(logits, targets, strict=True)
    )
    assert recurrent.total_cross_entropy(logits, targets) == pytest.approx(right.item())


def test_training_clips_each_net_for_itself() -> None:
    both = recurrent.ManyRecurrent(2, 3, 4, 1, seed=1)
    start = both.W.detach().clone()
    x = torch.randn(2, 5, 6, 3, generator=torch.Generator().manual_seed(0))
    scale = torch.tensor([1.0, 1000.0])[:, None, None, None]
    losses = recurrent.train_many(both, lambda _: (both(x) * scale).sum(), 3)
    assert losses.shape == (3,)
    alone = recurrent.ManyRecurrent(2, 3, 4, 1, seed=1)
    recurrent.train_many(alone, lambda _: alone(x)[0].sum(), 3)
    assert torch.allclose(both.W[0], alone.W[0], atol=1e-6)  # the loud neighbour changed nothing
    assert not torch.allclose(both.W[1], start[1])


def test_both_ways_and_sizes() -> None:
    x = torch.arange(12.0).view(1, 1, 6, 2)
    sums = recurrent.both_ways(lambda a: a.cumsum(2), lambda a: a.cumsum(2), x, "sum")
    total = x.sum(2, keepdim=True)
    assert torch.allclose(sums, total + x)  # sum from the left + sum from the right
    with pytest.raises(KeyError, match="concat"):
        recurrent.both_ways(lambda a: a, lambda a: a, x, "max")
    for kind, cls in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
        size = sum(p.numel() for p in cls(7, 4).parameters())
        assert recurrent.parameters(kind, 7, 4, biases=2) == size


def test_pieces_are_stretches_of_the_stream(rng: np.random.Generator) -> None:
    part = recurrent.pieces(torch.arange(50), rng, 2, 3, 8)
    assert part.shape == (2, 3, 9) and (part.diff(dim=-1) == 1).all()
    with pytest.raises(ValueError, match="longer stream"):
        recurrent.pieces(torch.arange(9), rng, 2, 3, 8)


# --- convolution, state spaces --------------------------------------------------------------------


@pytest.mark.parametrize(("f", "K"), [(2, 3), (3, 4), (3, 1), (5, 2), (2, 8)])
def test_receptive_fields(f: int, K: int) -> None:
    assert tcn.measured_field(tcn.plain_tcn(2, 3, f, K), 2, 300) == tcn.receptive_field(f, K)
    field = tcn.receptive_field(f, K)
    assert tcn.least_levels(f, field) == K and tcn.least_levels(f, field + 1) == K + 1


def test_residual_blocks_are_causal_and_see_twice_as_far() -> None:
    net = tcn.residual_tcn(2, 3, 3, 4)
    x = torch.randn(1, 2, 30)
    other = x.clone()
    other[..., 20:] = 0
    assert torch.equal(net(x)[..., :20], net(other)[..., :20])
    assert tcn.measured_field(net, 2, 100) == tcn.receptive_field(3, 4, 2) == 61
    with pytest.raises(ValueError, match="at least 1"):
        tcn.receptive_field(3, 0)


def test_kalman_and_viterbi_give_the_lectures_numbers() -> None:
    steps = record(state_space.kalman([1, 0.8, 1.2], drift=0.1, noise=0.5))
    np.testing.assert_allclose(steps.column("mean"), [0.6875, 0.7404, 0.92482], atol=5e-6)
    np.testing.assert_allclose(steps.column("variance"), [0.34375, 0.2351, 0.20063], atol=5e-6)


def test_viterbi_is_brute_force(rng: np.random.Generator) -> None:
    pi, A, B = (rng.dirichlet(np.ones(n), size=s) for n, s in ((3, None), (3, 3), (4, 3)))
    observed = [0, 3, 1, 2, 2]

    def chance(way: tuple[int, ...]) -> float:
        steps = [A[i, j] for i, j in zip(way, way[1:], strict=False)]
        return float(
            pi[way[0]]
            * np.prod(steps)
            * np.prod([B[s, o] for s, o in zip(way, observed, strict=True)])
        )

    ways = list(product(range(3), repeat=5))
    trellis = record(state_space.viterbi(pi, A, B, observed))
    assert tuple(state_space.best_path(trellis)) == max(ways, key=chance)
    assert trellis[-1].best.max() == pytest.approx(max(map(chance, ways)))
    total = state_space.forward_probability(pi, A, B, observed)
    assert total == pytest.approx(sum(map(chance, ways)))


def test_windows_and_autoregression() -> None:
    X, t = state_space.windows(np.arange(6.0), 2)
    assert X.tolist() == [[1, 0], [2, 1], [3, 2], [4, 3]] and t.tolist() == [2, 3, 4, 5]
    x = [0.3, -0.2]
    for _ in range(40):
        x.append(1.1 * x[-1] - 0.4 * x[-2])
    np.testing.assert_allclose(state_space.autoregression(np.array(x), 2), [1.1, -0.4])
    with pytest.raises(ValueError, match="window"):
        state_space.windows(np.arange(3.0), 3)


# --- data ---------------------------------------------------------------------------------------


def test_the_grammar_knows_its_sentences() -> None:
    data = grammar.sentences(300, modifiers=(0, 1, 2, 3), agree=0.5, rng=4)
    for k in range(300):
        words = data.words(k)
        numbers = [
            n for n in (grammar.noun_number(grammar.NUMBER_OF[w]) for w in words) if n is not None
        ]
        assert numbers[0] == data.number[k] and numbers[-1] == data.last_noun[k]
        assert len(numbers) - 1 == data.modifiers[k]
        assert grammar.count_attractors(words)[0] == data.attractors[k]
        verb = words[data.verb[k]]
        assert verb in grammar.VERBS if data.number[k] else verb.removesuffix("s") in grammar.VERBS
    wrong = grammar.with_wrong_verb(data, np.ones(300, dtype=bool))
    at = np.arange(300)
    assert (np.isin(wrong.tokens[at, data.verb], grammar.PLURAL) == (data.number == 0)).all()
    assert ((wrong.tokens != data.tokens).sum(1) == 1).all()
    with pytest.raises(ValueError, match="longest"):
        grammar.sentences(50, modifiers=(3,), longest=5)


def test_what_the_nets_are_asked() -> None:
    data = grammar.sentences(200, rng=1)
    rng, at = np.random.default_rng(0), np.arange(200)
    tokens, place, answer = agreement.asked(data, "inflection", rng)
    assert np.isin(tokens[at, place], grammar.PLURAL).all() and (answer == data.number).all()
    tokens, place, answer = agreement.asked(data, "judgement", rng)
    assert ((tokens[at, place] != data.tokens[at, place]) == answer).all()
    with pytest.raises(KeyError, match="number, inflection"):
        agreement.asked(data, "gender", rng)


def test_agreement_is_learned_from_number_and_counted_by_attractors() -> None:
    train = grammar.sentences(800, longest=16)
    test = grammar.sentences(200, modifiers=(0, 1, 2), agree=0.5, longest=16, rng=1)
    nets = agreement.train_goals(train, ["number"], seeds=2, updates=80)
    hits = agreement.right(nets, test, ["number"], np.random.default_rng(0))["number"]
    table = agreement.by_attractors(hits, test, most=2)
    assert hits.mean() > 0.9 and table.shape == (2, 3)
    weights = np.bincount(test.attractors)
    np.testing.assert_allclose(table @ weights / 200, hits.mean(1))
    with pytest.raises(KeyError, match="judgement"):
        agreement.train_goals(train, ["rhyme"])


def test_toy_sequences() -> None:
    x, y = sequences.recall(50, 7, rng=1)
    assert (
        x.shape == (50, 9)
        and (x[:, 0] == y).all()
        and (x[:, 1:8] >= 4).all()
        and (x[:, 8] == 8).all()
    )
    letters, begins = sequences.letter_stream(20, rng=2)
    assert begins.sum() == 20 and len(letters) == len(begins)
    tokens, kinds, texts = sequences.reports(60)
    assert tokens.max() < 423 and set(kinds) == {0, 1, 2, 3} and len(texts) == 60
    tokens, praise, texts = sequences.reviews(80)
    for text, good in zip(texts, praise, strict=True):
        turned = "not" in text or "never" in text
        assert good == ((text.split()[-1] in sequences.GOOD) != turned)
    features, labels = sequences.scenes(5)
    assert features[0].size == 294 and set(labels.sum(1)) <= {1, 2}
    series = sequences.wavy(300)
    guess = 1 - 1.4 * series[1:-1] ** 2 + 0.3 * series[:-2]
    assert np.abs(guess - series[2:]).max() < 0.3
    assert sequences.eeg().shape == (800, 4)
    np.testing.assert_allclose(sequences.eeg().std(0), 1, atol=0.01)
