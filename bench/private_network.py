"""A network namespace for one comparison: nothing in it can reach anything outside.

Janus takes no loopback interface for media, and a benchmark has no business on the
machine's own network. So the process starts itself again under `unshare --net`, with a
veth pair that leads from the namespace back into it. Both servers and all peers use
`ADDRESS`; there is no route to anything else. The kernel removes it all with the last
process in it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ADDRESS = "198.18.0.1"  # from the block set aside for benchmarks (RFC 2544, RFC 6890)
OUTSIDE_OPTION = "--outside-network"
_INTERFACE, _OTHER_END = "bench0", "bench1"


class NetworkUnavailable(Exception):
    """This user or machine cannot make a private network; the message says what is missing."""


def namespace() -> str:
    """Return the name of the network namespace this process is in, as the kernel gives it."""
    return str(Path("/proc/self/ns/net").readlink())


def _find(tool: str, package: str) -> str:
    path = shutil.which(tool)
    if path is None:
        raise NetworkUnavailable(
            f"The comparison runs in a network of its own and needs `{tool}` for that. "
            f"On Debian or Ubuntu: sudo apt-get install {package}"
        )
    return path


def require_private_network() -> list[str]:
    """Return the command that runs what follows it in a fresh network namespace.

    Raise NetworkUnavailable if a tool is missing or the kernel refuses, which is tried.
    """
    command = [_find("unshare", "util-linux"), "--net"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    command.append("--")
    trial = [*command, _find("ip", "iproute2"), "link", "set", "lo", "up"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise NetworkUnavailable(
            "The comparison runs in a network of its own, and this user may not make one "
            f"({tried.stderr.strip()}). Run it as root on the machine itself, or in a "
            "container that may make network namespaces (CAP_SYS_ADMIN)."
        )
    return command


def reexecute_inside(module: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by `python -m module` in a network namespace of its own.

    `OUTSIDE_OPTION` and the namespace left are added to the arguments, for `furnish`.
    Raise NetworkUnavailable.
    """
    command = require_private_network()
    command += [sys.executable, "-m", module, *arguments, OUTSIDE_OPTION, namespace()]
    sys.stdout.flush()
    os.execv(command[0], command)


def furnish(outside: str) -> None:
    """Give the namespace its loopback and the interface with `ADDRESS`.

    Raise NetworkUnavailable if this is still the namespace `outside`, of which nothing
    is touched, or if the kernel makes no such interface.
    """
    if namespace() == outside:
        raise NetworkUnavailable(f"{OUTSIDE_OPTION} is for the benchmark itself, do not give it.")
    ip = _find("ip", "iproute2")
    for step in (
        "link set lo up",
        f"link add {_INTERFACE} type veth peer name {_OTHER_END}",
        f"address add {ADDRESS}/32 dev {_INTERFACE}",
        f"link set {_OTHER_END} up",
        f"link set {_INTERFACE} up",
    ):
        done = subprocess.run([ip, *step.split()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NetworkUnavailable(f"`ip {step}` failed: {done.stderr.strip()}")
