"""A clapper before the teacher's camera: its picture and its sound in the sealed recording."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from media.recorder.manifest import read_epochs
from media.recorder.timeline import read_index
from tests.e2e.clapper import Apart, Claps, apart
from tests.e2e.facts import Facts
from tests.e2e.measure import STEP_TIMEOUT_S
from tests.e2e.platform_process import Platform
from tests.e2e.short_lesson import FEWEST, noted
from tests.e2e.taught.conftest import Taught
from tests.media.decoding import beeps, flashes

PLAYED_CLAPS = 5
#: What a recording may be out of step, and to what the source is known on a busy machine: its fake
#: devices give pictures and sound each when they come to it.
RECORDED_WITHIN_S, MEASURED_WITHIN_S = 0.040, 0.020
#: Detectability of ITU-R BT.1359-1: sound 45 ms early, 125 ms late.
HEARD_EARLY_S, HEARD_LATE_S = 0.045, 0.125

#: Not those of the first pictures, which grow: they last some hundredths of a second.
_PLAYING = """
() => [...document.querySelectorAll('video[data-seat="hub"][data-source="camera"]')]
  .find((media) => !media.paused && media.readyState > 2 && media.duration > 5)
"""

_HEARD = """
(claps) => Object.values(window.__clapper.player).every((noted) => noted.length >= claps)
"""


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_flash_and_beep_stay_together_in_the_recording_and_its_player(
    taught: Taught, office: Page
) -> None:
    facts = Facts()
    source = taught.source
    clip = _longest(taught.platform, taught.session_id)
    kept = Claps(tuple(flashes(clip.file)), tuple(beeps(clip.file)))
    since = Claps(
        tuple(at - clip.began_at for at in source.flashes),
        tuple(at - clip.began_at for at in source.beeps),
    )
    within_s = RECORDED_WITHIN_S + MEASURED_WITHIN_S
    recorded_late = apart(kept, since)
    _compare("recording", recorded_late, facts, early_s=within_s)
    origin = "/".join(office.url.split("/")[:3])
    office.goto(f"{origin}/replay/{taught.session_id}")
    office.get_by_role("button", name=re.compile("播放")).first.click()
    office.wait_for_function(_PLAYING)
    office.evaluate(f"() => window.__clapper.listen(({_PLAYING})())")
    office.wait_for_function(_HEARD, arg=PLAYED_CLAPS, timeout=1000 * STEP_TIMEOUT_S)
    played_late = apart(noted(office, "player"), since)
    _compare("player", played_late, facts, early_s=HEARD_EARLY_S, late_s=HEARD_LATE_S)
    facts.require_all_right()


@dataclass(frozen=True)
class _Clip:
    """A file of the recording. `began_at`: in seconds since 1970."""

    file: Path
    began_at: float


def _longest(platform: Platform, session_id: str) -> _Clip:
    """Return the teacher's clip.

    Each change of the picture's size begins another: as a camera starts there are some of few
    pictures.
    """
    (folder,) = (platform.folder / "recordings").glob(f"*/{session_id}")
    (epoch,) = read_epochs(folder)
    assert epoch.zero_at is not None
    longest = max(read_index(folder / "replay").clips, key=lambda clip: clip.duration_s)
    return _Clip(folder / "replay" / longest.file, epoch.zero_at.timestamp() + longest.start_s)


def _compare(
    where: str, found: Apart, facts: Facts, *, early_s: float, late_s: float | None = None
) -> None:
    late_s = early_s if late_s is None else late_s
    facts.add(
        f"lip-sync error of the {where}",
        found,
        expected=f"{-1000 * early_s:+.0f} to {1000 * late_s:+.0f} ms, of {FEWEST} claps at least",
        is_right=-early_s <= found.middle_s <= late_s and len(found.each_s) >= FEWEST,
    )
