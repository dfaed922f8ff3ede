"""The road of namespaces, with real sockets: what is set is what is met."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.impair.namespaces import require_tun
from bench.private_network import NetworkUnavailable, require_private_network

CHECKOUT = Path(__file__).resolve().parents[3]
ECHO = """
import socket, sys
host = sys.argv[1]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as echo:
    echo.bind((host, 5000))
    print("up", flush=True)
    while True:
        data, sender = echo.recvfrom(2000)
        echo.sendto(f"{sender[0]} {sender[1]}".encode(), sender)
"""
# Run in a namespace of its own: what the sites "plain" and "nat" meet, as JSON.
MEET = f"""
import asyncio, json, socket, sys, time
from bench.impair.line import Conditions
from bench.impair.road import SERVER_V4, SERVER_V6, namespace_road
ECHO = {ECHO!r}

def ask(mine, server, seconds):
    family = socket.AF_INET6 if ":" in mine else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((mine, 4000))
        probe.settimeout(seconds)
        began = time.monotonic()
        probe.sendto(b"?", (server, 5000))
        try:
            seen = probe.recv(2000).decode()
        except TimeoutError:
            return None
        return seen, time.monotonic() - began

async def main():
    found = {{}}
    async with namespace_road(["plain", "nat"], behind_nat=["nat"]) as road:
        for server in (SERVER_V4, SERVER_V6):
            process = await asyncio.create_subprocess_exec(
                *road.in_server_namespace(sys.executable, "-c", ECHO, server),
                stdout=asyncio.subprocess.PIPE)
            await process.stdout.readline()
            plain = road.sites["plain"].v6 if ":" in server else road.sites["plain"].v4
            slow = Conditions(delay_ms=100)
            await road.set("plain", down=slow, up=slow)
            found[f"plain {{server}}"] = ask(plain, server, 5)
            await road.set("plain", down=Conditions(is_cut=True), up=Conditions())
            found[f"cut {{server}}"] = ask(plain, server, 0.2)
            if server == SERVER_V4:
                nat = road.sites["nat"].v4
                found["nat"] = [ask(nat, server, 5)[0]]
                for other in (False, True):
                    await road.move("nat", to_other_address=other)
                    found["nat"].append(ask(nat, server, 5)[0])
            process.kill()
            await process.wait()
        found["counts"] = (await road.counts())["plain"]["down"]
    print(json.dumps(found))

asyncio.run(main())
"""


def test_a_site_meets_the_delay_the_cut_and_the_moves_that_were_set() -> None:
    try:
        command = require_private_network()
        require_tun()
    except NetworkUnavailable as reason:
        pytest.skip(str(reason))
    done = subprocess.run(
        [*command, sys.executable, "-c", MEET],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for server, mine in (("198.18.0.1", "198.18.1.1"), ("2001:2::1", "2001:2::1:1")):
        seen, took_s = found[f"plain {server}"]
        assert seen == f"{mine} 4000"
        assert took_s >= 0.2
        assert found[f"cut {server}"] is None
    assert found["nat"] == ["198.18.2.2 20000", "198.18.2.2 20001", "198.18.3.2 20002"]
    assert found["counts"]["cut"] == 2
