from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.attendance.chain import GENESIS, Link, hash_of, verify

SESSION = UUID("01930000-0000-7000-8000-000000000001")
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

payloads = st.dictionaries(
    st.text(max_size=5),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    max_size=3,
)


def a_chain(contents: Sequence[Mapping[str, Any]]) -> list[Link]:
    links: list[Link] = []
    previous = GENESIS
    for index, payload in enumerate(contents):
        link = Link(
            session_id=SESSION,
            number=index + 1,
            clock_ms=index * 10,
            written_at=NOON + timedelta(milliseconds=index),
            type="chat",
            seat_id="hub",
            actor=None,
            payload=payload,
            previous_hash=previous,
        )
        previous = hash_of(link)
        links.append(replace(link, hash=previous))
    return links


chains = st.lists(payloads, min_size=1, max_size=8).map(a_chain)


def broken_at(links: list[Link], original: list[Link]) -> int | None:
    return verify(links, count=len(original), head=original[-1].hash).broken_at


@given(chains)
def test_an_untouched_chain_holds(chain: list[Link]) -> None:
    check = verify(chain, count=len(chain), head=chain[-1].hash)
    assert check.is_intact
    assert check.events == len(chain)


def test_a_lesson_without_events_holds() -> None:
    assert verify([], count=0, head=None).is_intact


@given(
    chains,
    st.data(),
    st.sampled_from(
        ["clock_ms", "written_at", "type", "seat_id", "actor", "payload", "hash", "previous_hash"]
    ),
)
def test_an_edited_row_is_named(chain: list[Link], data: st.DataObject, field: str) -> None:
    index = data.draw(st.integers(0, len(chain) - 1))
    row = chain[index]
    edited: Any = {
        "clock_ms": row.clock_ms + 1,
        "written_at": row.written_at + timedelta(microseconds=1),
        "type": "headcount",
        "seat_id": None,
        "actor": "hub",
        "payload": {**row.payload, "and": "more"},
        "hash": hash_of(replace(row, payload={"forged": True})),
        "previous_hash": "f" * 64,
    }[field]
    forged = [*chain]
    forged[index] = replace(row, **{field: edited})
    assert broken_at(forged, chain) == row.number


@given(chains, st.data())
def test_a_row_edited_with_its_own_hash_made_to_fit_breaks_the_next_or_the_head(
    chain: list[Link], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(chain) - 1))
    row = replace(chain[index], payload={"forged": True})
    forged = [*chain]
    forged[index] = replace(row, hash=hash_of(row))
    if forged[index].hash != chain[index].hash:
        assert broken_at(forged, chain) == min(row.number + 1, len(chain))


@given(chains, st.data())
def test_a_deleted_row_is_named_even_the_last(chain: list[Link], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(chain) - 1))
    assert broken_at(chain[:index] + chain[index + 1 :], chain) == index + 1


@given(chains, st.data())
def test_moved_rows_are_named(chain: list[Link], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(chain))))
    moved = [chain[i] for i in order]
    first_moved = next((at + 1 for at, i in enumerate(order) if at != i), None)
    assert broken_at(moved, chain) == first_moved


@given(chains)
def test_an_added_row_is_named(chain: list[Link]) -> None:
    last = chain[-1]
    extra = replace(last, number=last.number + 1, previous_hash=last.hash)
    extra = replace(extra, hash=hash_of(extra))
    assert broken_at([*chain, extra], chain) == extra.number
