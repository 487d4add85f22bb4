"""What users do with the answers: click-through, conversion, satisfaction, stickiness, each with its interval.

Answers to one user resemble each other. Where users are named, the variance of a share is therefore that of a ratio
over users, not over answers (the delta method: Deng, Knoblich and Lu 2018, "Applying the delta method in metric
analytics"); the interval is Wilson's with as many rows as would have that variance (Kish's effective sample).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.monitoring.quality import FEWEST, wilson
from breakeven.monitoring.window import Window
from breakeven.records.health import Estimate, UserMetrics

Z = 1.96


def user_metrics(window: Window) -> UserMetrics:
    """None for a figure of which too little came back; users are counted where requests name them."""
    table = window.users.table()
    by_user = _by_user(table)
    daily, sticky = _visits(window, table)
    likes, marks = window.total("likes"), window.total("likes") + window.total("dislikes")
    seen = window.answers if window.total("clicks") else 0
    sold = window.answers if window.total("conversions") else 0
    return UserMetrics(
        users=None if table is None else len(by_user["answers"]) * window.users.scale,
        daily_users=daily,
        stickiness=sticky,
        click_through=share_of(window.total("clicks"), seen, by_user["clicks"], by_user["answers"]),
        conversion=share_of(window.total("conversions"), sold, by_user["conversions"], by_user["answers"]),
        satisfaction=share_of(likes, marks, by_user["likes"], by_user["likes"] + by_user["dislikes"]),
    )


def share_of(hits: int, rows: int, hits_by_user: np.ndarray, rows_by_user: np.ndarray) -> Estimate | None:
    """A share with its interval; None below FEWEST rows. The counts by user (users,) may be of a sample of users."""
    if rows < FEWEST:
        return None
    value = hits / rows
    effective = rows / design_effect(hits_by_user, rows_by_user)
    low, high = wilson(value, max(1.0, effective))
    return Estimate(value=value, low=low, high=high, rows=rows)


def design_effect(hits: np.ndarray, rows: np.ndarray) -> float:
    """How many times the variance of a share by users is that of independent rows, at least 1; 1 below 30 users."""
    users = int((rows > 0).sum())
    total = rows.sum()
    if users < FEWEST or not 0 < hits.sum() < total:
        return 1.0
    share = hits.sum() / total
    by_users = float(((hits - share * rows) ** 2).sum()) * users / (users - 1) / total**2
    return max(1.0, by_users / (share * (1 - share) / total))


def _by_user(table: pa.Table | None) -> dict[str, np.ndarray]:
    """Sums by user, empty where no user was named."""
    names = ("answers", "clicks", "conversions", "likes", "dislikes")
    if table is None:
        return {name: np.zeros(0) for name in names}
    sums = table.group_by("user").aggregate([(name, "sum") for name in names])
    return {name: sums.column(f"{name}_sum").to_numpy() for name in names}


def _visits(window: Window, table: pa.Table | None) -> tuple[float | None, Estimate | None]:
    """Users of a whole day, the mean; and the share of the users of all days that come on a day (DAU / MAU)."""
    days = sorted(window.days)[1:-1]  # the first and the last are part days
    if table is None or not days:
        return None, None
    whole = table.filter(pc.is_in(table.column("day"), pa.array(days, pa.date32())))
    came = whole.group_by("user").aggregate([("day", "count")]).column("day_count").to_numpy() / len(days)
    if len(came) < FEWEST:
        return None, None
    mean, error = float(came.mean()), Z * float(came.std(ddof=1)) / np.sqrt(len(came))
    sticky = Estimate(value=mean, low=max(0.0, mean - error), high=min(1.0, mean + error), rows=len(came))
    return mean * len(came) * window.users.scale, sticky if len(days) > 1 else None
