"""fit: the arithmetic of a hand-written loop, and everything that it promises around it."""

from __future__ import annotations

import inspect
import math
import signal
import threading
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from course_lib.datasets import load
from course_lib.training import Diverged, EarlyStopping, History, Snapshots, evaluate, fit
from course_lib.training import fit as fit_function
from course_lib.training.batches import BLOCK, Batches, as_tensor
from course_lib.training.distribution import Distribution
from course_lib.training.meter import Meter, accuracy, chosen_metrics

HERE = Distribution(torch.device("cpu"))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def blobs(n: int = 150, features: int = 5, classes: int = 3, seed: int = 0):
    g = torch.Generator().manual_seed(seed)
    centres = 2 * torch.randn(classes, features, generator=g)
    labels = torch.randint(classes, (n,), generator=g)
    return centres[labels] + torch.randn(n, features, generator=g), labels


def net(features: int = 5, classes: int = 3, *middle: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(features, 16), nn.Tanh(), *middle, nn.Linear(16, classes))


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


# --- the arithmetic ---------------------------------------------------------------------------


def test_body_of_fit_is_at_most_60_lines() -> None:
    lines = inspect.getsource(fit_function).splitlines()
    begin = max(i for i, line in enumerate(lines) if line.strip().endswith('"""'))
    assert 20 < len(lines) - begin - 1 <= 60


def raw_loop(model, inputs, targets, optimiser, epochs, batch_size, clip=None):
    """The loop everybody writes, with the permutation drawn as fit draws it."""
    g = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(epochs):
        order = torch.randperm(len(inputs), generator=g)
        for start in range(0, len(inputs), batch_size):
            rows = order[start : start + batch_size]
            optimiser.zero_grad()
            loss = F.cross_entropy(model(inputs[rows]), targets[rows])
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw"])
@pytest.mark.parametrize("clip", [None, 0.1])
def test_weights_equal_the_raw_loop_bit_for_bit(name: str, clip: float | None) -> None:
    from course_lib.training.optimisers import chosen_optimisers

    x, y = blobs()
    ours, theirs = net(5, 3, nn.Dropout(0.3)), net(5, 3, nn.Dropout(0.3))
    torch.manual_seed(1)
    history = fit(
        ours, (x, y), loss=F.cross_entropy, epochs=3, batch_size=32, optimiser=name, clip=clip,
        metrics="accuracy",
    )  # fmt: skip
    torch.manual_seed(1)
    (optimiser,) = chosen_optimisers(name, theirs, None)
    losses = raw_loop(theirs, x, y, optimiser, 3, 32, clip)
    assert same_weights(ours, theirs)
    assert history.losses == losses
    assert history.updates == 15 and len(history) == 3


def test_epoch_means_weigh_the_smaller_last_batch_right() -> None:
    """With a rate of zero the epoch's means are those of one pass over all examples."""
    x, y = blobs(n=70)
    model = net()
    history = fit(
        model, (x, y), (x, y), loss=F.cross_entropy, epochs=1, batch_size=32, learning_rate=1e-30,
        metrics="accuracy",
    )  # fmt: skip
    with torch.no_grad():
        scores = model(x)
    assert history[0]["loss"] == pytest.approx(F.cross_entropy(scores, y).item(), rel=1e-6)
    right = (scores.argmax(1) == y).float().mean().item()
    assert history[0]["accuracy"] == pytest.approx(right, rel=1e-6)
    assert history[0]["validation loss"] == pytest.approx(history[0]["loss"], rel=1e-6)
    assert history[0]["validation accuracy"] == pytest.approx(right, rel=1e-6)
    # the unweighted mean of the three batches is another number: the test can fail
    assert np.mean(history.losses) != pytest.approx(history[0]["loss"], rel=1e-4)


@pytest.mark.parametrize("n", [96, 100])
def test_accumulated_batches_update_like_one_large_batch(n: int) -> None:
    x, y = (part.double() if part.is_floating_point() else part for part in blobs(n=n))
    one, many = net().double(), net().double()
    for model, size, times in ((one, 32, 1), (many, 8, 4)):
        fit(
            model, (x, y), loss=F.cross_entropy, epochs=4, batch_size=size, accumulate=times,
            optimiser="sgd",
        )  # fmt: skip
    for a, b in zip(one.parameters(), many.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-12, atol=1e-14)


