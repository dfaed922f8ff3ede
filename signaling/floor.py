"""The floor: who asked for it and who has it."""

from collections.abc import Callable, Iterable


class StageIsFull(Exception):
    """Everybody on stage is present and the limit is more than one: the lecturer chooses."""


class Floor:
    """The hand queue, first come first, and the stage, longest there first.

    `len(stage) <= limit` always holds.
    """

    def __init__(self, *, limit: int, stage: Iterable[str] = (), hands: Iterable[str] = ()) -> None:
        self.limit = limit
        self.stage: list[str] = list(stage)
        self.hands: list[str] = list(hands)
        assert len(self.stage) <= limit

    def invite(self, seat_id: str, *, is_present: Callable[[str], bool]) -> str | None:
        """Bring a seat on stage; return whom it replaces. Raise StageIsFull.

        With a limit of one the newcomer replaces. With more, only a seat that is away gives
        way, the longest on stage first: whom of several to send back is not ours to guess.
        """
        assert seat_id not in self.stage
        replaced = None
        if len(self.stage) >= self.limit:
            away = (on_stage for on_stage in self.stage if not is_present(on_stage))
            replaced = self.stage[0] if self.limit == 1 else next(away, None)
            if replaced is None:
                raise StageIsFull
            self.stage.remove(replaced)
        self.stage.append(seat_id)
        return replaced

    def set_limit(self, limit: int) -> tuple[str, ...]:
        """Change the limit; return whom that takes off stage, the longest there first."""
        surplus = max(0, len(self.stage) - limit)
        released, self.stage = tuple(self.stage[:surplus]), self.stage[surplus:]
        self.limit = limit
        return released
