"""Requests that are wrong in every way that a grammar finds: no 5xx, no hang, no leak, and good ones are answered on.

Here some thousand; benchmarks/serving/fuzz.py sends 100,000 and more.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from tests.serving.fuzzing import Cases, answers_in, send_all
from tests.serving.servers import server
from tests.serving.test_answers import rows_of

CASES = 2_500
MORE_BYTES = 30e6
"""What a server may grow by in the second half of the cases: buffers of the allocator, no leak."""


@pytest.mark.parametrize("kind", ["released", "table"])
def test_wrong_requests_are_refused_and_leave_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    project: Path = request.getfixturevalue(kind)
    rows = rows_of(project)[:3]
    with server(project, "--processes", "1") as found:
        good = found.ask(*rows).json()["outputs"]
        (worker,) = map(psutil.Process, found.children())
        sizes = []
        for seed in (1, 2):
            cases = Cases(seed, [{"inputs": rows}, {"inputs": rows[:1], "user": "ann"}])
            told = asyncio.run(send_all(found.host, found.port, cases, CASES // 4))
            assert told.faults == []
            sizes.append(worker.memory_info().rss)
        assert told.statuses[200] > 50
        assert told.statuses[422] > 50
        assert told.statuses[400] > 50
        assert sizes[1] - sizes[0] < MORE_BYTES
        assert found.children() == [worker.pid]
        again = found.ask(*rows).json()["outputs"]
        assert [answer["scores"] for answer in again] == [answer["scores"] for answer in good]
        assert sum(one.laddr.port == found.port for one in worker.net_connections("tcp") if one.status != "LISTEN") < 8
        assert not any("a request failed" in line for line in found.log)


def test_answers_are_counted_as_they_stand() -> None:
    one = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    assert answers_in(one + one) == [200, 200]
    assert answers_in(b"HTTP/1.1 100 Continue\r\n\r\n" + one) == [200]
    assert answers_in(b"hello") == [0]
    assert answers_in(one + b"x") == [200, 0]
