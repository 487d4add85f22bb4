"""Figures as people read them: value, unit, range, source."""

from __future__ import annotations

import pytest

from breakeven.core.figure import Figure, assumed, measured, published
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.words import Voice
from breakeven.records.record import FigureRecord

PRICE = published(0.096, "usd/hour", "price", "a price list", "2026-11-20")


@pytest.mark.parametrize(
    ("figure", "english", "chinese"),
    [
        (PRICE, "$0.096 / hour", "US$0.096 / 小时"),
        (assumed(200_000, "request/month", ""), "200,000 requests / month", "200,000 请求 / 月"),
        (assumed(3_000, "usd/month", "", "", 2_000, 4_000), "$3,000.00 ($2,000.00 – $4,000.00) / month",
         "US$3,000.00 (US$2,000.00 – US$4,000.00) / 月"),
        (measured(31.2, "second", ""), "31 sec", "31秒"),
        (measured(25e9, "byte/machine", ""), "25 GB / machine", "25 GB / 机器"),
        (assumed(40, "usd/1k request", ""), "$40.00 / 1,000 requests", "US$40.00 / 1,000 次请求"),
        (assumed(12, "percent", ""), "12%", "12%"),
        (assumed(1.25, "1", ""), "1.25", "1.25"),
        (measured(2, "2.0 customer/month", ""), "4 customers / month", "4 位客户 / 月"),
    ],
)
def test_a_figure_is_written_with_its_unit(figure: Figure, english: str, chinese: str) -> None:
    record = FigureRecord.of(figure) if figure.unit.scale != 2.0 else FigureRecord(
        value=2.0, unit="2.0 customer/month", provenance=figure.provenance
    )
    assert figure_text(record, Voice("en")) == english
    assert figure_text(record, Voice("zh")) == chinese


def test_sources_carry_their_dates_and_our_own_are_translated() -> None:
    both = FigureRecord.of(PRICE * assumed(1, "hour", "", "default"))
    assert source_text(both, Voice("en")) == "a price list (2026-11-20); default"
    assert source_text(both, Voice("zh")) == "a price list (2026-11-20); 默认值"
