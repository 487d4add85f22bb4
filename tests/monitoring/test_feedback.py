"""Logged truth as training rows: test rows stay out of it, the newest rows are held back, the gate says no to worse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import breakeven
from breakeven.core.errors import UsageError
from breakeven.inputs.parts import read_part
from breakeven.monitoring.feedback import FEWEST_RECENT, Learned, learn_from_feedback
from breakeven.outputs import OUTPUTS
from breakeven.records.dataset import Dataset
from breakeven.records.evaluation import Evaluation
from breakeven.records.release import Release
from breakeven.serving.traffic import TrafficLog
from breakeven.serving.traffic_place import traffic_of
from breakeven.stages.admission import _part
from breakeven.store import Store
from tests.road.projects import make_project

LONG_AGO = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture
def looked_at(tmp_path: Path) -> tuple[Store, Dataset]:
    """A project of texts whose rows were split."""
    project = make_project(tmp_path / "texts")
    with (project / "rows.csv").open("a", encoding="utf-8") as text:
        text.writelines(f"please write to ann{n}@example.org about the bill {n},billing\n" for n in range(60))
    return Store(project), breakeven.check(project).dataset


def made(created: datetime = LONG_AGO) -> Release:
    test = Evaluation(candidate="linear", part="test", rows=0, scores=())
    return Release(number=1, candidate="linear", run="", path="", files=(), test=test, test_opened=1,
                   created=created.isoformat())  # fmt: skip


def tell(store: Store, texts: list[str | None], truths: list[str], share: float = 1.0) -> None:
    log = TrafficLog(traffic_of(store), share)
    for place, (text, truth) in enumerate(zip(texts, truths, strict=True)):
        name = f"{len(texts)}-{place}"
        log.answered(1, "", None, 0.001, pa.table({"message": pa.array([text], pa.large_string())}),
                     [{"id": name, "label": "billing", "confidence": 0.5}])  # fmt: skip
        log.feedback(name, truth, None)
    log.close()


def rows(learned: Learned, store: Store, part: str) -> list[tuple[str, str]]:
    table = read_part(store.folder / learned.dataset.folder, part)
    return list(zip(table.column("message").to_pylist(), table.column("answer").to_pylist(), strict=True))


def test_no_row_that_equals_a_test_row_trains_not_even_a_masked_one(looked_at: tuple[Store, Dataset]) -> None:
    store, base = looked_at
    before = read_part(store.folder / base.folder, "test").column("message").to_pylist()
    tested = [text for text in dict.fromkeys(before) if text]
    assert any("@" in text for text in tested), "some of them are masked in the log"
    new = [f"something new {n} from bob@example.org" for n in range(100)]
    tell(store, [*tested, *new], ["billing"] * (len(tested) + len(new)))
    learned = learn_from_feedback(store, base, made())
    assert learned.taken.test_rows == len(tested)
    assert (learned.taken.added, learned.taken.recent, learned.taken.masked) == (70, 30, 100)
    trained = rows(learned, store, "train")
    assert len(trained) == base.rows["train"] + 70 == learned.dataset.rows["train"]
    assert trained[-70:] == [(f"something new {n} from [mail]", "billing") for n in range(70)]
    assert read_part(store.folder / learned.dataset.folder, "test").column("message").to_pylist() == before
    assert read_part(learned.recent, "test").column("message").to_pylist() == [
        f"something new {n} from [mail]" for n in range(70, 100)]  # fmt: skip
    assert learned.dataset.test_of == base.digest
    assert learn_from_feedback(store, base, made()).dataset == learned.dataset, "the same log makes the same rows"


def test_the_newest_truth_counts_and_what_cannot_be_learned_is_counted(looked_at: tuple[Store, Dataset]) -> None:
    store, base = looked_at
    new = [f"number {n}" for n in range(70)]
    tell(store, new, ["billing"] * 70)
    tell(store, [*new, "odd"], [*["technical"] * 70, "no such team"])
    trained = [text for text, _ in rows(learn_from_feedback(store, base, made()), store, "train")]
    assert len(set(trained[-40:])) == 40
    learned = learn_from_feedback(store, base, made())
    assert (learned.taken.told, learned.taken.unusable, learned.taken.added) == (71, 1, 40)
    assert {truth for _, truth in rows(learned, store, "train")[-40:]} == {"technical"}


def test_rows_that_the_present_release_may_have_seen_are_not_recent(looked_at: tuple[Store, Dataset]) -> None:
    store, base = looked_at
    tell(store, [f"number {n}" for n in range(200)], ["billing"] * 200)
    with pytest.raises(UsageError, match="too few logged rows"):
        learn_from_feedback(store, base, made(datetime.now(UTC) + timedelta(hours=1)))
    assert learn_from_feedback(store, base, made()).taken.recent == 60


def test_too_few_or_unkept_rows_are_three_lines(looked_at: tuple[Store, Dataset]) -> None:
    store, base = looked_at
    tell(store, [f"number {n}" for n in range(2 * FEWEST_RECENT)], ["billing"] * 2 * FEWEST_RECENT, share=0.0)
    with pytest.raises(UsageError) as fault:
        learn_from_feedback(store, base, made())
    assert "--log-inputs" in str(fault.value.lines()[2])


@pytest.mark.parametrize(("right_before", "right_now", "test_passes", "recent_passes"), [
    (0.70, 0.95, True, True), (0.95, 0.95, True, False), (0.95, 0.70, False, False),
])  # fmt: skip
def test_the_gate_passes_what_is_better_and_nothing_else(
    right_before: float, right_now: float, test_passes: bool, recent_passes: bool
) -> None:
    chance = np.random.default_rng(7)
    truth = chance.integers(0, 3, 400)
    shared = chance.random(400)  # what is hard is hard for both

    def answers(right: float) -> np.ndarray:
        return np.eye(3)[np.where(shared < right, truth, (truth + 1) % 3)]

    metric = OUTPUTS.get("label").metrics()["accuracy"]
    for part, needed, passes in (("test", -0.02, test_passes), ("recent", 0.0, recent_passes)):
        found = _part(part, metric, truth, answers(right_before), answers(right_now), needed)
        assert found.passed == passes
        assert found.gain == pytest.approx(found.now - found.before)
        assert found.low <= found.gain <= found.high


def test_an_error_that_falls_is_a_gain() -> None:
    truth = np.linspace(0, 10, 200)
    metric = OUTPUTS.get("number").metrics()["mae"]
    chance = np.random.default_rng(1)
    before, now = (truth[:, None] + chance.normal(0, spread, (200, 1)) for spread in (2.0, 0.5))
    found = _part("recent", metric, truth, before, now, 0.0)
    assert found.passed
    assert found.now < found.before
    assert 0 < found.low < found.gain < found.high
