"""The platform later: `python -m tests.e2e.later SECONDS demo` is `classrooms demo` then.

A school day, or a term that is over, cannot be waited for. Everything asks `app.clock` for the
time, so it is ahead in that one place.
"""

import sys
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

from app import clock


def clock_ahead(by: timedelta) -> type[datetime]:
    """Return a `datetime` whose `now` is so much later."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = datetime.now(tz or UTC) + by  # noqa: TID251 - the wall clock, only later
            return cls.fromisoformat(moment.isoformat())

    return Later


def main() -> None:
    """Put the clock forward, then run the `classrooms` command."""
    ahead = timedelta(seconds=float(sys.argv.pop(1)))
    vars(clock)["datetime"] = clock_ahead(ahead)
    from app.cli import main as command  # noqa: PLC0415 - whatever it imports finds the clock ahead

    command()


if __name__ == "__main__":
    main()