def test_gradients_left_over_from_before_are_not_used() -> None:
    x, y = blobs()
    clean, dirty = net(), net()
    dirty(x).sum().backward()
    for model in (clean, dirty):
        fit(model, (x, y), loss=F.cross_entropy, epochs=1)
    assert same_weights(clean, dirty)


def test_schedule_sets_the_rate_of_each_update() -> None:
    x, y = blobs(n=64)
    seen = []
    model = nn.Linear(5, 3)
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    optimiser.register_step_pre_hook(lambda o, a, k: seen.append(o.param_groups[0]["lr"]))
    run = {"loss": F.cross_entropy, "epochs": 2, "batch_size": 16, "optimiser": optimiser}
    history = fit(model, (x, y), schedule=lambda step: 0.1 / (1 + step), **run)
    assert seen == [0.1 / (1 + k) for k in range(8)]
    assert history["learning rate"].tolist() == [0.1 / 4, 0.1 / 8]
    seen.clear()
    fit(model, (x, y), schedule=lambda epoch: 0.5**epoch, schedule_per="epoch", **run)
    assert seen == [1.0] * 4 + [0.5] * 4


# --- data -------------------------------------------------------------------------------------


class Squares(Dataset):
    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int):
        return torch.tensor([float(i), float(i) ** 2]), i % 2


class Stream(IterableDataset):
    def __iter__(self):
        return iter(Squares(10)[i] for i in range(10))


def rows(batches: Batches) -> list[list[int]]:
    return [[int(v) for v in b.data[0][:, 0]] for group in batches for b in group]


def test_every_kind_of_data_gives_every_example_once() -> None:
    x, y = default = (torch.arange(10.0)[:, None], torch.arange(10) % 2)
    arrays = (x.numpy().astype(np.float64), y.numpy().astype(np.int32))
    kinds = {
        "tensors": default,
        "arrays": arrays,
        "tensor dataset": TensorDataset(x, y),
        "map-style": Squares(10),
        "stream": Stream(),
        "loader": DataLoader(Squares(10), batch_size=4),
        "list of batches": [(x[:4], y[:4]), (x[4:], y[4:])],
        "function": lambda: ((x[i : i + 4], y[i : i + 4]) for i in (0, 4, 8)),
    }
    for name, data in kinds.items():
        batches = Batches(data, 4, HERE)
        first, second = rows(batches), rows(batches)
        assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(10)), name
        if name != "list of batches":
            assert [len(batch) for batch in first] == [4, 4, 2], name
        shuffled = name in ("tensors", "arrays", "tensor dataset", "map-style")
        assert (first != second) is shuffled, name


def test_order_depends_on_the_seed_alone() -> None:
    x = torch.arange(50.0)[:, None]
    data = (x, x)
    torch.manual_seed(5)
    one = rows(Batches(data, 8, HERE, 3))
    torch.manual_seed(6)
    assert one == rows(Batches(data, 8, HERE, 3)) != rows(Batches(data, 8, HERE, 4))
    order = torch.randperm(50, generator=torch.Generator().manual_seed(3))
    assert sum(one, []) == order.tolist()


def test_blocks_and_positions_do_not_show() -> None:
    x = torch.arange(float(2 * BLOCK + 7))[:, None]
    batches = Batches((x, x), 1, HERE, 3)
    whole = rows(batches)
    assert len(whole) == 2 * BLOCK + 7 and sorted(sum(whole, [])) == list(range(2 * BLOCK + 7))
    again = Batches((x, x), 1, HERE, 3)
    begun = iter(again)
    for _ in range(BLOCK - 2):
        next(begun)
    state = again.state_dict()
    resumed = Batches((x, x), 1, HERE, 99)
    resumed.load_state_dict(state)
    assert rows(resumed) == whole[BLOCK - 2 :]
    assert rows(resumed) == rows(batches)  # the next epoch too


