"""Between text on the wire and the messages of `classroom.v1`."""

from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from signaling.errors import ErrorCode, SignalError
from signaling.messages import (
    MAX_FRAME_BYTES,
    AnyClientMessage,
    AnyServerMessage,
    Fact,
    client_message_adapter,
)

JsonContainer = dict[str, JsonValue] | list[JsonValue]

MAX_DEPTH: Final = 16
_SEQ_HEAD: Final = '{"seq":0,'


class MalformedMessage(SignalError):
    """A frame that is no message of ours; `ref` is that of the sender where it was readable."""

    def __init__(self, detail: str, *, ref: int | None = None) -> None:
        super().__init__(ErrorCode.MALFORMED, detail)
        self.ref = ref


def is_too_large(text: str) -> bool:
    """Return whether a frame is past `MAX_FRAME_BYTES`, measured in UTF-8."""
    # A character is one to four bytes, so most frames are judged without encoding them.
    return len(text) > MAX_FRAME_BYTES or (
        len(text) * 4 > MAX_FRAME_BYTES and len(text.encode()) > MAX_FRAME_BYTES
    )


def decode(text: str) -> AnyClientMessage:
    """Return the command a frame holds. Raise MalformedMessage.

    The detail names the field at fault and the rule, and repeats nothing that was sent:
    it may be a pupil's name, and it may be hostile.
    """
    try:
        value: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedMessage("This is not JSON.") from error
    if _is_deeper_than(value, MAX_DEPTH):
        raise MalformedMessage(f"JSON may be nested {MAX_DEPTH} deep.")
    try:
        return client_message_adapter.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(step)[:32] for step in first["loc"][1:4])
        detail = f"{path}: {first['type']}" if path else f"{first['type']}"
        raise MalformedMessage(detail, ref=_readable_ref(value)) from error


def encode(message: AnyServerMessage) -> str:
    """Return the text of a message that is no fact."""
    return message.model_dump_json()


def encode_fact_tail(fact: Fact) -> str:
    """Return a fact's text after its `seq`, so that one encoding serves a whole room."""
    text = fact.model_dump_json()
    assert text.startswith(_SEQ_HEAD), "a fact is told with seq 0, its first field"
    return text[len(_SEQ_HEAD) :]


def with_seq(tail: str, seq: int) -> str:
    """Return the text of a fact for a connection that has counted to `seq`."""
    return f'{{"seq":{seq},{tail}'


def _readable_ref(value: JsonValue) -> int | None:
    ref = value.get("ref") if isinstance(value, dict) else None
    return ref if type(ref) is int and 0 <= ref < 2**31 else None


def _is_deeper_than(value: JsonValue, limit: int) -> bool:
    level: list[JsonContainer] = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        level = [inner for outer in level for inner in _containers_in(outer)]
    return bool(level)


def _containers_in(outer: JsonContainer) -> Iterator[JsonContainer]:
    inside = outer.values() if isinstance(outer, dict) else outer
    return (inner for inner in inside if isinstance(inner, dict | list))
