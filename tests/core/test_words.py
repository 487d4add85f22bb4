"""Messages: a template and its values, rendered in any language."""

from __future__ import annotations

from breakeven.core.errors import DataError
from breakeven.core.words import say


def test_a_message_renders_in_english_and_through_a_translation() -> None:
    message = say("column {name} is missing", name="team")
    assert str(message) == "column team is missing"
    assert message.render({"column {name} is missing": "缺少列 {name}"}.__getitem__) == "缺少列 team"


def test_messages_inside_messages_are_translated_too() -> None:
    message = say("stopped: {why}", why=say("the disk is full"))
    words = {"stopped: {why}": "已停止：{why}", "the disk is full": "磁盘已满"}
    assert message.render(words.__getitem__) == "已停止：磁盘已满"


def test_braces_in_values_are_left_alone() -> None:
    assert str(say("bad cell {cell}", cell="{x} {0}")) == "bad cell {x} {0}"


def test_an_error_has_three_lines() -> None:
    error = DataError(say("no rows"), "data.csv:1", say("add rows"))
    assert [str(line) for line in error.lines()] == ["no rows", "data.csv:1", "add rows"]
    assert error.exit_code == 2
