"""Two processes give the loss of one, step by step: DDP (with AdamW and with Muon) and FSDP over gloo."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra [torch]")

CHILD = Path(__file__).with_name("parallel_child.py")


def start(out: Path, rank: int, port: int, *more: str) -> subprocess.Popen[bytes]:
    environ = os.environ | {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(CHILD.parents[2]),
    }  # fmt: skip
    command = [sys.executable, str(CHILD), str(out), *more]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[float]]]:
    """Losses and logits of every way, from one pair of processes."""
    out, port = tmp_path_factory.mktemp("parallel") / "found.json", free_port()
    for child in [start(out, rank, port) for rank in range(2)]:
        said, _ = child.communicate(timeout=300)
        assert child.returncode == 0, said.decode()[-2000:]
    return json.loads(out.read_text())  # type: ignore[no-any-return]


@pytest.mark.parametrize(("way", "single"), [("ddp", "one"), ("ddp-muon", "one-muon"), ("fsdp", "one")])
def test_two_processes_give_the_loss_of_one(
    way: str, single: str, found: dict[str, dict[str, list[float]]]
) -> None:
    together, alone = found[way], found[single]
    assert len(together["losses"]) == 8
    assert together["losses"] == pytest.approx(alone["losses"], abs=1e-5)
    assert together["logits"] == pytest.approx(alone["logits"], abs=1e-4)
    assert alone["losses"][0] - alone["losses"][-1] > 0.5, "it learns"


def finish(out: Path, folder: Path) -> str:
    """What a pair of processes tells that trains with checkpoints in a folder, to its end."""
    port = free_port()
    for child in [start(out, rank, port, str(folder)) for rank in range(2)]:
        said, _ = child.communicate(timeout=300)
        assert child.returncode == 0, said.decode()[-2000:]
    return out.read_text()


def lose_one(out: Path, folder: Path, way: str) -> None:
    """Start a pair, and kill the second process in the middle of the training of that way."""
    port = free_port()
    pair = [start(out, rank, port, str(folder)) for rank in range(2)]
    until = time.monotonic() + 200
    while not (folder / way / "group.safetensors").exists() and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.2)
    pair[1].kill()
    pair[0].communicate(timeout=120)
    assert pair[0].returncode != 0, "one process alone cannot go on"
    assert pair[1].wait() == -signal.SIGKILL


def test_a_group_that_lost_a_process_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    whole = finish(tmp_path / "whole.txt", tmp_path / "whole")
    for way in ("ddp", "fsdp"):
        lose_one(tmp_path / "broken.txt", tmp_path / "broken", way)
    assert finish(tmp_path / "broken.txt", tmp_path / "broken") == whole
    assert len(whole.splitlines()) == 2, "both ways came to their end"
