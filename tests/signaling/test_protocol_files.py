"""The generated files: current, complete, and checked."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from signaling import messages as m
from signaling import protocol
from signaling.errors import CloseCode, ErrorCode


def test_the_files_in_the_tree_are_what_the_messages_say() -> None:
    assert protocol.stale_files(protocol.ROOT) == []


def test_check_fails_on_a_difference_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert protocol.main(["--check"], root=tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
    assert protocol.main([], root=tmp_path) == 0
    assert protocol.main(["--check"], root=tmp_path) == 0
    typescript = tmp_path / protocol.TYPESCRIPT_PATH
    typescript.write_text(typescript.read_text("utf-8") + "\n", "utf-8")
    capsys.readouterr()
    assert protocol.main(["--check"], root=tmp_path) == 1
    assert str(protocol.TYPESCRIPT_PATH) in capsys.readouterr().out


def test_every_message_and_code_is_in_both_files() -> None:
    schema = protocol.build_schema()
    typescript = protocol.build_typescript(schema)
    for union in (m.AnyClientMessage, m.AnyServerMessage):
        for message in get_args(union):
            assert message.__name__ in schema["$defs"]
            assert f"export interface {message.__name__} {{" in typescript
    for code in (*ErrorCode, *CloseCode):
        assert f"  {code.name}: {json.dumps(code.value)}," in typescript


def test_what_the_server_sends_is_never_optional() -> None:
    for name in ("Seat", "RoomState", "RecordingLight", "Error", "Pong"):
        definition = protocol.build_schema()["$defs"][name]
        assert definition["required"] == list(definition["properties"])


def test_a_command_needs_its_type_and_what_has_no_default() -> None:
    definitions = protocol.build_schema()["$defs"]
    assert definitions["Eject"]["required"] == ["type", "seat_id"]
    assert definitions["Ping"]["required"] == ["type"]


@pytest.mark.parametrize(
    ("python_type", "typescript"),
    [
        (int, "number"),
        (bool | None, "boolean | null"),
        (tuple[str, ...], "readonly string[]"),
        (list[int | None], "readonly (number | null)[]"),
        (dict[str, float], "Readonly<Record<string, number>>"),
    ],
)
def test_types_in_typescript(python_type: Any, typescript: str) -> None:
    assert protocol._type(TypeAdapter(python_type).json_schema()) == typescript


def test_a_shape_without_a_typescript_is_refused_not_guessed() -> None:
    with pytest.raises(ValueError, match="No TypeScript"):
        protocol._type({"type": "mystery"})


def test_the_prose_names_every_message_error_and_close_code() -> None:
    prose = (protocol.ROOT / "docs" / "protocol.md").read_text("utf-8")
    schema = protocol.build_schema()["$defs"]
    for union in ("ClientMessage", "ServerMessage"):
        for option in schema[union]["oneOf"]:
            name = option["$ref"].rpartition("/")[2]
            assert f"`{schema[name]['properties']['type']['const']}`" in prose
    for code in ErrorCode:
        assert f"`{code}`" in prose
    for close_code in set(CloseCode) - {CloseCode.NORMAL}:
        assert f"| {close_code.value} |" in prose
