"""The one place that reads the wall clock; everything below is given `now`."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from pydantic import Field

DISPLAY_ZONE = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """Return the current moment as an aware UTC datetime."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


Now = Annotated[datetime, Depends(utc_now)]

# A day a page may ask for: its first and last moment must exist in every zone.
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
