"""What a training decided by a clock or by the memory that was free, kept beside its checkpoint.

A run that is killed and begun again on a busier machine decides the same, and so goes on instead of beginning anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from breakeven.models.nn.devices import Device
from breakeven.models.nn.memory import Room
from breakeven.store import write_bytes

Values = dict[str, Any]


def once(folder: Path | None, name: str, decide: Callable[[], Values]) -> Values:
    """What `decide` says (JSON values), or what it said the first time. Without a folder nothing is kept."""
    if folder is None:
        return decide()
    file = folder / f"{name}.json"
    if file.is_file():
        return json.loads(file.read_bytes())  # type: ignore[no-any-return]
    decided = decide()
    write_bytes(file, json.dumps(decided).encode())
    return decided


def is_decided(folder: Path | None, name: str) -> bool:
    """Whether a training that is continued has decided that already."""
    return folder is not None and (folder / f"{name}.json").is_file()


def device_once(folder: Path | None, device: Device) -> Device:
    """The device with the precision that was chosen first: on a processor a measurement chooses it."""
    kept = once(folder, f"precision-{device.kind}", lambda: {"precision": device.precision})
    return replace(device, precision=kept["precision"])


def room_once(folder: Path | None, make: Callable[[], Room], fits: Callable[[int], bool]) -> Room:
    """How a step is cut, as it was cut first. Where that does not fit any more, anew (and kept from then on)."""
    room = Room(**once(folder, "room", lambda: vars(make())))
    if folder is None or fits(room.bytes):
        return room
    room = make()
    write_bytes(folder / "room.json", json.dumps(vars(room)).encode())
    return room
