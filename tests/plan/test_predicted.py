"""What the physics puts into a plan: hours of a training and answers of a served model, as figures with an interval."""

from __future__ import annotations

import math
from typing import Any

import pytest
from plan_cases import project

from breakeven.core.errors import ProjectError
from breakeven.estimate.chips import chip_named
from breakeven.estimate.serving import ServingSpec, estimate_serving
from breakeven.estimate.size import shape_of_size
from breakeven.estimate.train import estimate_training
from breakeven.estimate.training_spec import TrainingSpec
from breakeven.plan.make_plan import make_plan
from breakeven.plan.unfold import leaves
from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord

JOB: dict[str, Any] = {"params": "7B", "tokens": "2T", "gpu": "H100-SXM", "gpus": 128, "usd_per_gpu_hour": 2.0,
                       "from_month": 2, "failures": 0}


def leaf(plan: Plan, line: str, month: int, name: str) -> FigureRecord:
    (found,) = [one for one in leaves(plan.ledger, plan.months[month - 1].cells[line]) if one.name == name]
    return found


def test_hours_are_those_of_the_estimate_and_last_as_long_as_they_take() -> None:
    plan = make_plan(project(training=[JOB], plan={"months": 12}))
    hours = estimate_training(TrainingSpec(chip=chip_named("H100-SXM"), params=7e9, tokens=2e12, chips=128)).gpu_hours
    spent = [month.values["training"] for month in plan.months]
    assert sum(spent) == pytest.approx(2.0 * hours.value)
    lasts = math.ceil(hours.value / 128 / 730)
    assert [bool(usd) for usd in spent] == [2 <= month < 2 + lasts for month in range(1, 13)]
    told = leaf(plan, "training", 2, "GPU-hours")
    assert (told.low, told.high, told.spread) == (pytest.approx(hours.low), pytest.approx(hours.high), "lognormal")
    assert told.provenance.value == "published"


def test_experiments_are_the_published_multiple_with_its_range() -> None:
    plan = make_plan(project(training=[JOB], plan={"months": 12}))
    k = leaf(plan, "research", 2, "experiments for a dollar of training")
    assert (k.low, k.high, k.spread, len(k.sources)) == (0.5, 4.6, "lognormal", 2)
    month = plan.months[1].values
    assert month["research"] == pytest.approx(math.sqrt(0.5 * 4.6) * month["training"])


SERVED: dict[str, Any] = {"by": "own", "params": "7B", "gpu": "H100-SXM", "gpus": 1, "usd_per_machine_hour": 3.0,
                          "input_tokens_per_request": 800, "output_tokens_per_request": 200, "utilisation": 0.4}


def test_a_served_model_answers_at_the_predicted_rate() -> None:
    plan = make_plan(project(serving=[SERVED], demand={"requests_per_month": "30M"}, plan={"months": 2}))
    spec = ServingSpec(shape=shape_of_size(7e9), chip=chip_named("H100-SXM"), gpus=1, input_tokens=800.0,
                       output_tokens=200.0)
    rate = estimate_serving(spec).output_tokens_per_second.value / 200
    machines = max(1, math.ceil(30e6 / (rate * 0.4 * 730 * 3600)))
    assert plan.months[0].machines == machines
    assert plan.months[0].values["serving"] == pytest.approx(machines * 3.0 * 730)


@pytest.mark.parametrize(("tables", "place"), [
    ({"training": [JOB | {"gpu": "H9000"}]}, "training[1]"),
    ({"training": [{**JOB, "shape": "no such model"}]}, "training[1]"),
    ({"serving": [SERVED | {"params": "700B", "gpu": "RTX 3090"}]}, "serving[1]"),
])  # fmt: skip
def test_what_cannot_be_is_told_with_its_place(tables: dict[str, Any], place: str) -> None:
    with pytest.raises(ProjectError) as caught:
        make_plan(project(**tables))
    _, where, hint = (str(line) for line in caught.value.lines())
    assert place in where
    assert hint
