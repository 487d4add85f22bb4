"""A hosted model on the whole road: tried, billed, chosen, released and asked again, against a server on loopback."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from breakeven.tasks import task_named
from breakeven.testing import toy_rows
from tests.models.hosted_server import KEY, Bayes, Server, serving
from tests.road.projects import command, make_project

TABLE, ANSWERS = toy_rows(task_named("text-classification"), 240, seed=3)
BAYES = Bayes([(text or "", answer) for text, answer in zip(TABLE.column(0).to_pylist(), ANSWERS, strict=True)])
IN, OUT = 2.0, 10.0


def hosted_project(folder: Path, url: str, only: str = '"baseline", "hosted"', usd: float = 1.0, **more: Any) -> Path:
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    project = make_project(folder, more=(
        f"[models]\nonly = [{only}]\n[demand]\nrequests_per_month = 50_000\n[[alternative]]\nmodel = \"tiny\"\n"
        f"base_url = \"{url}\"\napi_key_env = \"TEST_KEY\"\nconcurrency = 8\nexamples = 2\n"
        f"usd_per_1m_input_tokens = {IN}\nusd_per_1m_output_tokens = {OUT}\n{keys}"))
    toml = project / "breakeven.toml"
    toml.write_text(toml.read_text().replace("[budget]\nusd = 1\n", f"[budget]\nusd = {usd}\n"))
    return project


def run(project: Path, **variables: str) -> dict[str, Any]:
    done = command("run", project, "--json", **({"TEST_KEY": KEY} | variables))
    assert done.returncode in (0, 3, 4), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rung(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(candidate for candidate in record["candidates"] if candidate["name"] == name)


def report_of(record: dict[str, Any]) -> str:
    return Path(record["report"]).read_text(encoding="utf-8")


def spent(project: Path) -> float:
    """What the jobs of a project paid to others."""
    results = [json.loads(path.read_text()) for path in project.glob(".breakeven/jobs/*/result.json")]
    return sum(result["bill"]["outside_usd"] for result in results)


def test_a_hosted_model_is_chosen_released_and_asked_again(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        project = hosted_project(tmp_path / "p", server.url)
        record = run(project)
        assert record["outcome"] == "released"
        assert record["choice"]["name"] == "hosted-tiny"
        assert rung(record, "hosted-tiny-few")["outcome"] == "skipped", "a dearer one would not be chosen"
        assert spent(project) == pytest.approx(server.told.usd(IN, OUT))
        kept = json.loads(next(project.glob(".breakeven/runs/*/run.json")).read_text())
        assert kept["spent_usd"] == pytest.approx(spent(project), abs=2e-3), "and some seconds of this machine"
        assert kept["spent_usd"] > spent(project)
        check_price(server, record, kept)
        assert "paid by the request" in report_of(record)
        assert "rented whole" not in report_of(record)
        asked = len(server.told.bodies)
        again = run(project)
        assert len(server.told.bodies) == asked, "the same command repeats nothing"
        assert again["release"] == record["release"]
        check_answers(server, project)
        assert not [f for f in project.rglob("*") if f.is_file() and KEY.encode() in f.read_bytes()]


def check_price(server: Server, record: dict[str, Any], kept: dict[str, Any]) -> None:
    """The price of 1,000 answers is what the server's own count gives, and needs no machine."""
    each = server.told.usd(IN, OUT) / len(server.told.usages)
    assert rung(record, "hosted-tiny")["serve"]["usd_per_1k"] == pytest.approx(1000 * each, rel=0.05)
    cost = next(rung["cost"] for rung in kept["rungs"] if rung["name"] == "hosted-tiny")
    assert cost["machines"] == 0
    assert cost["unit"]["machine_usd_per_month"] is None
    assert cost["unit"]["usd_per_request"]["provenance"] == "measured"
    assert cost["usd_per_month"]["value"] == pytest.approx(50_000 * cost["usd_per_1k"]["value"] / 1000)
    assert cost["train_usd"]["value"] > 0.001


def check_answers(server: Server, project: Path) -> None:
    """`predict` asks about new rows, answers them, and keeps the replies for the next time."""
    with (project / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["message"], ["parcel late, call 13812345678"], ["app crash"], [""]])
    before = server.told.usd(IN, OUT)
    for _ in range(2):
        done = command("predict", project / "new.csv", "--project", project, "--out", project / "out.csv", TEST_KEY=KEY)
        assert done.returncode == 0, done.stderr
    with (project / "out.csv").open() as file:
        assert [row["label"] for row in csv.DictReader(file)][:2] == ["delivery", "technical"]
    assert "call [phone]" in server.told.texts
    assert "13812345678" not in server.told.texts
    assert 0 < server.told.usd(IN, OUT) - before < 0.001


@pytest.mark.parametrize(("requests", "chosen"), [(1_000, "hosted-tiny"), (100_000_000, "linear")])
def test_after_a_rung_of_our_own_that_meets_the_target_the_volume_decides(
    tmp_path: Path, requests: int, chosen: str
) -> None:
    with serving(BAYES.probabilities) as server:
        project = hosted_project(tmp_path / "p", server.url, only='"baseline", "linear", "hosted"')
        toml = project / "breakeven.toml"
        toml.write_text(toml.read_text().replace("50_000", str(requests)))
        record = run(project)
    assert rung(record, "linear")["outcome"] == "trained"
    assert record["choice"]["name"] == chosen
    assert rung(record, "hosted-tiny")["outcome"] == ("trained" if chosen == "hosted-tiny" else "skipped")
    assert bool(server.told.bodies) == (chosen == "hosted-tiny")


def test_the_budget_stops_it_before_a_cent_is_spent_and_more_budget_lets_it_go_on(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        project = hosted_project(tmp_path / "p", server.url, usd=0.004)
        record = run(project)
        assert rung(record, "hosted-tiny")["outcome"] == "skipped"
        assert "of the budget are left" in rung(record, "hosted-tiny")["reason"] or "left" in str(record)
        assert server.told.bodies == []
        toml = project / "breakeven.toml"
        toml.write_text(toml.read_text().replace("usd = 0.004", "usd = 1"))
        assert run(project)["choice"]["name"] == "hosted-tiny"


def test_a_wrong_key_is_said_and_the_other_rungs_go_on(tmp_path: Path) -> None:
    with serving(BAYES.probabilities) as server:
        record = run(hosted_project(tmp_path / "p", server.url), TEST_KEY="sk-wrong")
    assert rung(record, "baseline")["outcome"] == "trained"
    found = next(candidate for candidate in record["candidates"] if candidate["name"].startswith("hosted"))
    assert found["outcome"] == "failed"
    assert "does not accept the key in TEST_KEY (HTTP 401)" in found["reason"]
    assert "sk-wrong" not in str(record)