def test_arrays_become_the_types_that_torch_expects() -> None:
    assert as_tensor(np.zeros(2)).dtype == torch.float32
    assert as_tensor(np.zeros(2, np.int32)).dtype == torch.int64
    assert as_tensor(np.zeros(2, np.uint8)).dtype == torch.uint8
    assert as_tensor(torch.zeros(2, dtype=torch.float64)).dtype == torch.float64
    with pytest.raises(TypeError, match="array of numbers"):
        as_tensor(np.array(["a"]))


def test_data_that_cannot_be_used_is_refused_in_words() -> None:
    x, y = blobs()
    run = {"loss": F.cross_entropy, "epochs": 2, "progress": False}
    with pytest.raises(ValueError, match=r"differ in their number of examples: \(150, 5\), \(149"):
        fit(net(), (x, y[:-1]), **run)
    with pytest.raises(ValueError, match="no examples"):
        fit(net(), (x[:0], y[:0]), **run)
    with pytest.raises(TypeError, match="data is"):
        fit(net(), 3, **run)
    with pytest.raises(ValueError, match="generator can be used up only once"):
        fit(net(), ((x[:9], y[:9]) for _ in range(2)), **run)
    with pytest.raises(ValueError, match="batch_size is a whole number"):
        fit(net(), (x, y), batch_size=0, **run)
    with pytest.raises(TypeError, match="not a pair"):
        fit(net(), x, **run)


def test_augment_changes_training_batches_only() -> None:
    x, y = blobs(n=64)
    history = fit(
        net(), (x, y), (x, y), loss=F.cross_entropy, epochs=1, learning_rate=1e-30, batch_size=64,
        augment=lambda batch: (batch[0] * 0, batch[1]),
    )  # fmt: skip
    model = net()
    with torch.no_grad():
        assert history[0]["loss"] == pytest.approx(F.cross_entropy(model(x * 0), y).item())
        assert history[0]["validation loss"] == pytest.approx(F.cross_entropy(model(x), y).item())


# --- steps of one's own -----------------------------------------------------------------------


def test_own_step_returning_a_loss_and_more() -> None:
    x, y = blobs()
    plain, own = net(), net()
    history = fit(plain, (x, y), (x, y), loss=F.cross_entropy, epochs=2, metrics="accuracy")

    def step(batch):
        inputs, targets = batch
        outputs = own(inputs)
        size = (outputs**2).mean()
        loss = F.cross_entropy(outputs, targets)
        return {"loss": loss, "outputs": outputs, "targets": targets, "size": size}

    other = fit(own, (x, y), (x, y), step=step, epochs=2, metrics="accuracy")
    assert same_weights(plain, own)
    assert other["loss"].tolist() == history["loss"].tolist()
    assert other["validation accuracy"].tolist() == history["validation accuracy"].tolist()
    assert (other["size"] > 0).all() and "validation size" in other.names


def test_several_models_and_optimisers_as_a_gan_has() -> None:
    torch.manual_seed(0)
    data = torch.randn(256, 1) * 0.5 + 3
    judge = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    nets = {"maker": nn.Linear(1, 1), "judge": judge}
    both = {name: torch.optim.Adam(one.parameters(), lr=0.02) for name, one in nets.items()}
    bce = F.binary_cross_entropy_with_logits

    def step(real):
        fake = nets["maker"](torch.randn(len(real), 1))
        true, false = judge(real), judge(fake.detach())
        judged = bce(true, torch.ones_like(true)) + bce(false, torch.zeros_like(false))
        both["judge"].zero_grad()
        judged.backward()
        both["judge"].step()
        fooled = bce(nets["judge"](fake), torch.ones(len(real), 1))
        both["maker"].zero_grad()
        fooled.backward()
        both["maker"].step()
        return {"judge": judged.detach(), "maker": fooled.detach()}

    centre = lambda: {"centre": nets["maker"](torch.zeros(1, 1)).item()}  # noqa: E731
    history = fit(nets, data, centre, step=step, epochs=25, batch_size=32, optimiser=both)
    assert set(history.names) == {"judge", "maker", "validation centre", "learning rate"}
    assert 2 < history["validation centre"][-1] < 4 and history["validation centre"][0] < 1.5
    assert history.updates == 200 and history.losses == []


