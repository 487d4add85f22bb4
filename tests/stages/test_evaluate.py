"""From predictions to an evaluation: what is right, what is worst, what is different, and what the gap says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import confusion_matrix

from breakeven.outputs import OUTPUTS
from breakeven.records.dataset import Column, Dataset
from breakeven.records.evaluation import Evaluation, Score
from breakeven.records.project import Data, Product, Project, Target
from breakeven.stages.evaluate import compare, evaluate, find_confusion
from breakeven.stages.gap import tell_gap

LABEL, NUMBER = OUTPUTS.get("label"), OUTPUTS.get("number")
ROWS = 600
SHOP, AGE, NOTE = (Column(name=n, kind=k) for n, k in (("shop", "category"), ("age", "number"), ("note", "text")))
BUYER = Column(name="buyer", kind="category", role="group")


def project(**data: object) -> Project:
    return Project(product=Product(name="p", task="tabular-classification"),
                   data=Data(train="rows.csv", answer="answer", **data), target=Target(at_least=0.8))


def dataset(task: str = "tabular-classification", labels: tuple[str, ...] = ("no", "yes"),
            columns: tuple[Column, ...] = (SHOP, AGE, NOTE), rows: int = ROWS, folds: int = 1) -> Dataset:
    return Dataset(digest="0", folder="", task=task, columns=columns, answer="answer", labels=labels, split="random",
                   rows={"train": rows, "validation": rows, "test": 0}, folds=folds)


def drawn(seed: int = 0) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Rows of three shops, in one of which (north) the predictions are no better than chance."""
    generator = np.random.default_rng(seed)
    shop = generator.choice(["north", "south", "west"], ROWS)
    truth = generator.integers(0, 2, ROWS)
    sure = np.where(shop == "north", 0.5, 0.9)
    hit = generator.random(ROWS) < sure
    positive = np.where(hit == truth, generator.uniform(0.5, 1, ROWS), generator.uniform(0, 0.5, ROWS))
    cells = {
        "shop": shop.tolist(),
        "age": [None if a < 20 else str(a) for a in generator.integers(18, 80, ROWS)],
        "note": ["word " * n for n in generator.integers(1, 30, ROWS)],
        "buyer": [f"b{i // 6}" for i in range(ROWS)],
        "answer": [("no", "yes")[t] for t in truth],
    }
    table = pa.table({**{n: pa.array(c, pa.large_string()) for n, c in cells.items()},
                      "_row": pa.array(range(101, 101 + ROWS), pa.int64())})
    return table, truth, np.column_stack([1 - positive, positive])


def evaluated(**settings: object) -> Evaluation:
    rows, truth, predictions = drawn()
    return evaluate("linear", "validation", project(), dataset(), LABEL, "macro_f1", rows, truth, predictions,
                    **settings)


def test_scores_have_the_main_metric_first_and_every_interval_holds_its_value() -> None:
    found = evaluated()
    rows, truth, predictions = drawn()
    assert found.main.metric == "macro_f1"
    assert {score.metric for score in found.scores} == set(LABEL.metrics())
    for score in found.scores:
        assert score.value == pytest.approx(LABEL.metrics()[score.metric].score(truth, predictions, None))
        assert score.low < score.value < score.high
    assert found.rows == rows.num_rows


def test_the_same_rows_give_the_same_record_and_it_survives_json() -> None:
    found = evaluated(train_value=0.99)
    assert found == evaluated(train_value=0.99)
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def test_the_worst_slice_is_found_first() -> None:
    found = evaluated().slices
    assert (found[0].column, found[0].value) == ("shop", "north")
    assert found[0].score.high < found[-1].score.low
    assert {cut.column for cut in found} == {"shop", "age", "len(note)"}
    assert all(cut.rows >= 20 for cut in found)
    assert sum(cut.rows for cut in found if cut.column == "age") == ROWS
    values = [cut.score.value for cut in found]
    assert values == sorted(values)


def test_a_slice_that_the_project_names_need_not_be_an_input() -> None:
    rows, truth, predictions = drawn()
    only_age = dataset(columns=(AGE,))
    found = evaluate("m", "test", project(slices=("shop", "missing")), only_age, LABEL, "accuracy", rows, truth,
                     predictions)
    assert {cut.column for cut in found.slices} == {"shop", "age"}
    assert "age 4" not in found.mistakes[0].shown or "north" not in found.mistakes[0].shown


def test_mistakes_are_the_surest_wrong_answers() -> None:
    rows, truth, predictions = drawn()
    found = evaluated().mistakes
    assert len(found) == 20
    assert [m.confidence for m in found] == sorted((m.confidence for m in found), reverse=True)
    for mistake in found:
        at = mistake.row - 101
        assert mistake.truth == rows.column("answer")[at].as_py() != mistake.answer
        assert rows.column("shop")[at].as_py() in mistake.shown
    wrong = predictions.argmax(axis=1) != truth
    assert found[0].confidence == predictions[wrong].max()


def test_nothing_is_wrong_with_perfect_answers() -> None:
    rows, truth, _ = drawn()
    found = evaluate("m", "test", project(), dataset(), LABEL, "accuracy", rows, truth, np.eye(2)[truth])
    assert found.mistakes == ()
    assert (found.main.value, found.main.low, found.main.high) == (1.0, 1.0, 1.0)


def test_confusion_equals_scikit_learns() -> None:
    _, truth, predictions = drawn()
    found = find_confusion(("no", "yes"), truth, predictions)
    assert np.array_equal(found.counts, confusion_matrix(truth, predictions.argmax(axis=1)))


