"""What an absent rung would take and bring is said before anybody installs or pays."""

from __future__ import annotations

from breakeven.core.words import say
from breakeven.records.candidate import Refusal
from breakeven.records.record import MessageRecord
from breakeven.stages.prospects import prospect, with_prospects
from breakeven.tasks import task_named
from breakeven.testing import TOY_TASKS, toy_dataset, toy_rows

TASK = next(task for task in TOY_TASKS if task.name == "toy-text-label")
DATASET = toy_dataset(TASK, toy_rows(TASK)[0], ("billing", "delivery")).model_copy(update={"bytes": 2_000_000})


def test_english_texts_get_weights_time_money_and_what_was_measured() -> None:
    found = prospect("embed", DATASET, TASK, 0.001)
    assert found is not None
    assert found.values["name"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert found.values["usd"] == found.values["seconds"] * 0.001 > 0
    assert 0 < found.values["low_share"] < found.values["high_share"] <= 1


def test_more_text_takes_longer() -> None:
    small, large = (prospect("embed", DATASET.model_copy(update={"bytes": size}), TASK, 1.0) for size in (1e5, 1e7))
    assert small is not None
    assert large is not None
    assert small.values["seconds"] < large.values["seconds"]


def test_what_was_not_measured_is_said_to_be_unknown() -> None:
    found = prospect("embed", DATASET.model_copy(update={"chinese": 0.9}), TASK, 0.001)
    assert found is not None
    assert "has not been measured" in str(found)
    assert "bge-small-zh" in str(found)


def test_nothing_is_promised_for_tables_or_families_nobody_measured() -> None:
    rows = task_named("tabular-classification")
    assert prospect("embed", DATASET, rows, 0.001) is None
    assert prospect("boosted", DATASET, TASK, 0.001) is None


def test_refusals_carry_it() -> None:
    why = MessageRecord.of(say("it reads texts only"))
    first, second = with_prospects((Refusal(family="embed", why=why), Refusal(family="boosted", why=why)),
                                   DATASET, TASK, 0.001)  # fmt: skip
    assert first.prospect is not None
    assert first.why == why
    assert second.prospect is None
