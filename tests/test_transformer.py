"""The transformer's parts against torch's own modules and the lectures' numbers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from course_lib.models import transformer as tr
from course_lib.models.attention import causal_mask
from course_lib.trace import record


@pytest.fixture
def draw() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def shaken(module: nn.Module, draw: torch.Generator) -> nn.Module:
    """The module with weights that no initialisation would give, in evaluation mode."""
    for p in module.parameters():
        nn.init.normal_(p, std=0.4, generator=draw)
    return module.eval()


def test_sinusoidal_positions_have_the_lectures_values() -> None:
    torch.testing.assert_close(
        tr.sinusoidal(3, 4, base=100, first=1).float(),
        torch.tensor([[0.8415, 0.5403, 0.0998, 0.9950], [0.9093, -0.4161, 0.1987, 0.9801],
                      [0.1411, -0.9900, 0.2955, 0.9553]]), atol=5e-5, rtol=0,
    )  # fmt: skip
    rows = tr.sinusoidal(30, 64)
    assert (rows[3] @ rows[8]).item() == pytest.approx((rows[20] @ rows[25]).item())
    assert (rows[3] @ rows[8]).item() == pytest.approx(23.504, abs=5e-4)
    torch.testing.assert_close(rows.square().sum(1), torch.full((30,), 32.0).double())
    with pytest.raises(ValueError, match="odd"):
        tr.sinusoidal(3, 5)


@pytest.mark.parametrize("offset", [1, -4, 11])
def test_a_shift_is_a_rotation(offset: int) -> None:
    rows = tr.sinusoidal(40, 6, first=20)
    turned = rows[5:25] @ tr.shift_matrix(offset, 6).T
    torch.testing.assert_close(turned, rows[5 + offset : 25 + offset])


def test_rotary_scores_depend_on_the_distance(draw: torch.Generator) -> None:
    q, k = torch.randn(2, 8, generator=draw, dtype=torch.float64)
    scores = tr.rotary(q.expand(12, 8)) @ tr.rotary(k.expand(12, 8)).T
    for offset in (-3, 0, 4):
        line = scores.diagonal(offset)
        torch.testing.assert_close(line, line[:1].expand_as(line))
    assert (scores[0, 1] - scores[0, 3]).abs() > 1e-3
    torch.testing.assert_close(tr.rotary(q[None]), q[None])  # place 0 is not turned


@pytest.mark.parametrize("norm", tr.NORMS)
def test_blocks_equal_torch(draw: torch.Generator, norm: str) -> None:
    options = {"dim_feedforward": 20, "dropout": 0.0, "batch_first": True}
    options["norm_first"] = norm == "pre"
    theirs = shaken(nn.TransformerEncoderLayer(12, 3, **options), draw)
    mine = tr.EncoderBlock(12, 3, 20, norm).copy_from(theirs)
    x, memory = torch.randn(2, 5, 12, generator=draw), torch.randn(2, 7, 12, generator=draw)
    mask = causal_mask(5)
    torch.testing.assert_close(mine(x), theirs(x), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(mine(x, mask), theirs(x, src_mask=~mask), atol=1e-5, rtol=1e-5)
    theirs = shaken(nn.TransformerDecoderLayer(12, 3, **options), draw)
    mine = tr.DecoderBlock(12, 3, 20, norm).copy_from(theirs)
    torch.testing.assert_close(
        mine(x, memory, mask), theirs(x, memory, tgt_mask=~mask), atol=1e-5, rtol=1e-5
    )


def test_parameter_counts_of_the_paper() -> None:
    with torch.device("meta"):
        assert tr.count(tr.FeedForward(512, 2048)) == 2_099_712
        assert tr.count(tr.EncoderBlock(512, 8, 2048)) == 3_152_384
        assert tr.count(tr.DecoderBlock(512, 8, 2048)) == 4_204_032


def test_wrong_names_are_told() -> None:
    with pytest.raises(ValueError, match="sinusoidal"):
        tr.Positions("cosine", 4, 5)
    for block in (tr.EncoderBlock, tr.DecoderBlock):
        with pytest.raises(ValueError, match="'pre' or 'post'"):
            block(4, 2, 8, norm="both")


@pytest.mark.parametrize("positions", tr.POSITIONS)
def test_only_positions_break_equivariance(draw: torch.Generator, positions: str) -> None:
    torch.manual_seed(0)
    net = tr.TokenTransformer(10, 8, 2, 12, positions=positions, longest=6).double()
    x, order = tr.random_tokens(draw, 3, 6), torch.tensor([4, 2, 5, 0, 1, 3])
    same = torch.allclose(net(x[:, order]), net(x)[:, order], atol=1e-9)
    assert same == (positions == "none")


@pytest.mark.parametrize("positions", tr.POSITIONS)
def test_a_causal_net_does_not_see_the_future(draw: torch.Generator, positions: str) -> None:
    torch.manual_seed(0)
    net = tr.TokenTransformer(10, 8, 2, 12, 2, causal=True, positions=positions)
    x = tr.random_tokens(draw, 1, 6)
    changed = x.clone()
    changed[0, 4] = (x[0, 4] + 1) % 10
    differs = (net(x) != net(changed)).any(-1)[0]
    assert differs.tolist() == [False] * 4 + [True, True]


def test_the_lens_ends_at_the_output_and_classes_read_the_first_token() -> None:
    torch.manual_seed(0)
    net = tr.TokenTransformer(10, 8, 2, 12, 3, classes=2, outputs=7)
    x = torch.arange(5)[None]
    logits, chances = net(x)
    looks = net.lens(x)
    assert len(looks) == 4 and logits.shape == (1, 5, 7) and chances.shape == (1, 2)
    torch.testing.assert_close(looks[-1], logits)


def test_greedy_equals_the_trace_and_teacher_forcing_shifts() -> None:
    torch.manual_seed(0)
    net = tr.Transformer(10, 8, 2, 12)
    source = torch.tensor([[3, 1, 4, 1, 5]])
    steps = record(tr.write(net, source[0].tolist(), 5))
    assert [s.chosen for s in steps] == net.greedy(source, 5)[0].tolist()
    assert steps[-1].cross.shape == (5, 5) and steps[2].chances.sum() == pytest.approx(1)
    assert net.shifted(source).tolist() == [[10, 3, 1, 4, 1]]


def test_hiding_leaves_the_class_token(draw: torch.Generator) -> None:
    tokens = tr.random_tokens(draw, 400, 9)
    seen, hidden = tr.hide(tokens, 0.25, 99, draw)
    assert (seen[hidden] == 99).all() and (seen[~hidden] == tokens[~hidden]).all()
    assert not hidden[:, 0].any() and 0.2 < hidden[:, 1:].float().mean() < 0.3


def test_side_by_side_learns_as_one_by_one(draw: torch.Generator) -> None:
    torch.manual_seed(0)
    nets = [tr.TokenTransformer(10, 8, 2, 12, longest=5) for _ in range(3)]
    crowd = tr.SideBySide(nets)
    x = tr.random_tokens(draw, 6, 3, 5)
    loss = nn.functional.cross_entropy
    together = torch.optim.Adam(crowd.parameters(), 0.01)
    for _ in range(3):
        together.zero_grad()
        (loss(crowd(x).flatten(0, 2), x.flatten()) * 3).backward()
        together.step()
    alone = torch.optim.Adam(nets[1].parameters(), 0.01)
    for _ in range(3):
        alone.zero_grad()
        loss(nets[1](x[:, 1]).flatten(0, 1), x[:, 1].flatten()).backward()
        alone.step()
    torch.testing.assert_close(crowd.one(1)(x[:, 1]), nets[1](x[:, 1]), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(crowd(x)[:, 1], crowd.one(1)(x[:, 1]), atol=1e-5, rtol=1e-4)


def test_multiplications_are_counted_and_the_loss_is_a_mean(draw: torch.Generator) -> None:
    a, b = torch.ones(3, 5), torch.ones(5, 7)
    assert tr.multiplications(lambda: a @ b) == 3 * 5 * 7
    logits, targets = torch.randn(2, 3, 4, generator=draw), torch.tensor([[0, 1, 3], [2, 2, 0]])
    picked = logits.log_softmax(-1).gather(-1, targets[..., None])
    torch.testing.assert_close(tr.token_loss(logits, targets, nets=3), -3 * picked.mean())


def test_seeded_leaves_the_global_state_alone() -> None:
    before = torch.random.get_rng_state()
    one, two, other = (tr.seeded(lambda: nn.Linear(3, 2).weight, seed) for seed in (4, 4, 5))
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())