def test_episodes_as_in_reinforcement_learning() -> None:
    """The data may be any iterable: here numbers of episodes; the step makes its own experience."""
    policy = nn.Linear(1, 2)
    torch.manual_seed(0)

    def play(_):
        choice = torch.distributions.Categorical(logits=policy(torch.ones(16, 1)))
        action = choice.sample()
        reward = (action == 1).float()
        loss = -(choice.log_prob(action) * (reward - 0.5)).mean()
        return {"loss": loss, "reward": reward.mean()}

    history = fit(policy, range(20), step=play, epochs=5, learning_rate=0.05)
    assert history["reward"][-1] > 0.9 > history["reward"][0]


def test_a_step_that_cannot_learn_is_refused() -> None:
    x, y = blobs()
    frozen = net()
    with pytest.raises(ValueError, match="no weight that can learn"):
        fit(frozen, (x, y), step=lambda batch: batch[0].mean(), epochs=1, progress=False)
    with pytest.raises(TypeError, match="returns a loss or a dict"):
        fit(frozen, (x, y), step=lambda batch: 3.0, epochs=1, progress=False)
    with pytest.raises(TypeError, match=r"write CrossEntropyLoss\(\)"):
        fit(frozen, (x, y), loss=nn.CrossEntropyLoss, epochs=1)
    with pytest.raises(TypeError, match="needs loss="):
        fit(frozen, (x, y), epochs=1)
    with pytest.raises(TypeError, match="several models"):
        fit({"a": frozen}, (x, y), loss=F.cross_entropy, epochs=1)
    with pytest.raises(TypeError, match="model is a torch Module"):
        fit("net", (x, y), loss=F.cross_entropy, epochs=1)


# --- metrics ----------------------------------------------------------------------------------


def test_accuracy_of_every_shape() -> None:
    scores = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    assert accuracy(scores, torch.tensor([0, 1])) == 0.5
    assert accuracy(scores, F.one_hot(torch.tensor([0, 1]), 3)) == 0.5
    assert accuracy(torch.tensor([1.0, -1.0, 2.0, 3.0]), torch.tensor([1.0, 0.0, 0.0, 1.0])) == 0.75
    words = torch.randn(2, 7, 5)
    assert accuracy(words, words.argmax(-1)) == 1.0
    pictures = torch.randn(2, 4, 6, 5)
    assert accuracy(pictures, pictures.argmax(1)) == 1.0
    with pytest.raises(ValueError, match="do not match"):
        accuracy(scores, torch.zeros(2, 2))


def test_metrics_by_name_and_by_function() -> None:
    def top_score(outputs, targets):
        return outputs.amax(1).mean()

    assert list(chosen_metrics(["accuracy", top_score])) == ["accuracy", "top score"]
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        chosen_metrics("acuracy")
    with pytest.raises(TypeError, match="name or a function"):
        chosen_metrics([3])


def test_metrics_see_many_batches_at_once_and_never_too_much() -> None:
    calls = []

    def metric(outputs, targets):
        calls.append(len(outputs))
        return outputs.float().mean()

    meter = Meter({"m": metric}, HERE)
    batches = Batches(torch.arange(400.0), 4, HERE)
    for group in batches:
        for batch in group:
            one = {"loss": batch.data.mean(), "outputs": batch.data, "targets": batch.data}
            meter.add(one, batch)
    row, losses = meter.finish()
    assert calls == [256, 144] and len(losses) == 100
    assert row == pytest.approx({"loss": 199.5, "m": 199.5})


def test_evaluate_on_a_test_set() -> None:
    x, y = blobs()
    model = net()
    found = evaluate(model, (x, y), loss=F.cross_entropy, metrics="accuracy", batch_size=64)
    with torch.no_grad():
        assert found["loss"] == pytest.approx(F.cross_entropy(model(x), y).item(), rel=1e-6)
    assert set(found) == {"loss", "accuracy"}


# --- how a run ends ---------------------------------------------------------------------------


