"""One released project and one server for all tests that change nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import breakeven
from tests.road.projects import make_project, measured_by_server
from tests.serving.servers import Server, server


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of texts with one release."""
    project = make_project(tmp_path_factory.mktemp("served") / "texts")
    with measured_by_server():
        breakeven.run(project, only=("baseline", "linear"))
    return project


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a table with one release."""
    project = make_project(tmp_path_factory.mktemp("served") / "table", task="tabular-classification", target="")
    with measured_by_server():
        breakeven.run(project, only=("baseline", "linear"))
    return project


@pytest.fixture(scope="session")
def running(released: Path) -> Iterator[Server]:
    with server(released) as found:
        yield found


@pytest.fixture(scope="session")
def running_table(table: Path) -> Iterator[Server]:
    with server(table) as found:
        yield found
