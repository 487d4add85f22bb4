"""The training loop: it learns, ends in time, and goes on bit for bit where a killed run was."""

from __future__ import annotations

import json
import math
import multiprocessing
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from loop_program import SETTINGS, loss, rows, small_net, train, write_loss  # noqa: E402

from breakeven.core.errors import ModelError  # noqa: E402
from breakeven.models.nn.batches import LengthBatches, WindowBatches, padded, sorted_batches  # noqa: E402
from breakeven.models.nn.devices import Device, choose_device, peak_of  # noqa: E402
from breakeven.models.nn.loop import Batch, Pace, Watch, flop_per_token, train_net  # noqa: E402
from breakeven.models.nn.optimizers import decay_groups  # noqa: E402
from breakeven.models.nn.schedule import LoopSettings, Plan, rate_share  # noqa: E402


def test_training_lowers_the_loss_and_keeps_the_best_weights() -> None:
    with torch.no_grad():
        before = float(loss(small_net().eval(), held_out()))
    trace, net = train(None)
    assert trace.step == 60
    assert trace.best < 0.8 * before
    assert float(loss(net, held_out()).detach()) == pytest.approx(trace.best, rel=1e-6)
    assert trace.tokens == 60 * 2 * 16
    assert not trace.cut_short


def held_out() -> dict[str, torch.Tensor]:
    inputs, answers = rows()
    return {"inputs": inputs[160:], "answers": answers[160:]}


def test_killed_at_ten_random_steps_a_run_ends_with_the_same_loss(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["loop_program"])

    def started(folder: str) -> multiprocessing.process.BaseProcess:
        process = processes.Process(target=write_loss, args=(str(tmp_path / folder), str(tmp_path / f"{folder}.txt")))
        process.start()
        return process

    whole = started("whole")
    whole.join(60)
    expected = (tmp_path / "whole.txt").read_text()
    chance, kills = random.Random(3), 0
    for _ in range(60):
        process = started("killed")
        process.join(chance.uniform(0.02, 0.3) if kills < 10 else 60)
        if process.exitcode is None:
            process.kill()
            process.join()
            kills += 1
        else:
            break
    assert kills == 10, "the run was over before it could be killed ten times"
    assert (tmp_path / "killed.txt").read_text() == expected


def test_a_checkpoint_of_another_run_is_not_used(tmp_path: Path) -> None:
    train(tmp_path, replace(SETTINGS, steps=20))
    assert list(tmp_path.iterdir())
    fresh, _ = train(None, replace(SETTINGS, learning_rate=1e-3))
    kept, _ = train(tmp_path, replace(SETTINGS, learning_rate=1e-3))
    assert kept.loss == fresh.loss


def test_the_schedule_is_fitted_to_the_time() -> None:
    begun = time.monotonic()
    trace, _ = train(None, replace(SETTINGS, steps=100_000), seconds=1.5, pause=0.002)
    spent = time.monotonic() - begun
    assert 1.0 < spent < 1.8
    assert trace.cut_short
    assert trace.step == trace.steps, "the schedule came to its end"


