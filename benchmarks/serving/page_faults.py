"""The tables of hard times: overload, a rollback, an end, a death, a million requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench import median
from page_words import number, pair, statuses, table, total, verdict

GOODPUT = 0.9
TIMES_REACHED = 3.8
ROLLBACK_SECONDS, BACK_SECONDS = 1.0, 2.0
BYTES_A_REQUEST = 1.0
"""Memory that grows by less is flat: a megabyte over a million requests, what an allocator keeps back."""
P99_GROWTH = 1.25
"""The p99 of the last third of the segments, by that of the first third."""


def overload(found: dict[str, Any]) -> list[str]:
    key, cases = found["one_key"], found["cases"]
    return [
        "Requests at four times the peak, at a fixed rate, each counted from when it was due. An answer may "
        f"wait {found['queue_seconds']:.0f} s in the queue.", "",
        *table(["case", "peak a second", "sent a second", "goodput", "statuses", "answers p99 / slowest, ms",
                "refusals p99 / slowest, ms"], [_case(name, each) for name, each in cases.items()]), "",
        *(_aims(name, case) for name, case in cases.items()),
        f"- One key at {key['sent_per_second']:,.0f} a second for {key['seconds']:.0f} s (it may "
        f"{found['per_key']:,.0f}, and {found['burst']:,.0f} at once): {statuses(key['statuses'])}; {_told(key)}.",
    ]  # fmt: skip


def _case(name: str, case: dict[str, Any]) -> list[str]:
    return [name, number(case["peak"]), number(case["sent_per_second"]), f"{case['goodput'] / case['peak']:.0%}",
            statuses(case["statuses"]), pair(case["p99_answer_ms"], case["slowest_answer_ms"], 0),
            pair(case["p99_refusal_ms"], case["slowest_refusal_ms"], 0)]  # fmt: skip


def _aims(name: str, case: dict[str, Any]) -> str:
    share, times = case["goodput"] / case["peak"], case["sent_per_second"] / case["peak"]
    clean = not (case["hung"] or case["lost"] or case["bare"])
    short = "" if times > TIMES_REACHED else f" The sender reached only {times:.1f} times the peak."
    return (f"- {name}: goodput at least {GOODPUT:.0%} of the peak: {verdict(share >= GOODPUT)}; "
            f"none hangs, none is lost, each refusal says when to come again: {verdict(clean)} "
            f"({_told(case)}).{short}")  # fmt: skip


def _told(case: dict[str, Any]) -> str:
    return f"{case['bare']} refusals without Retry-After, {case['lost']} lost, {case['hung']} hung"


def lifecycle(found: dict[str, Any]) -> list[str]:
    back, end, death = found["rollback"], found["end"], found["death"]
    rows = [
        _event("rollback under load", back, "last_seconds"),
        _event("SIGTERM under load", end, "seconds"),
        _event("SIGKILL to one of two processes", death, "seconds"),
    ]
    whole = not any(each["lost"] or each["hung"] or set(each["statuses"]) - {"200"} for each in back)
    own = all(each["lost"] <= each["connections"] and not each["hung"] for each in death)
    return [
        "Seconds (the slowest of the rounds): from the call of the rollback to the last answer of the release that was",
        "left; from the signal to the end; from the death to the first connection of the new process.", "",
        *table(["", "seconds", "requests", "statuses", "lost"], rows), "",
        f"- A rollback takes under {ROLLBACK_SECONDS:.0f} s: "
        f"{verdict(_within(back, 'last_seconds', ROLLBACK_SECONDS))}; loses none: {verdict(whole)}.",
        f"- SIGTERM loses none: {verdict(not any(each['lost'] or each['hung'] for each in end))}.",
        f"- A killed process is back in {BACK_SECONDS:.0f} s: {verdict(_within(death, 'seconds', BACK_SECONDS))}; only "
        f"what it had under way fails: {verdict(own)} ({total(death, 'lost')} lost, on its "
        f"{total(death, 'connections')} connections).",
    ]  # fmt: skip


def _event(name: str, every: Sequence[dict[str, Any]], seconds: str) -> list[str]:
    values = [each[seconds] for each in every]
    counts: Counter[str] = Counter()
    for each in every:
        counts.update(each["statuses"])
    slowest = None if None in values else max(values)
    return [name, number(slowest, 2), f"{total(every, 'sent'):,}", statuses(counts), f"{total(every, 'lost'):,}"]


def _within(every: Sequence[dict[str, Any]], name: str, most: float) -> bool:
    return all(each[name] is not None and each[name] < most for each in every)


def soak(found: dict[str, Any]) -> list[str]:
    grows, opened, tails = found["bytes_a_request"], found["descriptors_a_million"], found["p99_ms"]
    third = max(1, len(tails) // 3)
    first, last = median(tails[:third]) or 0.0, median(tails[-third:]) or 0.0
    flat = grows["low"] <= 0 or grows["slope"] < BYTES_A_REQUEST
    short = "" if found["requests"] >= 1e6 else " A million was not reached in the time that a soak may take."
    return [
        f"{found['requests']:,.0f} requests, {found['per_second']:,.0f} a second, 64 connections; "
        f"{found['wrong']:,.0f} were not 200, {found['broken']:,.0f} connections broke.{short}", "",
        *table(["", "slope (Theil and Sen)", "95 % interval"], [
            ["resident bytes a request", f"{grows['slope']:.2f}", _interval(grows)],
            ["descriptors a million requests", f"{opened['slope']:.1f}", _interval(opened)],
        ]), "",
        f"Memory went from {found['first_mb']:.0f} to {found['last_mb']:.0f} MB (all processes, resident); p99 from "
        f"{first:.1f} ms (first third) to {last:.1f} ms (last third).", "",
        f"- Memory does not grow (under {BYTES_A_REQUEST:.0f} byte a request, or not told from zero): {verdict(flat)}.",
        f"- Descriptors do not grow: {verdict(opened['low'] <= 0)}.",
        f"- p99 stays (within {P99_GROWTH:.2f} of its beginning): {verdict(last <= P99_GROWTH * first)}.",
    ]  # fmt: skip


def _interval(found: dict[str, float]) -> str:
    return f"{found['low']:.2f} to {found['high']:.2f}"
