"""The linear family: finds what is there, keeps its time, calibrates, and its artifact answers what training said."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from breakeven.inputs import INPUTS
from breakeven.models.linear import MODEL
from breakeven.models.linear_answers import _quantised, _restored, save_linear
from breakeven.models.linear_fits import Way, fit_way
from breakeven.models.model import Trained, Work
from breakeven.models.thinning import thinned
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.tasks import task_named
from breakeven.testing import TOY_TASKS, toy_work

TOPICS = {"money": "invoice refund card charge price", "parcel": "courier box late street door",
          "water": "leak pipe tap flood drain", "light": "bulb lamp switch dark socket"}  # fmt: skip
COMMON = ["please", "help", "me", "today", "my", "the", "is", "it", "now", "again"]


def messages(rows: int, seed: int, classes: int = 4) -> tuple[pa.Table, list[str]]:
    """Texts of which two words in eight tell the class."""
    random = np.random.default_rng(seed)
    names = sorted(TOPICS)[:classes]
    answers = [names[int(k)] for k in random.integers(0, classes, rows)]
    texts = [" ".join(random.permutation([*random.choice(TOPICS[a].split(), 2), *random.choice(COMMON, 6)]))
             for a in answers]
    return pa.table({"message": pa.array(texts, pa.large_string())}), answers


def make_work(
    rows: pa.Table, answers: list[str], folder: Path, task: str = "text-classification", seconds: float = 20.0
) -> Work:
    named = task_named(task)
    input_, output = INPUTS.get(named.input), OUTPUTS.get(named.output)
    labels = output.labels(answers)
    columns = input_.columns(rows, tuple(rows.column_names))
    dataset = Dataset(
        digest="test", folder="", task=task, columns=columns, answer="answer", labels=labels, split="random",
        rows={"train": rows.num_rows, "validation": 0, "test": 0}, folds=3, bytes=rows.nbytes,
    )  # fmt: skip
    places = np.arange(rows.num_rows)
    return Work(
        candidate=Candidate(name="linear", family="linear/1", cost_rank=1), dataset=dataset, task=named,
        input=input_, output=output, metric=output.metrics()[named.metric], rows=rows,
        target=output.encode(answers, labels),
        folds=tuple((places[places % 3 != k], places[places % 3 == k]) for k in range(3)),
        artifact=folder, deadline=time.monotonic() + seconds, threads=2,
    )  # fmt: skip


def answer(work: Work, rows: pa.Table) -> np.ndarray:
    artifact = Artifact(
        family=MODEL.tag, task=work.task.name, input=work.task.input, output=work.task.output,
        columns=work.dataset.columns, answer="answer", labels=work.dataset.labels,
    )  # fmt: skip
    return MODEL.load(work.artifact, artifact).predict(rows)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Work, Trained]:
    work = make_work(*messages(400, 1), tmp_path_factory.mktemp("linear"))
    return work, MODEL.train(work)


def test_it_learns_which_words_tell_the_class(trained: tuple[Work, Trained]) -> None:
    work, result = trained
    rows, answers = messages(200, 2)
    truth = work.output.encode(answers, work.dataset.labels)
    assert (answer(work, rows).argmax(axis=1) == truth).mean() > 0.97
    assert work.metric.score(work.target, result.predictions, None) > 0.95
    assert result.train_value is not None
    assert result.train_value >= work.metric.score(work.target, result.predictions, None) - 0.01


def test_probabilities_are_calibrated(tmp_path: Path) -> None:
    """One answer in four is drawn at random: the model is as sure as it is right."""
    rows, answers = messages(900, 3)
    random = np.random.default_rng(0)
    noisy = [str(random.choice(sorted(TOPICS))) if random.random() < 0.25 else a for a in answers]
    work = make_work(rows, noisy, tmp_path)
    predictions = MODEL.train(work).predictions
    right = (predictions.argmax(axis=1) == work.target).mean()
    assert abs(predictions.max(axis=1).mean() - right) < 0.04


def test_predictions_of_a_scored_row_do_not_know_its_answer(tmp_path: Path) -> None:
    """Answers without any pattern cannot be told from rows that were not seen."""
    rows, _ = messages(300, 4)
    answers = [str(a) for a in np.random.default_rng(5).choice(["yes", "no"], 300)]
    work = make_work(rows, answers, tmp_path)
    assert abs((MODEL.train(work).predictions.argmax(axis=1) == work.target).mean() - 0.5) < 0.11


def test_the_same_seed_gives_the_same_artifact(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        work = make_work(*messages(150, 6), tmp_path / name, seconds=60)
        MODEL.train(work)
        found.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert found[0] == found[1]


def test_it_is_back_in_time_with_something(tmp_path: Path) -> None:
    rows, answers = messages(3_000, 7)
    work = make_work(rows, answers, tmp_path, seconds=0.5)
    begun = time.monotonic()
    result = MODEL.train(work)
    assert time.monotonic() - begun < 10
    assert (result.predictions.argmax(axis=1) == work.target).mean() > 0.9


def test_a_class_that_one_fold_has_never_seen(tmp_path: Path) -> None:
    rows, answers = messages(120, 8)
    answers[0] = "rare"
    work = make_work(rows, answers, tmp_path)
    result = MODEL.train(work)
    assert np.isfinite(result.predictions).all()
    assert answer(work, rows).shape == (120, 5)


@pytest.mark.parametrize("name", ["svm", "joint-svm", "weighted-svm", "weighted-joint-svm", "logistic", "naive-bayes"])
@pytest.mark.parametrize("classes", [2, 3])
def test_each_way_to_fit_separates_what_can_be_separated(name: str, classes: int) -> None:
    random = np.random.default_rng(0)
    target = random.integers(0, classes, 90)
    values = random.random((90, 6)) * 0.2
    values[np.arange(90), target] += 1
    way = Way(name, 0.0 if name == "naive-bayes" else 1.0, 0.1 if name.startswith(("weighted", "naive")) else 0.0)
    found = fit_way(way, sparse.csr_matrix(values.astype(np.float32)), target, classes)
    assert (found.margins(values).argmax(axis=1) == target).all()


def test_the_plain_way_is_linear_svc() -> None:
    random = np.random.default_rng(1)
    values, target = random.normal(size=(60, 4)).astype(np.float32), random.integers(0, 3, 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = fit_way(Way("svm", 0.5), sparse.csr_matrix(values), target, 3)
        expected = LinearSVC(C=0.5, tol=1e-4, random_state=0).fit(values, target).decision_function(values)
    assert np.allclose(found.margins(values), expected, atol=0.05)


def test_weights_survive_eight_bits() -> None:
    sizes = np.geomspace(1e-3, 1e2, 300)[:, None]
    weights = (np.random.default_rng(2).normal(size=(300, 7)) * sizes).astype(np.float32)
    tensors = _quantised(weights)
    assert tensors["weights"].dtype == np.int8
    error = np.abs(_restored(tensors) - weights).max(axis=1)
    assert (error <= np.abs(weights).max(axis=1) * 0.005 + 1e-5).all()


def test_the_lightest_features_are_left_out_of_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breakeven.models.linear_answers.MOST_BYTES", 20 * (9 + 2))
    rows, _ = messages(50, 9)
    view = INPUTS.get("text").view("vectors", INPUTS.get("text").columns(rows, ("message",)))
    matrix = view.fit(rows, np.zeros(50))
    weights = np.random.default_rng(3).normal(size=(matrix.shape[1], 2)).astype(np.float32)
    save_linear(tmp_path, view, weights, np.zeros(2), labels=True)
    assert view.transform(rows).shape[1] == 20


def test_more_rows_than_fit_are_thinned_but_all_are_scored(tmp_path: Path) -> None:
    work = make_work(*messages(3_000, 10), tmp_path)
    thin, rows = thinned(work, most_bytes=work.rows.nbytes // 3)
    assert np.array_equal(thin.scored, work.scored)
    assert all(len(fit) <= 1_000 for fit, _ in thin.folds)
    assert len(rows) == 1_000
    assert (np.diff(rows) > 0).all()
    same, every = thinned(work)
    assert same is work
    assert len(every) == 3_000


def test_a_class_of_validation_rows_alone_is_scored_but_not_learned(tmp_path: Path) -> None:
    work = make_work(*messages(200, 14), tmp_path)
    places = np.arange(200)
    target = work.target.copy()
    target[190:] = -1
    work = replace(work, target=target, folds=((places[:150], places[150:]),))
    result = MODEL.train(work)
    assert result.predictions.shape == (50, 4)
    assert (result.predictions[:40].argmax(axis=1) == target[150:190]).mean() > 0.9
    assert thinned(work)[1].tolist() == list(range(190))


def numbers(rows: int, seed: int) -> tuple[pa.Table, list[str]]:
    """A table whose answer is bent in one column, stepped in another, and has missing cells."""
    random = np.random.default_rng(seed)
    size, home = random.normal(10, 3, rows), random.choice(["rent", "own", "free"], rows)
    answer = np.abs(size - 10) * 2 + np.array([{"rent": 0.0, "own": 3.0, "free": 5.0}[h] for h in home])
    cells = [None if i % 50 == 49 else f"{value:.4f}" for i, value in enumerate(size)]
    table = pa.table({"size": pa.array(cells, pa.large_string()), "home": pa.array(home.tolist(), pa.large_string())})
    return table, [f"{value:.4f}" for value in answer + random.normal(0, 0.1, rows)]


def test_numbers_from_tables_follow_bent_lines(tmp_path: Path) -> None:
    rows, answers = numbers(600, 11)
    work = make_work(rows, answers, tmp_path, "regression")
    predictions = MODEL.train(work).predictions
    assert np.abs(predictions[:, 0] - work.target).mean() < 0.5  # a straight line is 1.5 off
    again = answer(work, rows)
    assert np.abs(again[:, 0] - work.target).mean() < 0.5


def test_labels_from_tables(tmp_path: Path) -> None:
    rows, answers = numbers(600, 12)
    classes = ["high" if float(a) > 6 else "low" for a in answers]
    work = make_work(rows, classes, tmp_path, "tabular-classification")
    result = MODEL.train(work)
    assert work.metric.score(work.target, result.predictions, None) > 0.97
    assert set(result.settings) <= {"n-grams", "logistic 1", "logistic 0.1", "logistic 10", "logistic 0.02"}


def test_numbers_from_texts(tmp_path: Path) -> None:
    rows, answers = messages(400, 13)
    values = [f"{sorted(TOPICS).index(a) * 10 + 1}" for a in answers]
    work = make_work(rows, values, tmp_path)
    regression = task_named("regression").model_copy(update={"input": "text"})
    output = OUTPUTS.get("number")
    dataset = work.dataset.model_copy(update={"labels": ()})
    target = output.encode(values, ())
    work = replace(work, task=regression, output=output, metric=output.metrics()["mae"], target=target, dataset=dataset)
    assert work.metric.score(work.target, MODEL.train(work).predictions, None) < 4


def test_it_says_when_the_time_did_not_suffice(tmp_path: Path) -> None:
    """The budget ended the tuning, not the data: the run then ends as stopped rather than as missed."""
    task = next(task for task in TOY_TASKS if task.input == "text" and task.output == "label")
    candidate = Candidate(name="linear", family="linear/1", cost_rank=1)
    for seconds, cut_short in ((60.0, False), (0.01, True)):
        work = toy_work(task, candidate, tmp_path / str(seconds), seconds=seconds)
        work.artifact.mkdir()
        assert MODEL.train(work).cut_short is cut_short
