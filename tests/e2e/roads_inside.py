"""Roads closed and opened under a running lesson: a program, for a network namespace of its own.

    unshare --net -- python -m tests.e2e.roads_inside FOLDER

The test `test_roads.py` runs it so. A packet filter closes the media port; what the pages then
do, and how long it takes, is printed as one line of JSON.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from app import coturn
from app.clock import utc_now
from tests.e2e import samples
from tests.e2e.conftest import free_port
from tests.e2e.facts import Facts
from tests.e2e.lesson import Lesson
from tests.e2e.platform_process import ROOT, Platform

# What the trial's relay sends from (`app.coturn`).
RELAY_PORTS = "34800-34999"
GIVE_UP_S = 20.0
# A busy machine may take longer to connect by a road than the check waits for it: as its reader
# would, the test then has it look again.
_CHECKS = 3
# A page looks for UDP 30 s after it has lost it, and then twice as long after.
SEARCHED_WITHIN_S = 75.0
# Three pages are asked in a quarter of a second, and then looked away from for a fifth.
LONGEST_LOOK_S = 1.0


def reserve_relay_ports() -> None:
    """Let the kernel give the relay's ports to nobody who asks for any port.

    They lie where browsers are given theirs: one that had such a port would go past the filter.
    """
    Path("/proc/sys/net/ipv4/ip_local_reserved_ports").write_text(RELAY_PORTS, encoding="ascii")


class Filter:
    """Closes roads to the media port; the relay's own way to it (from its ports) stays open.

    `reserve_relay_ports` first, before anybody opens a socket.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        nft("add table inet roads")
        nft("add chain inet roads in { type filter hook input priority 0 ; }")

    def close(self, *protocols: str) -> None:
        """Close these, open all others."""
        nft("flush chain inet roads in")
        for protocol in protocols:
            for there, back in (("dport", "sport"), ("sport", "dport")):
                nft(
                    f"add rule inet roads in {protocol} {there} {self._port} "
                    f"{protocol} {back} != {RELAY_PORTS} drop"
                )


def nft(command: str) -> None:
    """Run one command of the packet filter."""
    subprocess.run(["nft", command], check=True)


