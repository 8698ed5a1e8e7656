"""Networks that shall agree: one LSTM, five goals, after Linzen, Dupoux and Goldberg 2016.

All goals and all seeds are trained side by side, as one batch of nets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.datasets.agreement import PLURAL, SINGULAR, WORDS, Sentences, with_wrong_verb
from course_lib.models.recurrent import ManyRecurrent, total_cross_entropy, train_many

GOALS = {
    # (label asked for, weight of the label, weight of the next word)
    "number": ("number", 1.0, 0.0),
    "inflection": ("inflection", 1.0, 0.0),
    "judgement": ("judgement", 1.0, 0.0),
    "next word": ("number", 0.0, 1.0),
    "next word + number": ("number", 1.0, 1.0),
}
LABELS = len(WORDS)  # outputs 0 ... are words, the two behind them say singular or plural


def asked(
    data: Sentences, label: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(tokens, the place at which the network must answer, the answer) for a kind of label.

    number: before the verb. inflection: the verb is shown without its ending. judgement: half of
    the verbs are wrong; 1 means wrong. Raises KeyError for another label.
    """
    if label == "number":
        return data.tokens, data.verb - 1, data.number
    if label == "inflection":
        tokens, at = data.tokens.copy(), np.arange(len(data))
        verb = tokens[at, data.verb]
        tokens[at, data.verb] = np.where(verb < PLURAL[0], verb + len(PLURAL), verb)
        return tokens, data.verb, data.number
    if label == "judgement":
        wrong = rng.random(len(data)) < 0.5
        return with_wrong_verb(data, wrong).tokens, data.verb, wrong.astype(np.int64)
    raise KeyError(f"no label {label!r}; there are number, inflection, judgement")


def at_places(states: Float[Tensor, "nets batch steps h"], places: Tensor) -> Tensor:
    """The state of each sentence at its own place: (nets, batch, h)."""
    return states.gather(2, places[..., None, None].expand(-1, -1, 1, states.shape[-1]))[:, :, 0]


def train_goals(
    train: Sentences,
    goals: Sequence[str],
    *,
    seeds: int = 5,
    hidden: int = 16,
    updates: int = 220,
    batch: int = 32,
    learning_rate: float = 0.02,
) -> ManyRecurrent:
    """`seeds` nets for every goal, in this order.

    Raises KeyError for an unknown goal.
    """
    unknown = [g for g in goals if g not in GOALS]
    if unknown:
        raise KeyError(f"no goal {unknown[0]!r}; there are {', '.join(GOALS)}")
    rng = np.random.default_rng(0)
    sets = [asked(train, GOALS[g][0], rng) for g in goals]
    tokens, places, answers = (torch.tensor(np.stack(part)) for part in zip(*sets, strict=True))
    of = torch.arange(len(goals)).repeat_interleave(seeds)[:, None]
    label_weight, word_weight = (torch.tensor([GOALS[g][k] for g in goals]) for k in (1, 2))
    labelled = torch.nonzero(label_weight[of[:, 0]])[:, 0]
    reading = torch.nonzero(word_weight[of[:, 0]])[:, 0]
    model = ManyRecurrent(len(of), len(WORDS), hidden, LABELS + 2, tokens=True)

    def loss(draw: np.random.Generator) -> Tensor:
        rows = torch.tensor(draw.integers(len(train), size=(len(of), batch)))
        x = tokens[of, rows]
        states, total = model.states(x[..., :-1]), torch.zeros(())
        if len(labelled):
            own = at_places(states, places[of, rows])[labelled]
            logits = own @ model.V[labelled, :, LABELS:] + model.c[labelled, :, LABELS:]
            total = total + total_cross_entropy(logits, answers[of, rows][labelled])
        if len(reading):
            words = states[reading].flatten(1, 2) @ model.V[reading, :, :LABELS]
            words = (words + model.c[reading, :, :LABELS]).unflatten(1, (batch, -1))
            following = x[reading, :, 1:]
            total = total + total_cross_entropy(words, following.where(following > 0, -1))
        return total

    train_many(model, loss, updates, learning_rate=learning_rate)
    return model


def right(
    model: ManyRecurrent, test: Sentences, goals: Sequence[str], rng: np.random.Generator
) -> dict[str, Bool[np.ndarray, "seeds sentences"]]:
    """For each goal which sentences each of its nets gets right.

    A reader of next words is asked which verbs it holds likelier: all singular or all plural ones.
    """
    seeds, out = len(model.W) // len(goals), {}
    sets = [asked(test, GOALS[g][0], rng) for g in goals]
    x, here = (
        torch.tensor(np.stack([one[k] for one in sets])).repeat_interleave(seeds, 0) for k in (0, 1)
    )
    with torch.no_grad():
        logits = model.read(at_places(model.states(x), here)[:, :, None])[:, :, 0].numpy()
    for k, goal in enumerate(goals):
        own = logits[k * seeds : (k + 1) * seeds]
        if GOALS[goal][2]:  # it reads words
            plural, singular = (np.exp(own[..., v]).sum(-1) for v in (PLURAL, SINGULAR))
            said = plural > singular
        else:
            said = own[..., LABELS + 1] > own[..., LABELS]
        out[goal] = said == sets[k][2]
    return out


def by_attractors(
    hits: Bool[np.ndarray, "seeds sentences"], test: Sentences, most: int = 4
) -> Float[np.ndarray, "seeds attractors"]:
    """The share that is right among sentences with 0, 1, ... attractors."""
    return np.stack([hits[:, test.attractors == k].mean(1) for k in range(most + 1)], axis=1)