def test_a_machine_that_grows_slow_shortens_the_plan_but_never_lengthens_it_late(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    now = [0.0]
    monkeypatch.setattr("breakeven.models.nn.schedule.monotonic", lambda: now[0])
    plan = Plan(wanted=1000, steps=1000, begun=0.0)
    now[0] = 10.0
    plan.fit(50, 90.0)
    assert plan.steps == 500
    now[0] = 40.0
    plan.fit(100, 60.0)
    assert plan.steps == 250
    now[0] = 41.0
    plan.fit(200, 59.0)
    assert plan.steps == 250


@pytest.mark.parametrize("schedule", ["cosine", "linear", "wsd"])
def test_the_rate_rises_to_one_and_falls_to_the_floor(schedule) -> None:  # type: ignore[no-untyped-def]
    shares = [rate_share(step, 100, 0.1, schedule, 0.05) for step in range(101)]
    assert shares[0] < 0.1
    assert max(shares) == pytest.approx(1.0)
    assert shares[10:] == sorted(shares[10:], reverse=True)
    assert shares[100] == pytest.approx(0.05)


def test_a_loss_that_is_no_number_is_an_error() -> None:
    net = small_net()
    with pytest.raises(ModelError, match="no number"):
        train_net(net, lambda number: Batch({}, 1), lambda net, tensors: next(net.parameters()).sum() * math.nan,
                  LoopSettings(steps=5, learning_rate=0.1), choose_device(1), lambda: 10.0)  # fmt: skip


def test_the_pace_tells_mfu_only_where_the_peak_is_known() -> None:
    inputs, answers = rows()
    paces: list[Pace] = []
    for peak in (None, 1e9):
        train_net(small_net(), lambda number: Batch({"inputs": inputs, "answers": answers}, 200), loss,
                  LoopSettings(steps=3, learning_rate=0.01, checkpoint_seconds=0.0),
                  Device("cpu", "test", "fp32", peak), lambda: 10.0, tell=paces.append)  # fmt: skip
    unknown, known = paces[2], paces[-1]
    assert unknown.mfu is None
    assert known.mfu == pytest.approx(known.tokens_per_second * flop_per_token(small_net()) / 1e9)
    assert known.seconds_left == 0
    assert peak_of("NVIDIA H200") == 989e12
    assert peak_of("a card of tomorrow") is None


def test_flop_and_decay_follow_what_is_trained() -> None:
    net = torch.nn.Sequential(torch.nn.Embedding(50, 4), torch.nn.Linear(4, 3))
    assert flop_per_token(net) == 6 * 15
    net[1].weight.requires_grad_(False)
    assert flop_per_token(net) == 4 * 12 + 6 * 3
    assert [group["weight_decay"] for group in decay_groups(net, 0.1)] == [0.1, 0.0]


@pytest.mark.parametrize("tokens", [None, 64])
def test_every_row_comes_once_an_epoch_and_any_batch_can_be_made_again(tokens: int | None) -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 500)
    order = LengthBatches(lengths, rows=8, seed=1, tokens=tokens)
    first = [order(number) for number in range(order.per_epoch)]
    assert sorted(np.concatenate(first)) == list(range(500))
    assert all(len(batch) <= 8 for batch in first)
    if tokens:
        assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= 64 for batch in first)
    late = LengthBatches(lengths, rows=8, seed=1, tokens=tokens)(order.per_epoch + 7)
    assert np.array_equal(late, order(order.per_epoch + 7))
    assert np.array_equal(order(0), first[0])
    padding = sum(len(batch) * lengths[batch].max() for batch in first) / lengths.sum()
    assert padding < 1.15


def test_padding_and_windows() -> None:
    ids, mask = padded([[5, 6, 7], [8], []], pad=1)
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1], [1, 1, 1]]
    assert mask.sum(dim=1).tolist() == [3, 1, 0]
    assert padded([[5]], multiple=8)[0].shape == (1, 8)
    assert [len(batch) for batch in sorted_batches([3, 9, 1], 2)] == [2, 1]
    windows = WindowBatches(np.arange(100, dtype=np.uint16), rows=3, length=10, seed=0)
    inputs, targets = windows(4)
    assert inputs.shape == targets.shape == (3, 10)
    assert torch.equal(inputs + 1, targets)
    assert torch.equal(inputs, windows(4)[0])


def test_the_curve_is_thinned_and_the_same_after_a_break(tmp_path: Path) -> None:
    from breakeven.models.nn.curves import MOST_POINTS, Points

    points = Points()
    for step in range(1, 2 * MOST_POINTS + 2):
        points.see(step, float(step), 10 * step, torch.tensor(1.0 / step), 0.1)
    points.read()
    assert points.stride == 4 or len(points.rows) <= MOST_POINTS
    assert all(row[0] % points.stride == 0 and row[3] == pytest.approx(1 / row[0]) for row in points.rows)
    whole, _ = train(None)
    train_part(tmp_path)
    again, _ = train(tmp_path)
    told = [(row[0], row[2], row[3]) for row in again.points]
    assert told == [(row[0], row[2], row[3]) for row in whole.points]
    assert len(told) == 60
    assert whole.curve("fold 1").looks[-1].step == 60


def train_part(folder: Path) -> None:
    """The first steps of the same training, ended as a kill would, with a checkpoint behind it."""
    inputs, answers = rows()
    order = LengthBatches(np.ones(160, np.int64), rows=16, seed=SETTINGS.seed)

    def batch(number: int) -> Batch:
        if number > 40:
            raise KeyboardInterrupt
        chosen = order(number)
        return Batch({"inputs": inputs[chosen], "answers": answers[chosen]}, tokens=len(chosen))

    held = held_out()
    watch = Watch(lambda each: float(loss(each, held)), times=6, patience=6)
    with pytest.raises(KeyboardInterrupt):
        train_net(small_net(), batch, loss, SETTINGS, choose_device(1), lambda: 10.0, folder, watch=watch)


def test_a_trace_of_some_steps_opens_as_chrome_json(tmp_path: Path) -> None:
    inputs, answers = rows()
    file = tmp_path / "traces" / "one.json"
    train_net(small_net(), lambda number: Batch({"inputs": inputs, "answers": answers}, 200), loss,
              LoopSettings(steps=12, learning_rate=0.01), choose_device(1), lambda: 10.0, traced=file)  # fmt: skip
    events = json.loads(file.read_text())["traceEvents"]
    names = {event.get("name") for event in events}
    assert "aten::linear" in names
    assert len({name for name in names if str(name).startswith("ProfilerStep#")}) == 5
