"""The table [monitor] of the project file: where traffic is kept, and who is told of alarms."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator

from breakeven.records.record import Record

WebhookForm = Literal["generic", "slack", "feishu", "dingtalk", "wecom"]
SCHEMES = ("postgresql", "postgres")


class MonitorSettings(Record):
    """Nothing here is a secret: a password, or the address of a webhook, is read from the environment."""

    store: str = ""
    """`postgresql://user@host/database`; empty: Parquet files beside the project."""
    webhook_env: str = ""
    """The environment variable that holds the address of the webhook."""
    webhook_form: WebhookForm = "generic"
    repeat_alarms_after_hours: Annotated[float, Field(ge=0)] = 24.0

    @field_validator("store")
    @classmethod
    def is_an_address_without_a_password(cls, store: str) -> str:
        if store and (fault := fault_of_address(store)):
            raise ValueError(fault)
        if has_password(store):
            raise ValueError("no password stands in the project file: take it out, and set PGPASSWORD or a passfile")
        return store


def fault_of_address(address: str) -> str | None:
    """What is wrong with the address of a database, without a part of it; None for a good one."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in SCHEMES and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    return None if good else "it must look like postgresql://user@host:5432/database"


def has_password(address: str) -> bool:
    parts = urlsplit(address)
    return parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True)
