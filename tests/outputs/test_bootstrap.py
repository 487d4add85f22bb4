"""The bootstrap: its intervals hold the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.outputs import OUTPUTS
from breakeven.outputs.bootstrap import difference, draws, intervals, resamples_for
from breakeven.outputs.output import Metric

LABELS = OUTPUTS.get("label").metrics()
NUMBERS = OUTPUTS.get("number").metrics()


def two_classes(generator: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are well calibrated: the truth is drawn from the probability that is given."""
    positive = generator.beta(1.0, 1.0, rows)
    truth = (generator.random(rows) < positive).astype(np.int64)
    return truth, np.column_stack([1 - positive, positive])


def a_number(generator: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    truth = generator.normal(0, 2, rows)
    return truth, (truth + generator.normal(0, 1, rows))[:, None]


@pytest.mark.parametrize(("metric", "draw", "true"), [
    (LABELS["accuracy"], two_classes, 0.75),
    (LABELS["roc_auc"], two_classes, 5 / 6),
    (LABELS["macro_f1"], two_classes, 0.75),
    (LABELS["brier"], two_classes, 1 / 6),
    (NUMBERS["rmse"], a_number, 1.0),
    (NUMBERS["r2"], a_number, 0.75),
], ids=["accuracy", "roc_auc", "macro_f1", "brier", "rmse", "r2"])
def test_an_interval_holds_the_true_value_about_95_times_in_100(metric: Metric, draw, true: float) -> None:
    generator = np.random.default_rng(7)
    held = 0
    for seed in range(200):
        truth, predictions = draw(generator, 150)
        interval = intervals([metric], truth, predictions, seed, resamples=150)[metric.name]
        held += interval.low <= true <= interval.high
    assert 0.90 <= held / 200 <= 0.99


def test_a_paired_difference_holds_the_true_one_and_is_narrower_than_an_unpaired_one() -> None:
    """The second predictor answers as the first, but wrongly on a further 10 % of the rows it had right."""
    generator, metric, held = np.random.default_rng(11), LABELS["accuracy"], 0
    for seed in range(200):
        truth, these = two_classes(generator, 200)
        spoilt = (these.argmax(axis=1) == truth) & (generator.random(200) < 0.1)
        others = np.where(spoilt[:, None], these[:, ::-1], these)
        found = difference(metric, truth, these, others, seed, resamples=150)
        held += found.low <= -0.075 <= found.high
    assert 0.88 <= held / 200 <= 0.99
    alone = intervals([metric], truth, these, resamples=150)["accuracy"]
    assert found.high - found.low < alone.high - alone.low


def test_rows_of_one_customer_are_drawn_together() -> None:
    """Ten equal rows a customer carry the evidence of one: the interval is about sqrt(10) as wide."""
    truth, predictions = two_classes(np.random.default_rng(3), 100)
    truth, predictions = truth.repeat(10), predictions.repeat(10, axis=0)
    metrics, customer = [LABELS["accuracy"]], np.arange(100).repeat(10)
    plain = intervals(metrics, truth, predictions, resamples=400)["accuracy"]
    grouped = intervals(metrics, truth, predictions, resamples=400, groups=customer)["accuracy"]
    assert (grouped.high - grouped.low) / (plain.high - plain.low) == pytest.approx(np.sqrt(10), rel=0.15)


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 80), classes=st.integers(2, 6))
@settings(max_examples=30, deadline=None)
def test_an_interval_holds_its_value_and_never_crashes(seed: int, rows: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    predictions = generator.dirichlet(np.full(classes, 0.4), rows)
    truth = generator.integers(-1, classes, rows)
    for name, found in intervals(list(LABELS.values()), truth, predictions, resamples=25).items():
        assert np.isnan(found.value) == np.isnan(found.low) == np.isnan(found.high), name
        assert np.isnan(found.value) or found.low <= found.value <= found.high, name
        assert np.isnan(found.value) or found.low >= 0, name
        assert not LABELS[name].higher or not found.high > 1, name


def test_same_seed_same_interval_and_one_set_of_resamples_for_all_metrics() -> None:
    truth, predictions = two_classes(np.random.default_rng(0), 300)
    together = intervals(list(LABELS.values()), truth, predictions, seed=5, resamples=50)
    again = intervals(list(LABELS.values()), truth, predictions, seed=5, resamples=50)
    alone = intervals([LABELS["roc_auc"]], truth, predictions, seed=5, resamples=50)
    other = intervals([LABELS["roc_auc"]], truth, predictions, seed=6, resamples=50)
    assert together == again
    assert together["roc_auc"] == alone["roc_auc"] != other["roc_auc"]


def test_no_difference_between_a_predictor_and_itself() -> None:
    truth, predictions = two_classes(np.random.default_rng(0), 100)
    same = difference(LABELS["log_loss"], truth, predictions, predictions.copy(), resamples=50)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_the_bias_of_the_calibration_error_is_taken_back() -> None:
    """Resampling adds noise to every bin, so the plain percentiles lie above the value they are about."""
    truth, predictions = two_classes(np.random.default_rng(2), 400)
    found = intervals([LABELS["ece"]], truth, predictions, resamples=300)["ece"]
    plain = [LABELS["ece"].score(truth, predictions, w) for w in draws(400, 300)]
    assert np.mean(plain) > found.value
    assert found.low < found.value < found.high < np.quantile(plain, 0.975)


def test_a_metric_of_a_stranger_needs_no_first_step() -> None:
    title = LABELS["accuracy"].title
    metric = Metric("share_of_ones", True, lambda truth, _, w: float((w * truth).sum() / w.sum()), title)
    truth, predictions = two_classes(np.random.default_rng(1), 100)
    found = intervals([metric], truth, predictions, resamples=50)["share_of_ones"]
    assert found.value == truth.mean()
    assert found.low < found.value < found.high


def test_more_rows_get_fewer_resamples() -> None:
    assert resamples_for(100, 2) == 500 > resamples_for(16_000, 2) > resamples_for(16_000, 10) == 200
    assert resamples_for(0, 0) == 500