def test_early_stopping_puts_the_best_weights_back() -> None:
    x, y = blobs()
    values = iter([3.0, 2.0, 1.0, 1.5, 1.0, 5.0, 0.1])
    kept = {}
    model = net()

    def validation():
        kept[len(kept) + 1] = {k: v.clone() for k, v in model.state_dict().items()}
        return {"loss": next(values)}

    history = fit(model, (x, y), validation, loss=F.cross_entropy, epochs=9, early_stopping=3)
    assert len(history) == 6 and history.best_epoch == 3
    assert history.stopped == "no better validation loss for 3 epochs"
    assert all(torch.equal(v, kept[3][k]) for k, v in model.state_dict().items())
    assert not all(torch.equal(v, kept[6][k]) for k, v in model.state_dict().items())


def test_early_stopping_upwards_and_refusals() -> None:
    upwards = EarlyStopping(2, "validation accuracy")
    history, model = History(), nn.Linear(1, 1)
    for value in (0.5, 0.7, 0.7, 0.6):
        history.add({"validation accuracy": value}, [], {})
        upwards.look(history, model)
    assert history.best_epoch == 2 and history.stopped
    with pytest.raises(ValueError, match="patience"):
        EarlyStopping(0)
    x, y = blobs()
    with pytest.raises(KeyError, match="no column 'validation loss'"):
        fit(net(), (x, y), loss=F.cross_entropy, epochs=1, early_stopping=1, progress=False)


def test_divergence_is_told_in_words_with_its_place() -> None:
    x, y = blobs(n=64)
    x[17, 2] = math.nan
    with pytest.raises(
        Diverged, match=r"nan in epoch 1, batch \d.*learning rate.*checklist"
    ) as told:
        fit(net(), (x, y), loss=F.cross_entropy, epochs=3, batch_size=16, progress=False)
    history = told.value.history
    first_bad = next(k for k, loss in enumerate(history.losses) if math.isnan(loss))
    assert f"batch {first_bad + 1}" in str(told.value) and len(history) == 0


def test_stop_button_leaves_model_and_history() -> None:
    x, y = blobs()
    model = net()
    start = {k: v.clone() for k, v in model.state_dict().items()}

    def press(history):
        if len(history) == 2:
            signal.raise_signal(signal.SIGINT)

    history = fit(model, (x, y), loss=F.cross_entropy, epochs=50, after_epoch=press)
    assert history.interrupted and len(history) == 2 and "interrupted" in history.line()
    assert not model.training and torch.isfinite(model(x)).all()
    assert not torch.equal(start["0.weight"], model[0].weight)


def test_stop_button_in_the_middle_of_an_epoch() -> None:
    x, y = blobs(n=20_000)
    model = net()
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    begun = time.perf_counter()
    history = fit(model, (x, y), loss=F.cross_entropy, epochs=10_000, batch_size=8)
    assert time.perf_counter() - begun < 60
    assert history.interrupted and history.losses and torch.isfinite(model(x)).all()
    fit(model, (x, y), loss=F.cross_entropy, epochs=1, batch_size=500)  # it goes on


def test_after_epoch_adds_to_the_row() -> None:
    x, y = blobs()
    history = fit(
        net(), (x, y), loss=F.cross_entropy, epochs=3, after_epoch=lambda h: {"twice": 2 * len(h)}
    )
    assert history["twice"].tolist() == [2, 4, 6]


def test_history_reads_like_a_table() -> None:
    history = History()
    for k in range(5):
        history.add({"loss": 1.0 / (k + 1)}, [], {})
    assert (
        history["loss"].tolist() == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5] and history[-1]["loss"] == 0.2
    )
    assert history.table("loss", every=2).column("epoch") == [1, 2, 4, 5]
    assert history.line() == "5 epochs: loss 0.2"
    with pytest.raises(KeyError, match="no column 'los'. Did you mean 'loss'"):
        history["los"]


