"""Which data plane is used, and what is said when the one demanded cannot be had."""

import logging
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from media import native_plane, planes
from media.config import DataPlaneChoice
from media.dataplane import DataPlane
from media.native_library import LIBRARY, NativeUnavailable, address_of, load, place_of
from media.native_plane import NativePlane
from tests.media.classroom import LOOPBACK
from tests.needs import need_programs, needs_native_plane


def test_what_is_not_built_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NativeUnavailable, match="make native"):
        load(tmp_path / "plane.so")


def test_what_is_no_library_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "plane.so").write_bytes(b"no library")
    with pytest.raises(NativeUnavailable, match=r"cannot be loaded.*make native"):
        load(tmp_path / "plane.so")


def test_a_library_of_another_version_is_not_loaded(tmp_path: Path) -> None:
    need_programs(cc="gcc")
    source = (LIBRARY.parent.parent / "plane.c").read_text("utf-8")
    other = source.replace("plane_version(void) { return ", "plane_version(void) { return 7")
    assert other != source
    (tmp_path / "plane.c").write_text(other, "utf-8")
    for header in LIBRARY.parent.parent.glob("*.h"):
        shutil.copy(header, tmp_path)
    command = ["cc", "-std=gnu11", "-fPIC", "-shared", "-pthread", "-o", "plane.so", "plane.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    with pytest.raises(NativeUnavailable, match=r"another version.*make native"):
        load(tmp_path / "plane.so")


def test_without_the_library_the_reference_serves_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(native_plane, "LIBRARY", tmp_path / "plane.so")
    with caplog.at_level(logging.WARNING):
        plane = planes.new_plane(replace(LOOPBACK, data_plane=DataPlaneChoice.AUTO))
    assert (type(plane), plane.name) == (DataPlane, "reference")
    assert "make native" in caplog.text
    with pytest.raises(NativeUnavailable, match="make native"):
        planes.new_plane(replace(LOOPBACK, data_plane=DataPlaneChoice.NATIVE))


@needs_native_plane
def test_with_the_library_it_is_used_unless_the_reference_is_asked_for() -> None:
    plane = planes.new_plane(replace(LOOPBACK, data_plane=DataPlaneChoice.AUTO))
    assert (type(plane), plane.name) == (NativePlane, "native")
    plane = planes.new_plane(replace(LOOPBACK, data_plane=DataPlaneChoice.REFERENCE))
    assert type(plane) is DataPlane


@pytest.mark.parametrize(
    "address",
    [
        ("127.0.0.1", 7882),
        ("2001:db8::1", 65535, 0, 0),
        ("fe80::1", 1, 0, 3),
        ("::ffff:192.0.2.1", 9, 0, 0),
    ],
)
def test_addresses_survive_the_way_through_c(
    address: tuple[str, int] | tuple[str, int, int, int],
) -> None:
    place = place_of(address)
    assert address_of(place.family, place.port, bytes(place.host), place.scope) == address
