"""What tests need of the machine beside Python.

A test is skipped, with a reason, only where what it needs cannot be had: without the right to
install packages, without a compiler, in a container that may make no network. Where it only was
not installed or built the test fails and says how to, so that nothing goes untested unnoticed.
"""

import os
import shutil

import pytest

from bench.private_network import NetworkUnavailable, require_private_network
from media.native_library import LIBRARY


def need_programs(**packages: str) -> None:
    """Go on if all these programs are there; each is told with its Debian package."""
    missing = {program: package for program, package in packages.items() if not _has(program)}
    if not missing:
        return
    names = " ".join(missing.values())
    if os.geteuid() == 0 and _has("apt-get"):
        pytest.fail(f"There is no {', no '.join(missing)}: `make setup-tools` installs {names}.")
    pytest.skip(f"There is no {', no '.join(missing)}. On Debian: sudo apt-get install {names}")


def private_network() -> list[str]:
    """Return the command that runs what follows it in a network of its own; skip without."""
    need_programs(unshare="util-linux", ip="iproute2")
    try:
        return require_private_network()
    except NetworkUnavailable as reason:
        pytest.skip(str(reason))


def _has(program: str) -> bool:
    return shutil.which(program) is not None


#: Skips where the native plane cannot be built; where it could be and was not, `load` says so.
needs_native_plane = pytest.mark.skipif(
    not LIBRARY.exists() and not _has("cc"),
    reason="the native plane is not built, and there is no C compiler (`make native`)",
)