def test_a_run_prints_one_line_without_times(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = blobs()
    history = fit(net(), (x, y), loss=F.cross_entropy, epochs=2)
    out, err = capsys.readouterr()
    assert out == history.line() + "\n" and err == ""
    fit(net(), (x, y), loss=F.cross_entropy, epochs=2, progress=False)
    assert capsys.readouterr() == ("", "")


# --- precision, compilation, the device -------------------------------------------------------


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_learns_the_same_and_keeps_float32_weights(precision: str) -> None:
    x, y = blobs(n=300)
    kinds = set()

    def loss(outputs, targets):
        kinds.add(outputs.dtype)
        return F.cross_entropy(outputs.float(), targets)

    model = net()
    history = fit(
        model, (x, y), loss=loss, epochs=15, precision=precision, metrics="accuracy", clip=1.0,
        learning_rate=0.01,
    )  # fmt: skip
    assert kinds == {torch.bfloat16 if precision == "bf16" else torch.float16}
    assert all(p.dtype == torch.float32 for p in model.parameters())
    full = fit(net(), (x, y), loss=F.cross_entropy, epochs=15, clip=1.0, learning_rate=0.01)
    assert history["loss"][-1] == pytest.approx(full["loss"][-1], rel=0.05)
    assert history["accuracy"][-1] > 0.9


def test_unknown_precision() -> None:
    x, y = blobs()
    with pytest.raises(ValueError, match="unknown precision 'half'"):
        fit(net(), (x, y), loss=F.cross_entropy, epochs=1, precision="half")


def test_compiled_step_computes_the_same() -> None:
    """The backend "eager" runs what torch.compile captured without compiling it."""
    x, y = blobs(n=64)
    plain, captured = net(), net()
    fit(plain, (x, y), loss=F.cross_entropy, epochs=2, batch_size=16)
    fit(captured, (x, y), loss=F.cross_entropy, epochs=2, batch_size=16, compile="eager")
    assert same_weights(plain, captured)


@pytest.mark.full
@pytest.mark.parametrize("how", [True, "reduce-overhead"])
def test_really_compiled_step_computes_almost_the_same(how: bool | str) -> None:
    x, y = blobs(n=72)
    plain, fast = net(), net()
    one = fit(plain, (x, y), loss=F.cross_entropy, epochs=2, batch_size=16, metrics="accuracy")
    two = fit(
        fast, (x, y), loss=F.cross_entropy, epochs=2, batch_size=16, metrics="accuracy", compile=how
    )
    assert two.losses == pytest.approx(one.losses, rel=1e-5)
    assert two["accuracy"].tolist() == one["accuracy"].tolist()


class Waits(TorchDispatchMode):
    """Counts what makes a GPU wait: reading a number, copying to the CPU, data-dependent shapes."""

    NAMES = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "item")

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if any(name in str(function) for name in self.NAMES):
            self.count += 1
        return function(*args, **(kwargs or {}))


def test_nothing_in_a_step_reads_a_number_from_the_device() -> None:
    x, y = blobs(n=512)
    counts = []
    for size in (64, 8):  # eight times as many steps must not wait more often
        with Waits() as waits:
            fit(
                net(), (x, y), (x, y), loss=F.cross_entropy, epochs=1, batch_size=size, clip=1.0,
                metrics="accuracy", diagnostics=["gradient norm"], progress=False,
            )  # fmt: skip
        counts.append(waits.count)
    assert counts[0] == counts[1]
    with Waits() as waits:
        x.sum().item()
    assert waits.count == 1


def test_a_whole_run_on_a_device_whose_numbers_cannot_be_read(monkeypatch) -> None:
    """The fake GPU is torch's "meta" device: shapes and types are computed, numbers do not exist.

    Whatever waited for a number inside an epoch would raise; only `meter.read` is replaced.
    """
    from course_lib.training import meter as meter_module

    reads = []

    def read(values):
        reads.append(values.device.type)
        return [0.5] * values.numel()

    monkeypatch.setattr(meter_module, "read", read)
    namespace = fit_function.__globals__
    monkeypatch.setitem(namespace, "choose_device", lambda name: torch.device("meta"))
    x, y = blobs(n=96)
    model = net(5, 3, nn.Dropout(0.5))
    history = fit(
        model, (x, y), (x, y), loss=F.cross_entropy, epochs=2, batch_size=32, clip=1.0,
        metrics="accuracy", early_stopping=2, accumulate=2, progress=False,
    )  # fmt: skip
    assert len(history) == 2 and set(reads) == {"meta"}
    assert {p.device.type for p in model.parameters()} == {"meta"}
    assert len(reads) == 2 * 4  # per epoch: losses and accuracies of training and of validation
    with pytest.raises(RuntimeError):
        torch.zeros(1, device="meta").item()


