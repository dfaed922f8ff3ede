"""What a run of `make bench` shows of the targets: one line each, met or missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.measure import Run, pooled_us_per_packet

OWN, JANUS = "three-classrooms", "janus"
REFERENCE, NATIVE = "reference", "native"
#: What is recorded of a run: nothing, everything, everything on a disk that answers late.
RECORDINGS = OFF, ON, SLOW = "off", "on", "slow"

#: CPU per delivered packet, over that of Janus in the same run, at N=50.
RATIO = {REFERENCE: 0.9, NATIVE: 0.6}
STRETCH_RATIO = 0.4
#: Forward p99 at N=50: beside other work of the event loop, and when idle over that of Janus.
BUSY_P99_MS = 1.0
BUSY = 0.9
IDLE_P99_RATIO = 1.5
#: Forward p99 while everything is recorded, over that of the same run without: milliseconds more.
RECORDING_MS = 1.0
#: The sizes of room the targets are about.
ROOM, LARGE_ROOM = 50, 200
#: Less than this reached the subscribers: the figures are of an overloaded run, not of its cost.
LEAST_DELIVERED = 0.999


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target, what came out, and whether that meets it; None: it is no target."""

    text: str
    is_met: bool | None

    def __str__(self) -> str:
        """Return the printed line."""
        word = {True: "PASS", False: "FAIL", None: "    "}[self.is_met]
        return f"{word} {self.text}"


def chosen(
    runs: Sequence[Run],
    server: str,
    subscribers: int,
    *,
    plane: str = "",
    busy: float = 0.0,
    recording: str = OFF,
) -> list[Run]:
    """Return the rounds of one row; Janus has neither planes nor other work."""
    row = (server, subscribers, plane, busy, recording)
    return [
        run
        for run in runs
        if (run.server, run.subscribers, run.plane, run.busy, run.recording) == row
    ]


def least_p99_ms(runs: Sequence[Run]) -> float:
    """Return the p99 delay of the quietest round: the others tell of the machine's neighbours."""
    return min(run.delay_p99_ms for run in runs)


def ratios(runs: Sequence[Run]) -> dict[tuple[str, int], float]:
    """Return, per plane and number of subscribers, our idle CPU per packet over Janus's."""
    found = {}
    for subscribers in sorted({run.subscribers for run in runs}):
        peer = chosen(runs, JANUS, subscribers)
        for plane in RATIO:
            own = chosen(runs, OWN, subscribers, plane=plane)
            if own and peer:
                found[plane, subscribers] = pooled_us_per_packet(own) / pooled_us_per_packet(peer)
    return found


def verdicts(runs: Sequence[Run]) -> list[Verdict]:
    """Judge every target these runs say something of, and name what did not arrive."""
    return [
        *_delivered(runs),
        *_costs(runs),
        *_delays(runs),
        *_growth(runs),
        *_stored(runs),
        *_recordings(runs),
    ]


def _delivered(runs: Sequence[Run]) -> Iterator[Verdict]:
    for run in runs:
        if run.delivery_ratio >= LEAST_DELIVERED:
            continue
        # Beside other work one interpreter has not the time for a large room: the plane in C has.
        is_ours = run.server == OWN and not (run.plane == REFERENCE and run.busy)
        text = f"{label(run)} N={run.subscribers}: only {100 * run.delivery_ratio:.2f} % arrived"
        yield Verdict(text, False if is_ours else None)


def _costs(runs: Sequence[Run]) -> Iterator[Verdict]:
    for (plane, subscribers), ratio in ratios(runs).items():
        text = f"{plane}: CPU per packet over Janus's at N={subscribers}: {ratio:.2f}"
        if subscribers != ROOM:
            yield Verdict(text, None)
            continue
        target = f"target <= {RATIO[plane]}"
        if plane == NATIVE:
            target += f", stretch {STRETCH_RATIO}"
        yield Verdict(f"{text} ({target})", ratio <= RATIO[plane])


def _delays(runs: Sequence[Run]) -> Iterator[Verdict]:
    peer = chosen(runs, JANUS, ROOM)
    idle = chosen(runs, OWN, ROOM, plane=REFERENCE)
    busy = chosen(runs, OWN, ROOM, plane=NATIVE, busy=BUSY)
    if busy:
        ms = least_p99_ms(busy)
        yield Verdict(
            f"native: forward p99 at N={ROOM}, event loop {100 * BUSY:.0f} % busy: {ms:.2f} ms "
            f"(target <= {BUSY_P99_MS:.0f} ms)",
            ms <= BUSY_P99_MS,
        )
    if idle and peer:
        own_ms, peer_ms = least_p99_ms(idle), least_p99_ms(peer)
        yield Verdict(
            f"reference: forward p99 at N={ROOM}, idle: {own_ms:.2f} ms, Janus {peer_ms:.2f} ms "
            f"(target <= {IDLE_P99_RATIO} x Janus)",
            own_ms <= IDLE_P99_RATIO * peer_ms,
        )


def _growth(runs: Sequence[Run]) -> Iterator[Verdict]:
    for plane in RATIO:
        small, large = (chosen(runs, OWN, n, plane=plane) for n in (ROOM, LARGE_ROOM))
        if small and large:
            if any(run.delivery_ratio < LEAST_DELIVERED for run in small + large):
                # What was held back cost nothing: no figure of the others says what it would.
                yield Verdict(f"{plane}: N={LARGE_ROOM} against N={ROOM}: not measured", False)
                continue
            small_us, large_us = pooled_us_per_packet(small), pooled_us_per_packet(large)
            yield Verdict(
                f"{plane}: {large_us:.2f} us/packet at N={LARGE_ROOM}, {small_us:.2f} at N={ROOM} "
                "(target: no more)",
                large_us <= small_us,
            )


def _stored(runs: Sequence[Run]) -> Iterator[Verdict]:
    """Name recordings that are not whole: what was not written cost nothing."""
    for run in runs:
        if run.recording == OFF or (run.stored_s >= run.seconds and not run.problem):
            continue
        text = f"{label(run)} N={run.subscribers}: {run.stored_s:.1f} s of {run.seconds:.1f} stored"
        yield Verdict(f"{text}, {run.problem}" if run.problem else text, False)


def _recordings(runs: Sequence[Run]) -> Iterator[Verdict]:
    for plane in RATIO:
        for subscribers in sorted({run.subscribers for run in runs}):
            plain = chosen(runs, OWN, subscribers, plane=plane)
            for recording in (ON, SLOW):
                with_it = chosen(runs, OWN, subscribers, plane=plane, recording=recording)
                if not plain or not with_it:
                    continue
                before, ms = least_p99_ms(plain), least_p99_ms(with_it)
                disk = "recording" if recording == ON else "recording on a slow disk"
                yield Verdict(
                    f"{plane}: forward p99 at N={subscribers} while {disk}: {ms:.2f} ms, without "
                    f"{before:.2f} ms (target: at most {RECORDING_MS:.0f} ms more); "
                    f"{100 * (_cores(with_it) - _cores(plain)):+.1f} % of a core",
                    ms - before <= RECORDING_MS,
                )


def _cores(runs: Sequence[Run]) -> float:
    """Return the processor time of the server per second."""
    return sum(run.cpu_s for run in runs) / sum(run.seconds for run in runs)


def label(run: Run) -> str:
    """Return whose row it is."""
    if run.server != OWN:
        return run.server
    name = f"{run.plane}, busy {100 * run.busy:.0f} %" if run.busy else run.plane
    return {OFF: name, ON: f"{name}, recording", SLOW: f"{name}, slow disk"}[run.recording]