@contextmanager
def relay(folder: Path) -> Iterator[dict[str, str]]:
    """Run a relay; give the settings that tell the platform of it."""
    trial = coturn.for_trial(folder, ["127.0.0.1"], now=utc_now())
    process = subprocess.Popen(trial.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield {
            # Without TLS: no browser trusts a certificate of a trial.
            "CLASSROOMS_TURN_URLS": ",".join(url for url in trial.urls if url.startswith("turn:")),
            "CLASSROOMS_TURN_SECRET": trial.secret,
        }
    finally:
        process.terminate()
        process.wait()


def check(page: Page, shoot: Callable[[str], None] | None = None, name: str = "") -> dict[str, str]:
    """Run the device check again; return its verdict and what it says of the roads."""
    page.get_by_role("button", name="重新检测").click()
    expect(page.locator("[data-verdict=pending]")).to_be_visible()
    expect(page.locator("[data-verdict]:not([data-verdict=pending])")).to_be_visible(timeout=60_000)
    if shoot is not None:
        shoot(name)
    return {
        "verdict": page.locator("[data-verdict]").get_attribute("data-verdict") or "",
        "road": page.locator("[data-step=road]").inner_text(),
        "others": page.locator("[data-step=others]").inner_text(),
        "sentence": page.locator("[data-verdict]").inner_text(),
    }


class Patience:
    """Seconds that have passed, as far as the pages were given time to do something in them.

    A look that took longer counts as `LONGEST_LOOK_S`: where others use the processor, the pages
    are as late with their work as with their answers.
    """

    def __init__(self) -> None:
        self.passed_s = 0.0
        self._looked_at = time.monotonic()

    def look(self) -> float:
        """Count what has passed since the last look; return what has in all."""
        now = time.monotonic()
        self.passed_s += min(now - self._looked_at, LONGEST_LOOK_S)
        self._looked_at = now
        return self.passed_s


def read(page: Page) -> dict[str, Any]:
    """Return what a page says of its media."""
    return dict(page.evaluate("() => window.__classroom.read()"))


def roads_in(reading: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return by which road a page sends and receives."""
    return reading["publish_road"], reading["subscribe_road"]


def frames_in(reading: dict[str, Any], seat: str) -> int:
    """Return how many pictures of a seat's camera a page has decoded."""
    return sum(
        int(track["frames_decoded"])
        for track in reading["received"]
        if track["seat_id"] == seat and track["source"] == "camera"
    )


def back_after(
    lesson: Lesson,
    change: Callable[[], None],
    roads: set[str | None],
    within_s: float = GIVE_UP_S,
) -> dict[str, Any]:
    """Change the roads; return after how many seconds each picture moves again, by `roads`.

    And which roads each page took at last, to send and to receive. Seconds are `Patience`'s.
    """
    pages = pages_of(lesson)
    pictures = [
        ("class-1", "hub", "teacher"),
        ("class-2", "hub", "teacher"),
        ("class-2", lesson.first_seat, "class-1"),
        ("teacher", lesson.first_seat, "class-1"),
    ]
    readings = {name: read(page) for name, page in pages.items()}
    frames = {(at, seat): frames_in(readings[at], seat) for at, seat, _ in pictures}
    back: dict[str, float] = {}
    patience = Patience()
    change()
    while len(back) < len(pictures) + 1 and (elapsed := patience.look()) < within_s:
        readings = {name: read(page) for name, page in pages.items()}
        for at, seat, who in pictures:
            now = frames_in(readings[at], seat)
            # What was under way when the road closed still arrives: only later frames count.
            if elapsed < 1.0:
                frames[at, seat] = now
            elif now != frames[at, seat]:
                back.setdefault(f"{who} at {at}", round(elapsed, 1))
        taken = {road for reading in readings.values() for road in roads_in(reading)}
        if taken <= roads:
            back.setdefault("every connection", round(elapsed, 1))
        time.sleep(0.2)
    return {"back": back, "taken": {name: roads_in(one) for name, one in readings.items()}}


def pages_of(lesson: Lesson) -> dict[str, Page]:
    """Return the pages of a lesson by whose they are."""
    return {"teacher": lesson.teacher, "class-1": lesson.first, "class-2": lesson.second}


def seen_by_county(lesson: Lesson, platform: Platform) -> str:
    """Return what the county's page says of the teachers' lines."""
    office = lesson.office
    office.goto(platform.links["supervisor"])
    office.wait_for_url("**/admin")
    office.goto(office.url.partition("/admin")[0] + "/admin/classrooms")
    checks = office.locator("section", has=office.locator("[data-road]")).last
    expect(checks).to_be_visible()
    lesson.shoot(office, "county-sees")
    return checks.inner_text()


def main(folder: Path) -> None:
    """Hold a lesson and close its roads one after the other."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    reserve_relay_ports()
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        settings = stack.enter_context(relay(folder / "turn"))
        platform = Platform(
            folder, free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM), more=settings
        )
        platform.start()
        stack.callback(platform.stop)
        playwright = stack.enter_context(sync_playwright())
        lesson = Lesson(
            playwright, platform, samples.prepare(), Facts(), ROOT / "var" / "e2e" / "roads"
        )
        stack.callback(lesson.close)
        roads = Filter(platform.media_port)
        lesson.prepare()
        page = lesson.teacher
        page.goto(platform.url.replace("localhost", "teacher.localhost") + "/check")
        expect(page.locator("[data-verdict]")).to_be_visible()
        for name, closed in (
            ("all open", ()),
            ("no udp", ("udp",)),
            ("no udp, no tcp", ("udp", "tcp")),
        ):
            roads.close(*closed)
            picture = "check-" + name.replace(", ", "-").replace(" ", "-")
            for _ in range(_CHECKS if not closed else 1):
                found[name] = check(page, lambda name: lesson.shoot(page, name), picture)
                if "不通" not in found[name]["others"]:
                    break
        roads.close()
        found["county sees"] = seen_by_county(lesson, platform)
        page.goto(platform.url.replace("localhost", "teacher.localhost") + "/teach")
        lesson.start()
        lesson.join()
        lesson.speak()
        found["at first"] = [roads_in(read(each)) for each in pages_of(lesson).values()]
        found["udp closed"] = back_after(lesson, lambda: roads.close("udp"), {"tcp", "turn"})
        time.sleep(3)
        found["tcp closed too"] = back_after(lesson, lambda: roads.close("udp", "tcp"), {"turn"})
        time.sleep(3)
        found["all open again"] = back_after(lesson, roads.close, {"udp"}, SEARCHED_WITHIN_S)
    print(json.dumps(found, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
