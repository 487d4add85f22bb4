"""The application of a release for somebody else's ASGI server, such as Ray Serve."""

from __future__ import annotations

from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.serving.app import App
from breakeven.serving.keys import read_keys
from breakeven.serving.limits import Limits
from breakeven.serving.metrics import Metrics
from breakeven.serving.served import load_release
from breakeven.serving.traffic import TrafficLog
from breakeven.serving.traffic_place import FOLDER, TrafficPlace, open_traffic
from breakeven.stages.releases import current_number
from breakeven.store import Store


def application(project: Path, keys: Path | None = None, limits: Limits | None = None) -> App:
    """The ASGI application that answers with the current release of a project; it does not follow a later one.

    Raises UsageError without a release, ModelError for one that cannot be trusted.
    """
    store, limits = Store(project), limits or Limits()
    number = current_number(store)
    if number is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    metrics = Metrics(shared=False)
    log = TrafficLog(open_traffic(store.folder / FOLDER, TrafficPlace()), days=limits.log_days)
    app = App(limits, read_keys(keys) if keys else None, metrics, log)
    app.use(load_release(store, number, limits))
    log.start()
    return app
