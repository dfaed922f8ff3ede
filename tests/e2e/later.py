"""The platform some days later: `python -m tests.e2e.later DAYS demo` is `classrooms demo` then.

A term that is over cannot be waited for. Everything asks `app.clock` for the time, so it is ahead
in that one place.
"""

import sys
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

from app import clock


def _clock_ahead(by: timedelta) -> type[datetime]:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = datetime.now(tz or UTC) + by  # noqa: TID251 - the wall clock, only later
            return cls.fromisoformat(moment.isoformat())

    return Later


def main() -> None:
    """Put the clock forward, then run the `classrooms` command."""
    ahead = timedelta(days=int(sys.argv.pop(1)))
    vars(clock)["datetime"] = _clock_ahead(ahead)
    from app.cli import main as command  # noqa: PLC0415 - whatever it imports finds the clock ahead

    command()


if __name__ == "__main__":
    main()
