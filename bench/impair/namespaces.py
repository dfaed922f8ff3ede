"""What the kernel must be asked for: network namespaces, and TUN devices within them."""

import asyncio
import ctypes
import fcntl
import os
import shutil
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bench.private_network import NetworkUnavailable

OWN_NAMESPACE = "/proc/self/ns/net"
DEVICE = "line0"
_TUN_DEVICE = Path("/dev/net/tun")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_QUEUE_PACKETS = 4000
_START_TIMEOUT_S = 10


def require_tun() -> None:
    """Raise NetworkUnavailable if this process cannot make a TUN device."""
    if shutil.which("nsenter") is None:
        raise NetworkUnavailable("`nsenter` is missing (Debian: util-linux).")
    try:
        os.close(os.open(_TUN_DEVICE, os.O_RDWR))
    except OSError as error:
        raise NetworkUnavailable(f"{_TUN_DEVICE}: {error.strerror}.") from None


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Be in another network namespace within the block: sockets opened there stay there.

    `namespace` is a path such as /proc/PID/ns/net. Only this thread changes.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    before, other = os.open(OWN_NAMESPACE, os.O_RDONLY), os.open(namespace, os.O_RDONLY)
    try:
        if libc.setns(other, 0) != 0:
            raise OSError(ctypes.get_errno(), f"setns to {namespace}")
        try:
            yield
        finally:
            if libc.setns(before, 0) != 0:
                raise OSError(ctypes.get_errno(), "setns back")
    finally:
        os.close(before)
        os.close(other)


def open_tun(namespace: str) -> int:
    """Make the namespace's TUN device and return its file, which does not block."""
    with inside(namespace):
        opened = os.open(_TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK)
        request = struct.pack("16sH22s", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI, b"")
        fcntl.ioctl(opened, _TUNSETIFF, request)
    return opened


async def furnish(namespace: str, addresses: Sequence[str]) -> None:
    """Give a namespace its loopback, and send all else through its TUN device."""
    steps = ["link set lo up", f"link set {DEVICE} txqueuelen {_QUEUE_PACKETS} up"]
    for address in addresses:
        is_v6 = ":" in address
        # Nobody else is there to be asked: an address need not wait to be found unique.
        tail = " nodad" if is_v6 else ""
        steps.append(f"address add {address}/{128 if is_v6 else 32} dev {DEVICE}{tail}")
    families = {"-6" if ":" in address else "-4" for address in addresses}
    steps += [f"{family} route replace default dev {DEVICE}" for family in sorted(families)]
    for step in steps:
        process = await asyncio.create_subprocess_exec(
            "nsenter", f"--net={namespace}", "ip", *step.split(),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, complaint = await process.communicate()
        if process.returncode != 0:
            raise NetworkUnavailable(f"`ip {step}` failed: {complaint.decode().strip()}")


@asynccontextmanager
async def new_namespace() -> AsyncIterator[str]:
    """Hold a fresh network namespace open within the block; yield its path."""
    holder = await asyncio.create_subprocess_exec(
        "unshare", "--net", "--", "sh", "-c", "echo made; exec cat >/dev/null",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        async with asyncio.timeout(_START_TIMEOUT_S):
            if await holder.stdout.readline() != b"made\n":
                raise NetworkUnavailable("`unshare --net` was refused")
        yield f"/proc/{holder.pid}/ns/net"
    finally:
        assert holder.stdin is not None
        holder.stdin.close()
        await holder.wait()