def test_what_is_particular_to_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The branches for CUDA, with torch's answers about the device replaced."""
    from course_lib.training import rng
    from course_lib.training.precision import Precision

    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(ValueError, match='no bfloat16: use precision="fp16"'):
        Precision("bf16", gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert Precision("bf16", gpu).dtype is torch.bfloat16

    restored = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: ["state of GPU 0"])
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", restored.extend)
    rng.restore_random_states(rng.random_states())
    assert restored == ["state of GPU 0"]


def test_data_too_large_for_the_gpu_stays_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 10**9))
    batches = Batches.__new__(Batches)
    batches.device = torch.device("cuda")
    x = torch.zeros(100)
    assert batches._moved(x) is x


# --- snapshots, diagnostics -------------------------------------------------------------------


# proves 000A:Snapshot ensembling
def test_snapshots_vote_at_least_as_well_as_their_mean_log_loss() -> None:
    from course_lib.training.schedules import sgdr

    x, y = blobs(n=300, features=4)
    model = net(4)
    snapshots = Snapshots(model, at=[4, 8, 12])
    fit(
        model, (x, y), loss=F.cross_entropy, epochs=12, optimiser="momentum", learning_rate=0.1,
        schedule=lambda epoch: sgdr(epoch, 0.001, 0.2, 4), schedule_per="epoch",
        after_epoch=snapshots,
    )  # fmt: skip
    each = snapshots.each(x)
    assert each.shape == (3, 300, 3) and not torch.allclose(each[0], each[1])
    singles = [F.nll_loss(p.log(), y).item() for p in each]
    assert F.nll_loss(snapshots.predict(x).log(), y).item() <= np.mean(singles)
    assert torch.allclose(each[-1], model(x).softmax(1), atol=1e-6)
    with pytest.raises(ValueError, match="no snapshot yet"):
        Snapshots(model, at=[1]).predict(x)


def test_diagnostics_equal_their_definitions() -> None:
    x, y = blobs(n=64)
    model = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 3))
    with torch.no_grad():
        model[0].bias[:2] = -100.0  # two dead units of six
    start = {name: p.detach().clone() for name, p in model.named_parameters()}
    history = fit(
        model, (x, y), loss=F.cross_entropy, epochs=1, batch_size=64, optimiser="sgd",
        learning_rate=0.1,
        diagnostics=["gradient norm", "update ratio", "dead units", "activation std"],
    )  # fmt: skip
    found = history.diagnostics[0]
    assert found["dead units"] == {"1": pytest.approx(2 / 6)}
    for name, p in model.named_parameters():
        change = (p - start[name]).norm().item()
        assert found["gradient norm"][name] == pytest.approx(change / 0.1, rel=1e-3, abs=1e-7)
        ratio = change / start[name].norm().item()
        assert found["update ratio"][name] == pytest.approx(ratio, rel=1e-3, abs=1e-9)
    first = F.linear(x, start["0.weight"], start["0.bias"]).std().item()
    assert found["activation std"]["0"] == pytest.approx(first, rel=1e-5)
    with pytest.raises(ValueError, match="no diagnostic 'gradient'. Did you mean"):
        fit(model, (x, y), loss=F.cross_entropy, epochs=1, diagnostics="gradient")


def test_diagnostics_do_not_change_the_run() -> None:
    from course_lib.training.diagnostics import NAMES

    x, y = blobs()
    plain, watched = net(5, 3, nn.Dropout(0.5)), net(5, 3, nn.Dropout(0.5))
    for model, names in ((plain, ()), (watched, NAMES)):
        torch.manual_seed(2)
        fit(model, (x, y), loss=F.cross_entropy, epochs=2, diagnostics=names)
    assert same_weights(plain, watched)


def test_real_digits_are_learned() -> None:
    train, test = load("digits").split(0.8, rng=0)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    history = fit(
        model, train.standardised(train.mean, train.std), test.standardised(train.mean, train.std),
        loss=F.cross_entropy, epochs=10, learning_rate=0.003, metrics="accuracy",
    )  # fmt: skip
    assert history["validation accuracy"][-1] > 0.93
