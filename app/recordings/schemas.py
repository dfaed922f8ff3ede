"""What the recordings slice answers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class ViewOut(BaseModel):
    """One look at a recording."""

    person_id: UUID
    name: str
    at: datetime
    address: str


class ViewsOut(BaseModel):
    """Who looked at a recording, newest first."""

    items: list[ViewOut]
