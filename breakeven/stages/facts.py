"""What was measured of the current release, by the names that gates and risks use (plan/metrics.py).

Only what the store holds counts: the release's scores on the test rows, and what its run measured and priced. A run
whose record is gone leaves its figures unknown.
"""

from __future__ import annotations

from breakeven.core.errors import UsageError
from breakeven.core.figure import Provenance
from breakeven.plan.metrics import MEASURED, Facts
from breakeven.records.record import FigureRecord
from breakeven.records.release import Release
from breakeven.records.run import Run, Rung
from breakeven.store import Store

BYTES_PER_MB, BYTES_PER_GB = 1e6, 1e9


def stored_facts(store: Store) -> Facts:
    """The facts of the release that answers now; none without a release."""
    release = store.current_release()
    return facts(release, _run(store, release.run)) if release else {}


def _run(store: Store, name: str) -> Run | None:
    """The run that made a release; None when it is gone or of an older form."""
    try:
        return store.run(name)
    except UsageError:
        return None


def facts(release: Release, run: Run | None) -> Facts:
    """Every figure that was measured of a release."""
    found = {score.metric: score.value for score in release.test.scores}
    rung = next((one for one in run.rungs if one.name == release.candidate), None) if run else None
    if rung:
        found |= _of_rung(rung)
    if run and run.audit.dataset:
        found["rows"] = float(sum(run.audit.dataset.rows.values()))
    source = ((f"release {release.number}: {release.candidate}", release.created[:10]),)
    return {
        name: FigureRecord(value=float(value), unit=MEASURED.get(name, "1"), provenance=Provenance.MEASURED,
                           sources=source, name=name)
        for name, value in found.items() if value is not None
    }


def _of_rung(rung: Rung) -> dict[str, float | None]:
    """What the run of a release measured on its artifact and what that costs."""
    seen, cost, bill = rung.measurement, rung.cost, rung.bill
    found: dict[str, float | None] = {}
    if seen:
        found |= {
            "p50_ms": seen.p50_ms, "p95_ms": seen.p95_ms, "load_ms": seen.load_ms,
            "requests_per_second": seen.requests_per_second, "bulk_rows_per_second": seen.bulk_rows_per_second,
            "artifact_mb": seen.artifact_bytes / BYTES_PER_MB, "memory_gb": seen.peak_bytes / BYTES_PER_GB,
        }
    if cost:
        found |= {name: figure.figure().to(MEASURED[name]) for name, figure in (
            ("usd_per_1k", cost.usd_per_1k), ("usd_per_month", cost.usd_per_month), ("train_usd", cost.train_usd))}
    return found | ({"train_seconds": bill.seconds} if bill else {})
