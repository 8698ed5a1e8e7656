"""References for the exercises on transformers: PyTorch's modules and functions."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special
from torch import nn

from bank import reference


def tensor(values):
    return torch.tensor(np.array(values, dtype=float))


@reference("transformers.row")
def one_row(exercise):
    q, K, V = (tensor(exercise.givens[n]) for n in ("q", "K", "V"))
    scores = torch.einsum("d,kd->k", q, K) / q.numel() ** 0.5
    return {
        "scores": scores,
        "weights": special.softmax(scores.numpy()),
        "output": F.scaled_dot_product_attention(q[None], K, V)[0],
    }


@reference("transformers.self_attention")
def self_attention(exercise):
    X, Wq, Wk, Wv = (tensor(exercise.givens[n]) for n in ("X", "Wq", "Wk", "Wv"))
    Q, K, V = F.linear(X, Wq.T), F.linear(X, Wk.T), F.linear(X, Wv.T)
    scores = torch.einsum("id,jd->ij", Q, K)
    return {
        "K": K.int().tolist(),
        "q1": Q[0].int(),
        "scores": scores[0],
        "weights": special.softmax(scores.numpy(), axis=1)[0],
        "z1": F.scaled_dot_product_attention(Q, K, V, scale=1.0)[0],
    }


@reference("transformers.masked")
def masked(exercise):
    X, t = tensor(exercise.givens["X"]), exercise.givens["t"]
    X.requires_grad_()
    weights = F.scaled_dot_product_attention(X, X, torch.eye(3).double(), is_causal=True)
    output = F.scaled_dot_product_attention(X, X, X, is_causal=True)
    reached = 0
    for row in range(3):  # an output depends on token t if it has a place for it
        allowed = torch.ones(3, 3).tril()[row]
        reached += int(allowed[t - 1])
    return {
        "second": weights[1].detach(),
        "third": weights[2].detach(),
        "output": output[2].detach(),
        "changed": reached,
    }


@reference("transformers.positions")
def positions(exercise):
    n, base, k = (exercise.givens[v] for v in ("n", "base", "k"))
    w = np.array([1.0, base**-0.5])

    def row(place):
        turned = np.exp(1j * w * place)
        return np.column_stack([turned.imag, turned.real]).ravel()

    return {
        "w": base**-0.5,
        "row": row(n),
        "length": float(row(n) @ row(n)),
        "product": float(row(n) @ row(n + k)),
    }


@reference("transformers.parameters")
def parameters(exercise):
    d, h, f = (exercise.givens[v] for v in ("d", "h", "f"))

    def count(module):
        return sum(p.numel() for p in module.parameters())

    with torch.device("meta"):
        attention = nn.MultiheadAttention(d, h)
        net = nn.Sequential(nn.Linear(d, f * d), nn.ReLU(), nn.Linear(f * d, d))
        return {
            "head": attention.head_dim,
            "attention": count(attention),
            "feed_forward": count(net),
            "encoder": count(nn.TransformerEncoderLayer(d, h, f * d)),
            "decoder": count(nn.TransformerDecoderLayer(d, h, f * d)),
        }


@reference("transformers.scaling")
def scaling(exercise):
    d, high, low = (exercise.givens[v] for v in ("d", "high", "low"))
    scaled = tensor([high, low]) / d**0.5
    scaled.requires_grad_()
    weight = torch.softmax(scaled, 0)[0]
    weight.backward()
    return {
        "spread": np.sqrt(np.ones(d).sum()),
        "scaled": scaled.detach(),
        "weight": weight.item(),
        "slope": scaled.grad[0].item(),
    }


@reference("transformers.residual")
def residual(exercise):
    x, f, s = (tensor(exercise.givens[v]) for v in ("x", "f", "s"))
    return {
        "post": F.layer_norm(x + f, (4,), eps=0.0),
        "pre": torch.add(x, f),
        "scaled": F.layer_norm(s * x, (4,), eps=0.0),
    }


@reference("transformers.cost")
def cost(exercise):
    n, d, m = (exercise.givens[v] for v in ("n", "d", "m"))
    attention, recurrent = (lambda t: t * t * d), (lambda t: t * d * d)
    return {
        "attention": attention(n),
        "recurrent": recurrent(n),
        "even": next(t for t in range(1, 10_000) if attention(t) == recurrent(t)),
        "growth": attention(m * n) / attention(n),
        "path": len(range(1, n)),
    }


@reference("transformers.shapes")
def shapes(exercise):
    T, S, h, v, N, d = (exercise.givens[k] for k in ("T", "S", "h", "v", "N", "d"))
    scores = torch.zeros(h, T, 3) @ torch.zeros(h, 3, S)
    with torch.device("meta"):
        last = nn.Linear(d, v)
    return {
        "cross": scores.numel(),
        "allowed": int(torch.ones(T, T).tril().sum()),
        "output": sum(p.numel() for p in last.parameters()),
        "passes": len([None] * T),
        "hidden": N * 3 / 20,
    }


RIGHT = {
    "In cross-attention": "Queries from the decoder, the rest from the encoder",
    "The words of": "the same vectors in shuffled order",
    "Why are the": "Large products would saturate the softmax",
    "Which part of": "Attention only",
    "A decoder": "It copies the answer in training, and writes badly",
    "Sentences of": "The padding as keys",
    "Twice as": "stay the same",
    "Which model": "An encoder with masked words (as BERT)",
}


@reference("transformers.theory")
def transformers_theory(exercise):
    (step,) = exercise.steps
    (answer,) = [right for start, right in RIGHT.items() if step.prompt.startswith(start)]
    return {"answer": answer}
