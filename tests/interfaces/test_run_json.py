"""The record of `run --json`: exactly the keys of the design, on every kind of run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from breakeven.interfaces.run_json import RunJson, audit_json, run_json
from tests.interfaces import build

CANDIDATE = {"name", "family", "outcome", "reason", "validation", "train", "serve", "artifact"}
RUNS = [build.support_run, build.missed_run, build.stopped_run, build.many_classes_run, build.number_run]


@pytest.mark.parametrize("make", RUNS)
def test_the_record_has_the_keys_of_the_design(make: Any) -> None:
    record = run_json(make())
    assert set(record) == {"run", "outcome", "candidates", "choice", "release", "plan", "report", "seconds"}
    for candidate in record["candidates"]:
        assert set(candidate) - {"test"} == CANDIDATE
    assert RunJson.model_validate_json(json.dumps(record, allow_nan=False))


def test_the_test_score_stands_on_the_released_candidate_only() -> None:
    tested = [c["name"] for c in run_json(build.support_run())["candidates"] if "test" in c]
    assert tested == ["linear"]
    assert not any("test" in candidate for candidate in run_json(build.stopped_run())["candidates"])


def test_the_numbers_are_those_of_the_run() -> None:
    run = build.support_run()
    linear = next(c for c in run_json(run)["candidates"] if c["name"] == "linear")
    assert linear["validation"] == {"metric": "macro_f1", "value": 0.87, "low": 0.85, "high": 0.89}
    assert linear["test"]["value"] == 0.863
    assert linear["train"]["seconds"] == 4.2
    assert linear["train"]["usd"] == pytest.approx(4.2 / 3600 * 0.096)
    assert linear["serve"]["usd_per_1k"] == pytest.approx(0.37)
    assert linear["artifact"] == {"bytes": 2_000_000}


def test_refused_and_failed_candidates_say_why() -> None:
    by_name = {c["name"]: c for c in run_json(build.support_run())["candidates"]}
    assert by_name["encoder"]["outcome"] == "refused"
    assert "at least 5000 rows" in by_name["encoder"]["reason"]
    assert by_name["encoder"]["train"] is None
    assert by_name["greedy"]["train"]["usd"] is None


def test_choice_and_plan() -> None:
    record = run_json(build.support_run())
    assert record["choice"]["name"] == "linear"
    assert {left["name"] for left in record["choice"]["left"]} == {"baseline", "boosted", "blend"}
    assert len(record["plan"]["months"]) == 36
    assert record["plan"]["months"][0]["cash"] < 500_000
    assert record["release"] == {"number": 1, "path": "releases/1"}
    assert run_json(build.stopped_run())["plan"] is None


def test_the_record_of_an_audit_is_plain_text() -> None:
    record = audit_json(build.audit("blocking"))
    assert record["blocked"] is True
    assert record["dataset"] is None
    first = record["findings"][0]
    assert first["what"] == "12 rows stand in more than one part of the data"
    assert first["rows"] == [17, 230, 1544]
    json.dumps(record, allow_nan=False)


def test_there_is_a_schema_to_read_it_by() -> None:
    schema = RunJson.model_json_schema()
    assert schema["additionalProperties"] is False
    assert "test" not in schema["$defs"]["CandidateJson"]["required"]


def test_forms_stand_on_nets_only() -> None:
    run = build.support_run()
    told = run_json(run.model_copy(update={"rungs": (*run.rungs, build.with_forms(build.rung("embed", 0.88)))}))
    assert [("forms" in one) for one in told["candidates"]] == [False] * len(run.rungs) + [True]
    forms = told["candidates"][-1]["forms"]
    assert [(form["name"], form["kept"]) for form in forms] == [("plain", False), ("int8", True)]