def test_of_many_labels_the_most_confused_are_shown() -> None:
    """Fifty classes, all right but 7, which is taken for 41, and 3, which training never saw."""
    labels = tuple(f"c{i:02d}" for i in range(50))
    truth = np.arange(50).repeat(4)
    predictions = np.eye(50)[truth]
    predictions[truth == 7] = np.eye(50)[41]
    truth[truth == 3] = -1
    found = find_confusion(labels, truth, predictions)
    assert len(found.labels) == 30
    assert list(found.labels) == sorted(found.labels)
    at = found.labels.index("c07"), found.labels.index("c41")
    assert found.counts[at[0]][at[1]] == 4
    assert found.counts[at[0]][at[0]] == 0


def test_reliability_counts_every_row_and_rises_for_honest_confidence() -> None:
    generator = np.random.default_rng(0)
    positive = generator.random(4000)
    truth = (generator.random(4000) < positive).astype(np.int64)
    rows = pa.table({"_row": pa.array(range(4000))})
    found = evaluate("m", "test", project(), dataset(columns=()), LABEL, "brier", rows, truth,
                     np.column_stack([1 - positive, positive])).reliability
    assert sum(bin_.rows for bin_ in found) == 4000
    assert all(bin_.right == pytest.approx(bin_.confidence, abs=0.06) for bin_ in found)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_comparison_says_which_is_better_whatever_the_direction_of_the_metric(metric: str) -> None:
    _, truth, predictions = drawn()
    better = 0.5 * predictions + 0.5 * np.eye(2)[truth]
    worse = predictions[:, ::-1]
    noise = np.random.default_rng(1).normal(0, 1e-3, ROWS)
    twin = np.clip(predictions + noise[:, None] * [1, -1], 1e-6, 1 - 1e-6)
    found = compare(LABEL.metrics()[metric], truth, predictions, {"better": better, "worse": worse, "twin": twin})
    assert [c.verdict for c in found] == ["worse", "better", "no difference"]
    assert (found[0].difference > 0) == LABEL.metrics()[metric].higher
    assert found[0].low <= found[0].difference <= found[0].high


def test_rows_of_one_group_make_intervals_wider() -> None:
    rows, truth, predictions = drawn()
    truth, predictions = truth.repeat(6)[:ROWS], predictions.repeat(6, axis=0)[:ROWS]
    alone, grouped = (
        evaluate("m", "validation", project(), dataset(columns=columns), LABEL, "accuracy", rows, truth, predictions)
        for columns in ((SHOP,), (SHOP, BUYER))
    )
    assert grouped.main.high - grouped.main.low > 1.5 * (alone.main.high - alone.main.low)


def test_a_metric_that_does_not_exist_is_none() -> None:
    rows, _, predictions = drawn()
    found = evaluate("m", "test", project(), dataset(), LABEL, "roc_auc", rows, np.ones(ROWS, np.int64), predictions,
                     train_value=0.9, others={"o": predictions})
    assert found.main == Score(metric="roc_auc", value=None)
    assert (found.slices, found.comparisons, found.gap) == ((), (), None)


def test_labels_never_seen_are_mistakes_under_their_own_name() -> None:
    rows, _, predictions = drawn()
    new = rows.set_column(rows.column_names.index("answer"), "answer", pa.array(["maybe"] * ROWS, pa.large_string()))
    found = evaluate("m", "test", project(), dataset(), LABEL, "accuracy", new, np.full(ROWS, -1), predictions)
    assert found.main.value == 0
    assert found.mistakes[0].truth == "maybe"
    assert np.sum(found.confusion.counts) == 0


def test_numbers() -> None:
    rows, _, _ = drawn()
    generator = np.random.default_rng(0)
    truth = generator.normal(50, 10, ROWS)
    predictions = (truth + generator.normal(0, 3, ROWS))[:, None]
    found = evaluate("m", "validation", project(), dataset("regression", ()), NUMBER, "rmse", rows.drop(["answer"]),
                     truth, predictions, train_value=2.9)
    assert found.main.metric == "rmse"
    assert found.main.low < 3 < found.main.high
    assert (found.confusion, found.reliability) == (None, ())
    assert found.mistakes[0].confidence is None
    worst = np.abs(predictions[:, 0] - truth).argmax()
    assert found.mistakes[0].row == worst + 101
    assert float(found.mistakes[0].truth) == pytest.approx(truth[worst], rel=1e-5)
    values = [cut.score.value for cut in found.slices]
    assert values == sorted(values, reverse=True)


# --- the gap


def gap(train: float | None, new: tuple[float, float, float], metric: str = "accuracy", target: Target | None = None,
        **of_dataset: object) -> str:
    output = LABEL if metric in LABEL.metrics() else NUMBER
    score = Score(metric=metric, value=new[0], low=new[1], high=new[2])
    return str(tell_gap(output.metrics()[metric], train, score, target or Target(), dataset(**of_dataset)) or "")


def test_the_gap_and_its_remedy() -> None:
    assert gap(None, (0.8, 0.75, 0.85)) == ""
    assert "no over-fitting" in gap(0.84, (0.8, 0.75, 0.85))
    assert "falls short" in gap(0.84, (0.8, 0.75, 0.85), target=Target(at_least=0.95))
    assert "More rows would help" in gap(0.99, (0.8, 0.75, 0.85), rows=300)
    assert "there are 600" in gap(0.99, (0.8, 0.75, 0.85), rows=300, folds=5, labels=("a", "b", "c", "d"))
    assert "fewer columns" in gap(1.0, (5.0, 4.0, 6.0), "rmse", rows=100, labels=())
    assert "regularisation" in gap(1.0, (5.0, 4.0, 6.0), "rmse", rows=10_000, labels=())
    assert "falls short" in gap(4.8, (5.0, 4.0, 6.0), "rmse", target=Target(at_most=1.0), labels=())
    assert "0.99" in gap(0.99, (0.8, 0.75, 0.85))
