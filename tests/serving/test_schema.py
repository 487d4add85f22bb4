"""schemathesis reads the OpenAPI page of two servers and asks what the page allows and what it forbids.

No answer is a 5xx, every answer is one that the page describes, what the page allows is taken and the rest is not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.servers import Server

EXAMPLES = 10
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "405", "413", "415", "422", "429", "431"]
"""
"""A body that is wrong and too large is refused for its size."""


@pytest.mark.parametrize("kind", ["running", "running_table"])
def test_a_server_keeps_to_its_page(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
    if program is None:
        pytest.skip("schemathesis is not installed")
    found: Server = request.getfixturevalue(kind)
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    done = subprocess.run(
        [program, "--config-file", str(tmp_path / "schemathesis.toml"), "run", f"{found.url}/openapi.json",
         "--max-examples", str(EXAMPLES), "--seed", "1", "--phases", "examples,coverage,fuzzing", "--no-color",
         "--generation-database", "none", "--request-timeout", "20", "--continue-on-failure"],
        capture_output=True, text=True, timeout=200, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated, done.stdout
    assert int(generated.group(1)) > 60
    assert not any("a request failed" in line for line in found.log)
