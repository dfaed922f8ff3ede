"""The network of the comparison: what is in it, and that there is no way out of it."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench import forward
from bench.private_network import (
    ADDRESS,
    OUTSIDE_OPTION,
    NetworkUnavailable,
    furnish,
    namespace,
)
from tests.needs import private_network

CHECKOUT = Path(__file__).resolve().parents[2]
# Run inside. Connecting a UDP socket asks for a route and sends nothing.
LOOK_AROUND = """
import errno, json, socket, sys
from bench.private_network import ADDRESS, furnish
furnish(sys.argv[1])
found = {}
for host in (ADDRESS, "127.0.0.1", "198.18.0.2", "192.0.2.1", "2001:db8::1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        found[host] = errno.errorcode.get(probe.connect_ex((host, 9)), "reachable")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
    echo.bind((ADDRESS, 0))
    echo.settimeout(5)
    echo.sendto(b"heard", echo.getsockname())
    found["said"] = echo.recv(10).decode()
print(json.dumps(found))
"""


def executables(folder: Path, **scripts: str) -> str:
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_inside_only_the_benchmark_itself_is_reachable() -> None:
    command = private_network()
    before = socket.if_nameindex()
    done = subprocess.run(
        [*command, sys.executable, "-c", LOOK_AROUND, namespace()],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        ADDRESS: "reachable",
        "127.0.0.1": "reachable",
        "198.18.0.2": "ENETUNREACH",
        "192.0.2.1": "ENETUNREACH",
        "2001:db8::1": "ENETUNREACH",
        "said": "heard",
    }
    assert socket.if_nameindex() == before


def test_the_network_outside_is_left_alone() -> None:
    before = socket.if_nameindex()
    with pytest.raises(NetworkUnavailable, match=OUTSIDE_OPTION):
        furnish(namespace())
    assert socket.if_nameindex() == before


@pytest.mark.parametrize(
    ("present", "package"), [({}, "util-linux"), ({"unshare": "exit 0"}, "iproute2")]
)
def test_a_missing_tool_is_named_with_the_command_that_installs_it(
    present: dict[str, str],
    package: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PATH", executables(tmp_path, janus="exit 0", **present))
    assert forward.main(["--peer", "janus"]) == 2
    assert f"apt-get install {package}" in capsys.readouterr().err


def test_a_kernel_that_refuses_is_quoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    refusal = "unshare: unshare failed: Operation not permitted"
    path = executables(tmp_path, janus="", ip="", unshare=f"echo '{refusal}' >&2; exit 1")
    monkeypatch.setenv("PATH", path)
    assert forward.main(["--peer", "janus"]) == 2
    assert f"may not make one ({refusal})" in capsys.readouterr().err
