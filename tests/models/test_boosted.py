"""Boosted trees: what they find, that they repeat themselves, and that they keep to their time."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.core.errors import ModelError
from breakeven.models.boosted import MODEL
from breakeven.models.boosted_fits import lightgbm
from breakeven.models.boosted_library import TreeFile
from breakeven.models.boosted_recipes import RECIPES, crossed
from breakeven.models.boosted_text import average_text
from breakeven.models.model import Work
from breakeven.records.candidate import Refusal
from breakeven.records.means import Means
from breakeven.testing import TOY_TASKS, toy_dataset, toy_rows
from tests.models.table_work import artifact_of, cells, make_work


def power_table(rows: int = 600, seed: int = 0) -> tuple[pa.Table, list[str]]:
    """A machine fails where torque times speed is high: one cut on the product, a staircase without it."""
    random = np.random.default_rng(seed)
    torque, speed = random.uniform(1, 10, rows), random.uniform(1, 10, rows)
    code = random.choice(["A1", "A2", "A10"], rows)
    fails = torque * speed + 3 * (code == "A10") + random.normal(0, 1, rows) > 27
    table = pa.table({"torque": cells(torque.round(3)), "speed": cells(speed.round(3)), "code": cells(code)})
    return table, [("no", "yes")[int(fail)] for fail in fails]


def test_the_library_alone_answers_as_the_package_does(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    features = chance.normal(size=(400, 5))
    features[chance.random(features.shape) < 0.1] = np.nan
    for width, target in ((1, features[:, 0]), (2, features[:, 0] > 0), (3, chance.integers(0, 3, 400))):
        settings = {"objective": {1: "regression", 2: "binary", 3: "multiclass"}[width], "verbosity": -1}
        if width == 3:
            settings["num_class"] = 3
        booster = lightgbm().train(settings, lightgbm().Dataset(features, np.nan_to_num(target)), 20)
        trees = TreeFile(booster.model_to_string().encode())
        for rows in (1, 7, 400):
            expected = booster.predict(features[:rows])
            found = trees.answers(features[:rows], width)
            assert found.shape == (rows, width)
            np.testing.assert_array_equal(found[:, 1] if width == 2 else found.reshape(expected.shape), expected)
    with pytest.raises(ValueError, match="5 features"):
        trees.answers(features[:1, :3], 3)
    with pytest.raises(ValueError):
        TreeFile(b"no trees")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return make_work(*power_table(), tmp_path / "artifact")


def test_it_finds_a_product_and_predicts_new_rows(work: Work) -> None:
    trained = MODEL.train(work)
    assert "crossed" in str(trained.settings["mixture"])
    assert work.metric.score(work.target, trained.predictions, None) > 0.97
    assert trained.train_value > work.metric.score(work.target, trained.predictions, None)
    rows, answers = power_table(seed=1)
    predictor = MODEL.load(work.artifact, artifact_of(work, "boosted/1"))
    truth = work.output.encode(answers, work.dataset.labels)
    assert work.metric.score(truth, predictor.predict(rows), None) > 0.97


def test_the_same_seed_gives_the_same_artifact(work: Work, tmp_path: Path) -> None:
    MODEL.train(work)
    again = replace(work, artifact=tmp_path / "again", deadline=time.monotonic() + 60)
    again.artifact.mkdir()
    MODEL.train(again)
    files = sorted(file.name for file in work.artifact.iterdir())
    assert files == sorted(file.name for file in again.artifact.iterdir())
    assert all((work.artifact / name).read_bytes() == (again.artifact / name).read_bytes() for name in files)


def test_scored_rows_are_scored_by_models_that_have_not_seen_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = pa.table({"noise": cells(random.normal(size=600))})
    work = make_work(rows, list(random.choice(["a", "b"], 600)), tmp_path / "artifact")
    trained = MODEL.train(work)
    assert 0.4 < work.metric.score(work.target, trained.predictions, None) < 0.6


def test_with_one_validation_part_it_is_fitted_again_on_all_rows(tmp_path: Path) -> None:
    work = make_work(*power_table(), tmp_path / "artifact", folds=1)
    trained = MODEL.train(work)
    assert trained.predictions.shape == (200, 2)
    predictor = MODEL.load(work.artifact, artifact_of(work, "boosted/1"))
    held_out = work.folds[0][1]
    seen = work.metric.score(work.target[held_out], predictor.predict(work.rows.take(held_out)), None)
    assert seen > work.metric.score(work.target[held_out], trained.predictions, None)


def test_numbers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    size, code = random.uniform(0, 10, 600), random.choice(["low", "mid", "high"], 600)
    price = 1e6 + 1e4 * size * (code == "high") + random.normal(0, 3e3, 600)
    rows = pa.table({"size": cells(size), "code": cells(code)})
    work = make_work(rows, [f"{p:.1f}" for p in price], tmp_path / "artifact", output="number")
    trained = MODEL.train(work)
    assert work.metric.score(work.target, trained.predictions, None) < 6e3 < 0.4 * price.std()


def test_a_class_that_is_unseen_in_training_does_no_harm(tmp_path: Path) -> None:
    work = make_work(*power_table(300), tmp_path / "artifact", folds=1)
    work.target[work.folds[0][1][:5]] = -1
    trained = MODEL.train(work)
    assert trained.predictions.shape == (100, 2)
    assert np.isfinite(trained.predictions).all()


def test_it_keeps_to_its_time(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = pa.table({f"c{i}": cells(random.normal(size=9000).round(4)) for i in range(12)})
    answers = list(random.choice(["a", "b", "c", "d"], 9000))
    work = make_work(rows, answers, tmp_path / "artifact", folds=1, seconds=1.5)
    trained = MODEL.train(work)
    assert work.seconds_left() > 0 or time.monotonic() - work.deadline < 1.5
    assert np.isfinite(trained.predictions).all()


def test_text_alone_is_refused_with_a_reason() -> None:
    task = next(task for task in TOY_TASKS if task.input == "text")
    rows, answers = toy_rows(task)
    refusal = MODEL.propose(toy_dataset(task, rows, tuple(sorted(set(answers)))), task, Means())
    assert isinstance(refusal, Refusal)
    assert "linear" in str(refusal.why)


def test_a_damaged_artifact_is_told(work: Work) -> None:
    MODEL.train(work)
    trees = next(work.artifact.glob("*.txt"))
    trees.write_bytes(trees.read_bytes()[:-5000])
    with pytest.raises(ModelError, match="not what was saved"):
        MODEL.load(work.artifact, artifact_of(work, "boosted/1"))
    (work.artifact / "boosted.json").write_text("{")
    with pytest.raises(ModelError):
        MODEL.load(work.artifact, artifact_of(work, "boosted/1"))


def test_crosses_are_product_difference_and_ratio() -> None:
    out = crossed(np.array([[6.0, 2.0, np.nan], [1.0, 0.0, 2.0]]))
    assert out[0, :3].tolist() == [12, 4, 3]
    assert out[1, :2].tolist() == [0, 1]
    assert np.isnan(out[1, 2])
    assert np.isnan(out[0, 3:]).all()


def test_recipes_that_cannot_pay_are_not_tried() -> None:
    by_name = {recipe.name: recipe for recipe in RECIPES}
    assert not by_name["crossed"].suits(100, numeric=(0,))
    assert not by_name["crossed"].suits(100, numeric=tuple(range(9)))
    assert not by_name["ordered"].suits(100_000, numeric=())
    assert by_name["broad"].suits(100_000, numeric=())


@pytest.mark.parametrize("objective", ["binary", "multiclass", "regression"])
def test_the_text_of_an_average_scores_as_the_average(objective: str) -> None:
    library = lightgbm()
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 4))
    features[:, 0] = random.integers(0, 6, 400)
    features[random.random(features.shape) < 0.1] = np.nan
    target = random.integers(0, 3 if objective == "multiclass" else 2, 400).astype(float)
    settings = {"objective": objective, "num_class": 3 if objective == "multiclass" else 1, "verbosity": -1,
                "bagging_fraction": 0.7, "bagging_freq": 1, "num_threads": 1}  # fmt: skip
    boosters = [
        library.train({**settings, "seed": k}, library.Dataset(features, target, categorical_feature=[0]), 10 + k)
        for k in range(3)
    ]
    whole = library.Booster(model_str=average_text([booster.model_to_string() for booster in boosters]))
    mean = np.mean([booster.predict(features, raw_score=True) for booster in boosters], axis=0)
    np.testing.assert_allclose(whole.predict(features, raw_score=True), mean, atol=1e-9)
    assert whole.num_trees() == sum(booster.num_trees() for booster in boosters)


def test_answering_loads_no_scikit_learn() -> None:
    code = "import sys\nfrom breakeven.models.boosted_fits import lightgbm\nlightgbm()\nprint('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_german_credit_by_cross_validation(real_data: Path, tmp_path: Path) -> None:
    """Training and development rows only. LightGBM's defaults reach 0.745 here, a portfolio about 0.785."""
    from breakeven.inputs.reader import read_table

    table = pa.concat_tables([read_table(real_data / "german_credit" / f"{part}.csv.gz") for part in ("train", "dev")])
    answers = table.column("credit_risk").to_pylist()
    work = make_work(table.drop_columns(["credit_risk", "_row"]), answers, tmp_path / "artifact")
    trained = MODEL.train(work)
    assert work.metric.score(work.target, trained.predictions, None) > 0.76
