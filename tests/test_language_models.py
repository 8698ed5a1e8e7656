"""Tokenisers, the small GPT, its cache and ways of sampling, against independent references."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.models import gpt, sampling, tokenisation
from course_lib.models.tokenisation import ByteTokeniser, UnknownToken, Vocabulary
from course_lib.trace import record

LECTURE = {"low_": 3, "lower_": 1, "newest_": 3, "widest_": 1}
TEXT = "The dog ran away. The other dog, 42 years ran after the first_one!\n\n  Then   both ran.\n"


def a_net(**options) -> gpt.GPT:
    plan = {"vocabulary": 11, "context": 12, "model": 12, "heads": 3, "layers": 2} | options
    net = gpt.GPT(**plan, generator=torch.Generator().manual_seed(1)).double().eval()
    torch.nn.init.normal_(net.unembedding.weight, generator=torch.Generator().manual_seed(2))
    return net


def some_ids(*shape: int, below: int = 11) -> torch.Tensor:
    return torch.randint(below, shape, generator=torch.Generator().manual_seed(5))


# --- tokenisation -------------------------------------------------------------------------------


def test_the_lectures_merges() -> None:
    steps = record(tokenisation.byte_pairs(LECTURE, 8))
    found = ["".join(state.pair) for state in steps[1:]]
    assert found == ["lo", "low", "es", "est", "est_", "low_", "ne", "new"]
    assert [state.tokens for state in steps] == [46, 42, 38, 34, 30, 26, 23, 20, 17]
    assert [state.count for state in steps[1:]] == [4, 4, 4, 4, 4, 3, 3, 3]


def test_merges_stop_where_nothing_is_left() -> None:
    steps = record(tokenisation.byte_pairs({"ab": 2}, 5))
    assert len(steps) == 2
    assert steps[-1].vocabulary == ("a", "b", "ab")
    with pytest.raises(ValueError, match="at least 0"):
        next(tokenisation.byte_pairs(LECTURE, -1))


def test_merged_goes_from_left_to_right_without_overlap() -> None:
    assert tokenisation.merged([1, 1, 1], (1, 1), 9) == (9, 1)
    text = "ababba"
    assert "".join(tokenisation.merged(text, ("a", "b"), "X")) == text.replace("ab", "X")


def test_fast_learning_takes_a_most_frequent_pair_each_time() -> None:
    rng = random.Random(3)
    chunks = Counter(bytes(rng.choices(b"abcd", k=rng.randint(1, 7))) for _ in range(200))
    words = {chunk: tuple(chunk) for chunk in chunks}
    for number, pair in enumerate(tokenisation.learn_merges(chunks, 25), start=256):
        counts: Counter = Counter()
        for chunk, pieces in words.items():
            for two in pairwise(pieces):
                counts[two] += chunks[chunk]
        best = max(counts.values())
        assert pair == min(p for p, n in counts.items() if n == best)
        words = {c: tokenisation.merged(pieces, pair, number) for c, pieces in words.items()}


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", TEXT, "naïve café", "Καλημέρα κόσμε 🐍\t!", "a_b__c  d", "\x00\x7f é"]
)
def test_bytes_come_back_exactly(text: str) -> None:
    tokeniser = ByteTokeniser.train(TEXT * 3, 300)
    ids = tokeniser.encode(text)
    assert tokeniser.decode(ids) == text
    assert all(0 <= i < len(tokeniser) for i in ids)
    assert "".join(tokenisation.CHUNK.findall(text)) == text


def test_encoding_is_learning_replayed() -> None:
    tokeniser = ByteTokeniser.train(TEXT * 3, 290)
    for chunk in tokenisation.CHUNK.findall(TEXT):
        pieces = tuple(chunk.encode())
        for number, pair in enumerate(tokeniser.merges, start=256):
            pieces = tokenisation.merged(pieces, pair, number)
        assert tuple(tokeniser.encode(chunk)) == pieces
    assert len(tokeniser.first(260)) == 260
    assert tokeniser.first(256).encode("é") == [0xC3, 0xA9]
    with pytest.raises(ValueError, match="256"):
        ByteTokeniser.train(TEXT, 100)


def test_vocabulary_and_unknown_tokens() -> None:
    words = Vocabulary(["the", "dog", "ran"])
    assert words.decode(words.encode("the dog ran".split())) == ["the", "dog", "ran"]
    with pytest.raises(UnknownToken, match="close: 'dog'"):
        words.encode(["dogs"])
    assert Vocabulary(["<unk>", "a"]).encode("ab") == [1, 0]
    with pytest.raises(ValueError, match="given twice"):
        Vocabulary("abca")


def test_applied_merges_cut_a_new_word() -> None:
    merges = [state.pair for state in record(tokenisation.byte_pairs(LECTURE, 6))[1:]]
    assert tokenisation.apply_merges("lowest_", merges) == ("low", "est_")


# --- the net ------------------------------------------------------------------------------------


def test_attention_equals_torch() -> None:
    layer = gpt.CausalSelfAttention(12, 3).double()
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(layer.project.weight)
        theirs.in_proj_bias.copy_(layer.project.bias)
        theirs.out_proj.weight.copy_(layer.outputs.weight)
        theirs.out_proj.bias.copy_(layer.outputs.bias)
    x = torch.randn(2, 7, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    hidden = ~torch.ones(7, 7, dtype=torch.bool).tril()
    torch.testing.assert_close(layer(x), theirs(x, x, x, attn_mask=hidden)[0])


def test_the_future_is_not_seen() -> None:
    net, ids = a_net(), some_ids(2, 9)
    other = ids.clone()
    other[:, 5] = (other[:, 5] + 1) % 11
    before, after = net(ids), net(other)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.isclose(before[:, 5:], after[:, 5:]).all(-1).any()


@pytest.mark.parametrize("parts", [[9], [4, 5], [1] * 9, [3, 1, 5]])
def test_the_cache_changes_nothing(parts: list[int]) -> None:
    net, ids = a_net(), some_ids(2, 9)
    cache = gpt.Cache()
    found = torch.cat([net(part, cache) for part in ids.split(parts, dim=1)], dim=1)
    torch.testing.assert_close(found, net(ids), rtol=0, atol=1e-12)
    assert len(cache) == 9


def test_padding_on_the_left_changes_nothing() -> None:
    net, ids = a_net(), some_ids(1, 6)
    padded = torch.cat([torch.zeros(1, 3, dtype=torch.long), ids], dim=1)
    padding = torch.arange(9)[None] < 3
    torch.testing.assert_close(net(padded, padding=padding)[:, 3:], net(ids), rtol=0, atol=1e-12)


def test_parameters_and_context() -> None:
    net = a_net(vocabulary=13, layers=3)
    assert sum(p.numel() for p in net.parameters()) == gpt.count_parameters(13, 12, 12, 3)
    with pytest.raises(ValueError, match="context holds 12"):
        net(some_ids(1, 13))
    with pytest.raises(ValueError, match="multiple of heads"):
        gpt.GPT(5, 4, model=10, heads=3)


def test_two_nets_of_one_seed_are_equal() -> None:
    first, second = (gpt.GPT(7, 5, 8, 2, 1, torch.Generator().manual_seed(4)) for _ in range(2))
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_streams_end_in_the_logits() -> None:
    net, ids = a_net(), some_ids(2, 5)
    streams = net.streams(ids)
    assert len(streams) == 3
    assert torch.equal(net.read(streams[-1]), net(ids))
    maps = net.attention_maps(ids)
    assert maps.shape == (2, 2, 3, 5, 5)
    assert float(maps.triu(1).abs().max()) == 0
    torch.testing.assert_close(maps.sum(-1), torch.ones_like(maps.sum(-1)))


def test_reader_with_and_without_cache() -> None:
    net, tokens = a_net(), some_ids(30).tolist()
    cached, plain = gpt.Reader(net), gpt.Reader(net, cached=False)
    for end in [*range(3, 31), 5, 6]:
        np.testing.assert_allclose(cached(tokens[:end]), plain(tokens[:end]), rtol=0, atol=1e-12)
        np.testing.assert_array_equal(cached(tokens[:end]), cached(tokens[:end]))
    assert cached.passes < plain.passes / 2
    with pytest.raises(ValueError, match="at least one"):
        cached([])


def test_windows_and_log_probabilities() -> None:
    inputs, targets = gpt.windows(range(11), 4, 3)
    assert inputs.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert (targets - inputs == 1).all()
    with pytest.raises(ValueError, match="no window"):
        gpt.windows(range(4), 4)
    net = a_net()
    logs = gpt.log_probabilities(net, *gpt.windows(some_ids(20).tolist(), 6))
    loss = gpt.next_token_loss(net(gpt.windows(some_ids(20).tolist(), 6)[0]),
                               gpt.windows(some_ids(20).tolist(), 6)[1])  # fmt: skip
    assert -logs.mean().item() == pytest.approx(loss.item())


def test_masked_targets_do_not_count() -> None:
    logits, targets = torch.randn(1, 4, 5), torch.tensor([[-100, 2, -100, 4]])
    expected = F.cross_entropy(logits[0, [1, 3]], targets[0, [1, 3]])
    torch.testing.assert_close(gpt.next_token_loss(logits, targets), expected)


def test_multiplications_by_counting() -> None:
    def by_hand(tokens: int, d: int, layers: int, seen: int) -> int:
        total = 0
        for t in range(tokens):
            total += 3 * d * d + d * d + 2 * 4 * d * d  # projections, output, MLP
            total += 2 * d * (seen + t + 1)  # scores and mixing
        return layers * total

    assert gpt.multiplications(5, 8, 3, 7) == by_hand(5, 8, 3, 7)
    assert gpt.multiplications(6, 8, 2) == sum(gpt.multiplications(1, 8, 2, t) for t in range(6))


def test_induction_copies() -> None:
    word = "xabcdyab"
    letters = sorted(set(word))
    found = gpt.induction(np.array([letters.index(c) for c in word]), len(letters))
    assert letters[found.prediction[-1].argmax()] == "c"
    assert found.prediction[-1].max() > 0.99
    assert found.previous[4].argmax() == 3
    assert np.triu(found.match, 1).max() == 0
    np.testing.assert_allclose(found.prediction.sum(axis=1), 1)


def test_repeated_sequences_repeat() -> None:
    found = gpt.repeated_sequences(40, 16, 9, torch.Generator().manual_seed(0))
    for row in found.tolist():
        assert any(row[p:] == row[:-p] for p in range(4, 9))


# --- sampling -----------------------------------------------------------------------------------


def test_the_lectures_temperatures_and_truncations() -> None:
    logits = [2, 1, 0, -1]
    for t, expected in [
        (1, [0.6439, 0.2369, 0.0871, 0.0321]),
        (0.5, [0.865, 0.1171, 0.0158, 0.0021]),
        (2, [0.4551, 0.276, 0.1674, 0.1015]),
        (0, [1, 0, 0, 0]),
    ]:
        np.testing.assert_allclose(sampling.with_temperature(logits, t), expected, atol=6e-5)
    p = [0.5, 0.2, 0.15, 0.1, 0.05]
    np.testing.assert_allclose(sampling.top_k(p, 3), [0.588, 0.235, 0.176, 0, 0], atol=5e-4)
    assert sampling.nucleus(p, 0.8) == 3
    np.testing.assert_allclose(sampling.top_p(p, 0.8)[:3], np.array([0.5, 0.2, 0.15]) / 0.85)
    assert sampling.nucleus(p, 0.7) == 2  # exactly reached, in spite of rounding
    assert sampling.nucleus(p, 1.0) == 5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sampling.with_temperature([1.0], -1), "negative"),
        (lambda: sampling.top_k([1.0], 0), "at least 1"),
        (lambda: sampling.top_p([1.0], 0), "between 0"),
        (lambda: list(sampling.generate(lambda t: [0.0, 1.0], [0], 1)), "generator"),
    ],
)
def test_bad_settings_are_said(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_drawing_follows_the_distribution() -> None:
    logits = np.log([0.5, 0.3, 0.2])
    draws = sampling.generate(lambda tokens: logits, [0], 20_000, np.random.default_rng(0))
    found = np.bincount([c.token for c in draws], minlength=3) / 20_000
    np.testing.assert_allclose(found, [0.5, 0.3, 0.2], atol=0.012)
    never = sampling.generate(lambda t: logits, [0], 2000, np.random.default_rng(1), k=2)
    assert {c.token for c in never} == {0, 1}


def test_generation_feeds_back_and_ends() -> None:
    def next_one(tokens):
        return np.eye(5)[(tokens[-1] + 1) % 5] * 9

    choices = list(sampling.generate(next_one, [1], 10, temperature=0, end=4))
    assert [c.token for c in choices] == [2, 3, 4]
    assert choices[0].log_probability == pytest.approx(-np.log(1 + 4 * np.exp(-9)))


def test_repetition() -> None:
    assert sampling.repetition([1, 2, 3, 4, 5], 2) == 0
    assert sampling.repetition([1, 1, 1, 1, 1], 2) == pytest.approx(0.75)
    assert sampling.repetition([1], 3) == 0


# --- pretraining --------------------------------------------------------------------------------


def test_corpus_holds_out_what_it_never_trains_on() -> None:
    from course_lib.training import language

    kept, held = language.corpus()
    ours = {" ".join(p.split()) for p in kept.split("\n\n")}
    theirs = {" ".join(p.split()) for p in held.split("\n\n")}
    assert not ours & theirs
    assert len(held) > 20_000 < len(kept) / 8
    with pytest.raises(KeyError, match="no size"):
        language.pretrain(size="huge")


def test_bits_of_a_net_that_knows_nothing() -> None:
    from course_lib.training import language

    net = gpt.GPT(16, 8, 8, 2, 1)
    bits = language.bits_per_character(net, some_ids(400, below=16).tolist(), 800)
    assert bits == pytest.approx(4 * 400 / 800)  # log2(16) per token, two characters a token
    rate = language.warm_cosine(1.0, 100)
    assert rate(0) == pytest.approx(0.1) and rate(9) == 1.0 and rate(100) == pytest.approx(0.05)
