"""The Grafana dashboard of a server: what it shows, by the names that `/metrics` really has."""

from __future__ import annotations

from typing import Any, NamedTuple

ASKED = 'sum(rate(breakeven_requests_total{route="/v1/predict"}[1m]))'
"""Predictions asked for, a second."""


def _share(status: str) -> str:
    """The share of predictions that ended so; 0 where none did."""
    ended = f'sum(rate(breakeven_requests_total{{route="/v1/predict",status=~"{status}"}}[1m]))'
    return f"({ended} or vector(0)) / {ASKED}"


class Panel(NamedTuple):
    """A picture: what it is called, its unit in Grafana's words, and (legend, query) of its lines."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]


PANELS = (
    Panel("Requests a second", "reqps",
          (("{{route}} {{status}}", "sum by (route, status) (rate(breakeven_requests_total[1m]))"),)),
    Panel("Seconds to answer", "s", tuple(
        (f"p{percent}", f"histogram_quantile(0.{percent}, sum by (le) (rate(breakeven_seconds_bucket[1m])))")
        for percent in (50, 95, 99))),
    Panel("Refused or failed, of all predictions", "percentunit", (
        ("refused (429, 503)", _share("429|503")), ("failed (500)", _share("500")))),
    Panel("Mean wait for a batch", "s", (("wait", f"sum(rate(breakeven_queue_seconds_total[1m])) / {ASKED}"),)),
    Panel("Rows answered a second", "short", (("rows", "sum(rate(breakeven_rows_total[1m]))"),)),
    Panel("Rows that wait", "short", (("rows", "sum(breakeven_rows_waiting)"),)),
    Panel("Release that answers", "none", (("{{instance}}", "breakeven_release"),)),
    Panel("Lines that the traffic log lost", "short", (
        ("lines", "sum(increase(breakeven_traffic_lines_lost_total[1h]))"),)),
)  # fmt: skip


ADAPTER = (
    "sum(rate(breakeven_queue_seconds_total{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>) / "
    'sum(rate(breakeven_requests_total{route="/v1/predict",<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)'
)
"""The mean wait for a batch, by pod, as the adapter of Prometheus for Kubernetes writes a query."""


def dashboard(name: str) -> dict[str, Any]:
    """The dashboard as Grafana keeps it (schema version 39)."""
    panels = [
        {
            "id": number + 1,
            "type": "timeseries",
            "title": panel.title,
            "datasource": {"type": "prometheus", "uid": "prometheus"},
            "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number // 2)},
            "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
            "targets": [
                {"refId": chr(ord("A") + place), "expr": query, "legendFormat": legend,
                 "datasource": {"type": "prometheus", "uid": "prometheus"}}
                for place, (legend, query) in enumerate(panel.lines)
            ],
        }
        for number, panel in enumerate(PANELS)
    ]  # fmt: skip
    return {"uid": "breakeven", "title": f"breakeven: {name}", "schemaVersion": 39, "version": 1, "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"}, "timezone": "browser", "panels": panels, "tags": ["breakeven"],
            "templating": {"list": []}, "annotations": {"list": []}, "editable": True}  # fmt: skip
