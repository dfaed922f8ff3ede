"""The demonstration before any lesson was held: `python -m tests.e2e.new_county demo`.

The county has its schools, people and courses; no classes, timetables, roster or lessons behind it.
"""

from app import demo_coverage


async def _nothing(*_: object, **__: object) -> None:
    """Leave the county without a history."""


def main() -> None:
    """Run the `classrooms` command."""
    vars(demo_coverage)["prepare"] = _nothing
    from app.cli import main as command  # noqa: PLC0415 - not before there is nothing to prepare

    command()


if __name__ == "__main__":
    main()
