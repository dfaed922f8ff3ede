"""Reports of lines for tests: a good one, and what can be wrong with it."""

from collections.abc import Sequence

from media.core.ids import PeerId, Source, TrackKey
from media.interface import LinkReport, PlannedTrack

CAMERA = TrackKey(PeerId("hub"), Source.CAMERA)
SCREEN = TrackKey(PeerId("hub"), Source.SCREEN)
VOICE = TrackKey(PeerId("hub"), Source.MICROPHONE)


def planned(track: TrackKey, layer: int | None = 0, top_layer: int = 2) -> PlannedTrack:
    return PlannedTrack(track, layer, top_layer, 0.0 if layer is None else 300.0)


ALL_SENT = (planned(VOICE, 0, 0), planned(SCREEN, 1, 1), planned(CAMERA, 2))
NO_CAMERA = (planned(VOICE, 0, 0), planned(SCREEN, 1, 1), planned(CAMERA, None))
SOUND_ONLY = (planned(VOICE, 0, 0), planned(SCREEN, None, 1), planned(CAMERA, None))


def report(
    up: float | None = 0.0,
    down: float | None = 0.0,
    *,
    rtt_ms: float | None = 40.0,
    plan: Sequence[PlannedTrack] = (),
    estimate: float | None = None,
    budget: float | None = None,
) -> LinkReport:
    return LinkReport(
        rtt_ms=rtt_ms,
        loss_up=up,
        loss_down=down,
        kbps_up=400,
        kbps_down=2000,
        estimate_down_kbps=estimate,
        budget_down_kbps=budget,
        plan=tuple(plan),
    )
