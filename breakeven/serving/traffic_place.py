"""Which store keeps the traffic of a project: files beside it, or the team's database.

The address stands in the project file, `[monitor] store`, or in the variable BREAKEVEN_TRAFFIC_STORE, which goes
before it. A password never stands in the project file; one in the variable is never shown or handed on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.records.monitoring import fault_of_address
from breakeven.records.record import Record
from breakeven.store import Store

if TYPE_CHECKING:
    from breakeven.serving.traffic_store import TrafficStore

FOLDER = "traffic"
VARIABLE = "BREAKEVEN_TRAFFIC_STORE"


class TrafficPlace(Record):
    """The address of a database, empty for files, as the project file has it; and whose lines are meant there."""

    address: str = ""
    project: str = ""


def place_of(store: Store) -> TrafficPlace:
    """Where the project file puts its traffic. Raises ProjectError, UsageError for a place that cannot be used."""
    from breakeven.project import read_monitoring

    project, settings = read_monitoring(store.file)
    place = TrafficPlace(address=settings.store, project=project)
    if place.address or os.environ.get(VARIABLE):  # files can always be opened, and would cost pyarrow
        open_traffic(store.folder / FOLDER, place)
    return place


def open_traffic(folder: Path, place: TrafficPlace) -> TrafficStore:
    """The store; nothing is written or connected yet. Raises UsageError."""
    address = os.environ.get(VARIABLE) or place.address
    if not address:
        from breakeven.serving.traffic_parquet import ParquetTraffic

        return ParquetTraffic(folder)
    if fault := fault_of_address(address):
        raise UsageError(say("the address of the traffic store is wrong: {fault}", fault=fault), VARIABLE,
                         say("docs/traffic.md tells how a database is named"))
    from breakeven.serving.traffic_postgres import PostgresTraffic

    return PostgresTraffic(address, place.project)


def traffic_of(store: Store) -> TrafficStore:
    """The traffic of a project. Raises ProjectError, UsageError."""
    return open_traffic(store.folder / FOLDER, place_of(store))


def was_served(store: Store) -> bool:
    """False where there can be no line: no database is named, and nothing was ever answered here."""
    return bool(os.environ.get(VARIABLE) or place_of(store).address) or (store.folder / FOLDER).is_dir()
