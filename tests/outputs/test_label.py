"""The output `label`: its coding, and its metrics beside scikit-learn's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.naive_bayes import GaussianNB

from breakeven.core.errors import DataError
from breakeven.outputs import OUTPUTS

LABEL = OUTPUTS.get("label")
OURS = LABEL.metrics()


def drawn(seed: int, rows: int, classes: int, unseen: bool = False, coarse: bool = False):
    """Truth and predictions that agree more often than by chance; `coarse` makes ties among the scores."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += rng.normal(1.0, 1.0, rows)
    predictions = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if coarse:
        predictions = np.round(predictions * 8) + 0.5
        predictions /= predictions.sum(axis=1, keepdims=True)
    if unseen:
        truth[:: max(2, rows // 5)] = -1
    return truth, predictions


def reference(name: str, truth: np.ndarray, p: np.ndarray, weights: np.ndarray | None) -> float:
    """The same metric by scikit-learn."""
    answer, classes = p.argmax(axis=1), np.arange(p.shape[1])
    averaged = {"macro_precision": theirs.precision_score, "macro_recall": theirs.recall_score,
                "macro_f1": theirs.f1_score}
    if name in averaged:
        return averaged[name](truth, answer, average="macro", sample_weight=weights, zero_division=0)
    if name == "accuracy":
        return theirs.accuracy_score(truth, answer, sample_weight=weights)
    if name == "log_loss":
        return theirs.log_loss(truth, p, sample_weight=weights, labels=classes)
    if name == "brier":
        return theirs.brier_score_loss(truth, p, sample_weight=weights, labels=classes)
    if p.shape[1] == 2:
        return theirs.roc_auc_score(truth, p[:, 1], sample_weight=weights)
    binary = [theirs.roc_auc_score(truth == c, p[:, c], sample_weight=weights) for c in classes]
    return float(np.mean(binary))


@pytest.mark.parametrize("name", sorted(set(OURS) - {"ece"}))
@pytest.mark.parametrize("classes", [2, 3, 9])
@pytest.mark.parametrize("coarse", [False, True])
def test_metrics_equal_scikit_learn(name: str, classes: int, coarse: bool) -> None:
    truth, predictions = drawn(classes, 400, classes, coarse=coarse)
    weights = np.random.default_rng(1).integers(1, 5, 400)
    for given_weights in (None, weights):
        ours = OURS[name].score(truth, predictions, given_weights)
        assert ours == pytest.approx(reference(name, truth, predictions, given_weights), rel=1e-12)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["two classes", "three classes"])
@pytest.mark.parametrize("name", sorted(set(OURS) - {"ece"}))
def test_metrics_equal_scikit_learn_on_real_predictions(name: str, load) -> None:
    rows, truth = load(return_X_y=True)
    predictions = GaussianNB().fit(rows[::3, :4], truth[::3]).predict_proba(rows[:, :4])
    for weights in (None, np.arange(len(truth)) % 4 + 1):
        expected = reference(name, truth, predictions, weights)
        assert OURS[name].score(truth, predictions, weights) == pytest.approx(expected, rel=1e-12)


def test_multi_class_auc_equals_scikit_learns_own() -> None:
    truth, predictions = drawn(5, 300, 4)
    expected = theirs.roc_auc_score(truth, predictions, multi_class="ovr", average="macro")
    assert OURS["roc_auc"].score(truth, predictions, None) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", sorted(OURS))
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 60), classes=st.integers(2, 5), unseen=st.booleans())
@settings(max_examples=40, deadline=None)
def test_weights_are_counts(name: str, seed: int, rows: int, classes: int, unseen: bool) -> None:
    """Rows weighted by counts, zeros among them, score as the same rows written out that many times."""
    truth, predictions = drawn(seed, rows, classes, unseen)
    weights = np.random.default_rng(seed).integers(0, 4, rows)
    weighted = OURS[name].score(truth, predictions, weights)
    written_out = OURS[name].score(truth.repeat(weights), predictions.repeat(weights, axis=0), None)
    assert weighted == pytest.approx(written_out, nan_ok=True)
    assert OURS[name].score(truth, predictions, np.ones(rows)) == pytest.approx(
        OURS[name].score(truth, predictions, None), nan_ok=True
    )


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "macro_precision", "macro_recall"])
def test_a_class_never_seen_is_a_class_that_is_never_answered(name: str) -> None:
    truth, predictions = drawn(3, 200, 4, unseen=True)
    expected = reference(name, truth, predictions, None)
    assert OURS[name].score(truth, predictions, None) == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(OURS))
@pytest.mark.parametrize("classes", [2, 4])
def test_a_class_never_seen_makes_every_score_worse(name: str, classes: int) -> None:
    truth, predictions = drawn(4, 300, classes)
    predictions = 0.02 + 0.98 * np.eye(classes)[truth]
    predictions /= predictions.sum(axis=1, keepdims=True)
    unseen = truth.copy()
    unseen[:60] = -1
    before, after = (OURS[name].score(t, predictions, None) for t in (truth, unseen))
    assert after < before if OURS[name].higher else after > before


def test_no_auc_with_one_class_and_none_of_no_rows() -> None:
    _, predictions = drawn(0, 10, 2)
    assert np.isnan(OURS["roc_auc"].score(np.ones(10, np.int64), predictions, None))
    empty = np.zeros(0, np.int64), np.zeros((0, 2)), None
    assert all(np.isnan(metric.score(*empty)) for metric in OURS.values())


def test_calibration_error_by_hand() -> None:
    """Four answers at 0.9, three of them right; two at 0.6, both right: (4·|0.75-0.9| + 2·|1-0.6|) / 6."""
    predictions = np.array([[0.9, 0.1]] * 4 + [[0.4, 0.6]] * 2)
    truth = np.array([0, 0, 0, 1, 1, 1])
    assert OURS["ece"].score(truth, predictions, None) == pytest.approx((4 * 0.15 + 2 * 0.4) / 6)


def test_certain_and_wrong_is_finite() -> None:
    predictions = np.array([[1.0, 0.0], [1.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(OURS["log_loss"].score(np.array([1, -1]), predictions, None))


def test_labels_are_sorted_and_encoded_in_that_order() -> None:
    labels = LABEL.labels(["yes", "no", None, "yes", "也许"])
    assert labels == ("no", "yes", "也许")
    assert LABEL.encode(["yes", "new", "no"], labels).tolist() == [1, -1, 0]
    with pytest.raises(DataError) as error:
        LABEL.encode(["yes", "no", None], labels)
    assert "3" in str(error.value.where)


def test_decoding_gives_label_confidence_and_scores() -> None:
    table = LABEL.decode(np.array([[0.2, 0.8], [0.7, 0.3]]), ("a", "b"))
    assert table.column_names == ["label", "confidence", "score_a", "score_b"]
    assert table.to_pylist()[0] == {"label": "b", "confidence": 0.8, "score_a": 0.2, "score_b": 0.8}
    assert LABEL.decode(np.zeros((0, 2)), ("a", "b")).num_rows == 0


def test_who_errs_surely_errs_worst() -> None:
    predictions = np.array([[0.9, 0.1], [0.6, 0.4], [0.9, 0.1], [0.7, 0.3]])
    wrong = LABEL.wrong(np.array([1, 1, 0, -1]), predictions)
    assert wrong[2] == 0
    assert wrong[0] > wrong[3] > wrong[1] > 0


def test_shown() -> None:
    labels = ("a", "b")
    assert [LABEL.shown(v, labels) for v in (1, -1, np.array([0.6, 0.4]))] == ["b", "—", "a"]
