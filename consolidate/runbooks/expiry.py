"""When a plan is too old to be run unchecked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

HOURS = 72
"""After this time an inventory no longer says what is true."""


def expires(summary: Mapping[str, Any]) -> str:
    """
    Return when the plan expires, in UTC and ISO 8601; empty if nobody knows when its inventory was taken.

    A time without a zone is taken for UTC.

    >>> expires({"taken": "2026-03-01T12:00:00+02:00"})
    '2026-03-04T10:00:00Z'
    """
    try:
        taken = datetime.fromisoformat(str(summary.get("taken") or ""))
    except ValueError:
        return ""
    known = taken if taken.tzinfo else taken.replace(tzinfo=UTC)
    return (known.astimezone(UTC) + timedelta(hours=HOURS)).strftime("%Y-%m-%dT%H:%M:%SZ")
