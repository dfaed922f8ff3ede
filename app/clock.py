"""The one place that reads the wall clock; everything below is given `now`."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends

DISPLAY_ZONE = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """Return the current moment as an aware UTC datetime."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


Now = Annotated[datetime, Depends(utc_now)]
