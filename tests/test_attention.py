"""Attention against torch's own, against loops, and against the lectures' numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.models import attention as at
from course_lib.trace import record


@pytest.fixture
def draw() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_attention_equals_torch_with_unequal_dimensions(draw: torch.Generator) -> None:
    Q, K, V = (torch.randn(2, 3, n, d, generator=draw) for n, d in ((5, 4), (7, 4), (7, 6)))
    mask = torch.rand(2, 1, 5, 7, generator=draw) > 0.4
    mask[..., 0] = True
    for m in (None, mask):
        mine, weights = at.attention(Q, K, V, m)
        torch.testing.assert_close(mine, F.scaled_dot_product_attention(Q, K, V, attn_mask=m))
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5))
    assert weights[~mask.expand_as(weights)].eq(0).all()
    unscaled, _ = at.attention(Q, K, V, scaled=False)
    torch.testing.assert_close(unscaled, F.scaled_dot_product_attention(Q, K, V, scale=1.0))


def test_loops_equal_the_matrix_line(draw: torch.Generator) -> None:
    Q, K, V = (torch.randn(n, d, generator=draw).double() for n, d in ((5, 4), (3, 4), (3, 2)))
    outputs, weights = at.attend_by_loops(Q.numpy(), K.numpy(), V.numpy())
    theirs, their_weights = at.attention(Q, K, V)
    np.testing.assert_allclose(outputs, theirs.numpy(), rtol=1e-10)
    np.testing.assert_allclose(weights, their_weights.numpy(), rtol=1e-10)


def test_wrong_shapes_are_told() -> None:
    with pytest.raises(ValueError, match="both need d_k"):
        at.attention(torch.ones(2, 3), torch.ones(2, 4), torch.ones(2, 4))
    with pytest.raises(ValueError, match="one each"):
        at.attention(torch.ones(2, 3), torch.ones(5, 3), torch.ones(4, 3))
    with pytest.raises(ValueError, match="do not divide"):
        at.MultiHeadAttention(10, 3)


def test_masks() -> None:
    assert at.causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True] * 3]
    assert at.padding_mask(torch.tensor([1, 3]), 3).tolist() == [
        [[True, False, False]],
        [[True] * 3],
    ]


@pytest.mark.parametrize("bias", [True, False])
def test_heads_equal_torch(draw: torch.Generator, bias: bool) -> None:
    theirs = nn.MultiheadAttention(12, 3, bias=bias, batch_first=True)
    for p in theirs.parameters():
        nn.init.normal_(p, std=0.5, generator=draw)
    mine = at.MultiHeadAttention(12, 3, bias=bias).copy_from(theirs)
    x, y = torch.randn(2, 5, 12, generator=draw), torch.randn(2, 7, 12, generator=draw)
    z, weights = theirs(x, y, y, average_attn_weights=False)
    torch.testing.assert_close(mine(x, y), z, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(mine.weights, weights, atol=1e-6, rtol=1e-5)
    z, _ = theirs(x, x, x, attn_mask=~at.causal_mask(5))
    torch.testing.assert_close(mine(x, mask=at.causal_mask(5)), z, atol=1e-6, rtol=1e-5)
    words = at.padding_mask(torch.tensor([4, 7]), 7)
    z, _ = theirs(x, y, y, key_padding_mask=~words[:, 0])
    torch.testing.assert_close(mine(x, y, mask=words), z, atol=1e-6, rtol=1e-5)


def test_the_trace_ends_at_the_lectures_numbers() -> None:
    states = record(at.attend(at.SENTENCE, at.W_Q, at.W_K, at.W_V, words=at.WORDS))
    known = states[-1].known
    assert known["S"].tolist() == [[1, 0, 1], [1, 1, 0], [2, 1, 1]]
    np.testing.assert_allclose(known["A"][2], [0.5035, 0.2483, 0.2483], atol=5e-5)
    np.testing.assert_allclose(known["Z"], [[1.2033, 1], [0.7967, 0.7967], [1, 0.7448]], atol=5e-5)
    assert [s.stage for s in states].count("A") == 3 and np.isnan(states[4].matrix[1:]).all()


def test_the_trace_can_be_causal_and_unscaled() -> None:
    causal = record(at.attend(at.SENTENCE, at.W_Q, at.W_K, at.W_V, causal=True))[-1].known["A"]
    assert np.triu(causal, 1).max() == 0 and causal[0, 0] == 1
    raw = record(at.attend(at.SENTENCE, at.W_Q, at.W_K, at.W_V, scaled=False))[-1].known["A"]
    np.testing.assert_allclose(raw[2], [0.5761, 0.2119, 0.2119], atol=5e-5)
