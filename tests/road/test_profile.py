"""`run --profile` leaves traces of a net's training in the run's folder, and `export` its curve for TensorBoard."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.road.projects import command, make_project

pytest.importorskip("torch", reason="needs the extra [torch]")


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BREAKEVEN_SLOW"), reason="it takes two minutes (set BREAKEVEN_SLOW=1)")
def test_traces_and_curves_of_a_small_net(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", rows=120)
    done = command("run", project, "--only", "small_net", "--budget-seconds", "240", "--profile", "--json")
    assert done.returncode in (0, 3, 4), done.stderr
    told = json.loads(done.stdout)
    assert told["candidates"][0]["outcome"] == "trained", told
    assert told["profiles"]
    for file in map(Path, told["profiles"]):
        assert file.parent == project / ".breakeven" / "runs" / told["run"] / "profile"
        assert any(event.get("name") == "aten::addmm" for event in json.loads(file.read_text())["traceEvents"])
    out = tmp_path / "curves"
    written = command("export", "--project", project, "--to", "tensorboard", "--out", out, "--json")
    assert json.loads(written.stdout)["written"] >= 2
    assert list(out.glob("small_net/*/events.out.tfevents.*"))
    shown = command("export", "--project", project, "--to", "mlflow", "--out", out, "--language", "zh")
    assert "mlflow ui --backend-store-uri" in shown.stdout
    wrong = command("export", "--project", project, "--to", "excel", "--out", out)
    assert wrong.returncode == 2
    assert len(wrong.stderr.strip().splitlines()) == 3
