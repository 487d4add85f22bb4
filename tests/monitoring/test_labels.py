"""The label queue: unsure rows far from each other, an honest share by chance, and no row twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.core.errors import DataError, UsageError
from breakeven.inputs.reader import read_table
from breakeven.monitoring.labels import labels_add, labels_next, write_queue
from breakeven.monitoring.picking import pick, quotas, random_count
from breakeven.records.evaluation import Evaluation
from breakeven.records.release import Release
from breakeven.serving.traffic import TrafficLog
from breakeven.serving.traffic_place import traffic_of
from breakeven.store import Store, write_bytes
from tests.road.projects import make_project


@pytest.fixture
def logged(tmp_path: Path) -> Store:
    """A project with a release of two labels and twenty logged answers, two of them to one input."""
    store = Store(make_project(tmp_path / "texts"))
    test = Evaluation(candidate="linear", part="test", rows=0, scores=())
    release = Release(number=1, candidate="linear", run="", path="", files=(), test=test, test_opened=1,
                      created="2026-11-22T00:00:00+00:00", labels=("billing", "技术"))  # fmt: skip
    store.write(release, store.release_folder(1) / "release.json")
    write_bytes(store.folder / "releases" / "current", b"1\n")
    log = TrafficLog(traffic_of(store), 1.0)
    for n in range(20):
        text = f"my invoice {max(n, 1)} 退款" if n % 2 else f"the machine {n} is broken"
        log.answered(1, "", None, 0.001, pa.table({"message": [text]}),
                     [{"id": f"a-{n}", "label": "billing", "confidence": 0.5 + n / 50}])  # fmt: skip
    log.answered(1, "", None, 0.001, pa.table({"message": ["my invoice 1 退款"]}),
                 [{"id": "again", "label": "billing", "confidence": 0.9}])  # fmt: skip
    log.close()
    return store


def test_unsure_rows_of_every_kind_come_before_many_of_one_kind() -> None:
    """Ninety sure rows, nine that are unsure and alike, one unsure and different: the different one is picked early."""
    alike = [{"text": f"the invoice was charged twice {n}"} for n in range(9)]
    inputs = [*({"text": f"sure and quiet row {n}"} for n in range(90)), *alike, {"text": "送货地址错了"}]
    confidence = np.array([0.95] * 90 + [0.50] * 9 + [0.52])
    assert 99 in pick(inputs, confidence, ["a"] * 100, 3, 0.0, 0)
    assert 90 in pick(inputs, confidence, ["a"] * 100, 1, 0.0, 0), "the least sure one is the first"
    assert len(set(pick(inputs, confidence, ["a", "b"] * 50, 100, 0.2, 0).tolist())) == 100


def test_every_answer_gets_its_share() -> None:
    """Unsure rows of one answer do not drive out the others: what learns keeps how often each comes."""
    inputs = [{"text": f"row {n}"} for n in range(100)]
    answers = ["easy"] * 70 + ["hard"] * 30
    confidence = np.array([0.9] * 70 + [0.4] * 30)
    picked = pick(inputs, confidence, answers, 10, 0.0, 0)
    assert (sum(picked < 70), sum(picked >= 70)) == (7, 3)
    assert quotas(np.array([5, 3, 2]), 7) == [4, 2, 1]
    assert sum(quotas(np.array([1] * 77), 40)) == 40


def test_the_random_share_is_drawn_evenly() -> None:
    inputs = [{"text": str(n)} for n in range(40)]
    confidence = np.linspace(0.3, 1.0, 40)
    count = np.zeros(40)
    for seed in range(150):
        count[pick(inputs, confidence, ["a"] * 40, 10, 0.4, seed)[-random_count(10, 0.4) :]] += 1
    assert count.sum() == 150 * 4
    assert np.abs(count - 15).max() < 5 * np.sqrt(15), "every row is as likely, however sure"


def test_no_input_twice_and_none_that_is_labelled(logged: Store, tmp_path: Path) -> None:
    first = labels_next(logged, 6, 0.5, 3)
    assert first.waiting == 20
    assert labels_next(logged, 6, 0.5, 3) == first, "the same seed picks the same rows"
    assert [row.why for row in first.rows] == ["unsure"] * 3 + ["random"] * 3
    write_queue(first, tmp_path / "queue.csv")
    table = read_table(tmp_path / "queue.csv")
    assert table.column_names[:3] == ["id", "truth", "message"]
    truths = ["billing", "技术", None, "billing", " billing ", "技术"]
    lines = ["id,truth", *(f"{row.id},{truth or ''}" for row, truth in zip(first.rows, truths, strict=True))]
    (tmp_path / "excel.csv").write_bytes("\r\n".join(lines).encode("gb18030"))
    assert labels_add(logged, tmp_path / "excel.csv") == 5
    told = traffic_of(logged).read("feedback")
    assert sorted(told.column("truth").to_pylist()) == ["billing"] * 3 + ["技术"] * 2
    left = labels_next(logged, 100)
    assert left.waiting == 20 - 5
    taken = {row.id for row, truth in zip(first.rows, truths, strict=True) if truth}
    assert not taken & {row.id for row in left.rows}
    texts = [row.inputs["message"] for row in left.rows]
    assert len(texts) == len(set(texts)) == 15


@pytest.mark.parametrize(("content", "what", "hint"), [
    ("id,truth\na-1,biling\n", "biling", "billing"),
    ("id,truth\na-1,billing\nnobody,billing\n", "nobody", "labels next"),
    ("id,label\na-1,billing\n", "truth", "truth"),
])  # fmt: skip
def test_a_wrong_file_is_three_lines_and_nothing_is_taken(
    logged: Store, tmp_path: Path, content: str, what: str, hint: str
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(content, encoding="utf-8-sig")
    with pytest.raises(DataError) as fault:
        labels_add(logged, file)
    lines = [str(line) for line in fault.value.lines()]
    assert len(lines) == 3
    assert what in lines[0]
    assert str(file) in lines[1]
    assert hint in lines[2]
    assert traffic_of(logged).read("feedback").num_rows == 0


def test_a_log_without_inputs_is_told(tmp_path: Path) -> None:
    store = Store(make_project(tmp_path / "texts"))
    with pytest.raises(UsageError, match="no rows to label"):
        labels_next(store, 5)
