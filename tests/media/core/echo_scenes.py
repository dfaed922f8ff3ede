"""Rooms for tests of echo: what the hub says, and what a seat sends, as levels of real speech.

Energies of sounds that are not the same add; a room lets each die away exponentially. So the
level of a microphone is that of a sum: what somebody says there, the room's noise, and what its
loudspeaker plays. All randomness is given by the test, which seeds it.
"""

import math
import random

from media.core.echo import SILENCE
from tests.media.speech import FRAME_S, speech_levels

LESSON_S = 40
FRAMES = round(LESSON_S / FRAME_S)
Energies = list[float]


def voices(*languages: str) -> list[list[int]]:
    return [levels for name, levels in speech_levels().items() if name.split("/")[0] in languages]


# Nobody in a classroom says what the hub says at the same time with the same voice.
HUB_VOICES = voices("zh", "en", "ja", "fr", "it")
ROOM_VOICES = voices("es", "hi", "pl", "pt")


def of_level(level: float) -> float:
    return 10 ** (-level / 10) if level < SILENCE else 0.0


def to_level(energy: float) -> int:
    return min(SILENCE, max(0, round(-10 * math.log10(energy + 1e-13))))


def say(into: Energies, at: int, levels: list[int], *, gain_db: float, pace: float = 1.0) -> int:
    """Add one recording; return the frame behind it."""
    length = round(len(levels) * pace)
    for frame in range(min(length, FRAMES - at)):
        heard = levels[min(len(levels) - 1, int(frame / pace))]
        into[at + frame] += of_level(heard - gain_db)
    return at + length


def speech(
    rng: random.Random,
    spoken: list[list[int]],
    *,
    gain_db: float,
    pause_s: tuple[float, float] = (0.2, 1.2),
) -> Energies:
    energies, at = [0.0] * FRAMES, round(rng.uniform(0, 2) / FRAME_S)
    while at < FRAMES:
        at = say(energies, at, rng.choice(spoken), gain_db=gain_db)
        at += round(rng.uniform(*pause_s) / FRAME_S)
    return energies


def noise(rng: random.Random, level: float) -> Energies:
    return [of_level(level + rng.gauss(0, 1)) for _ in range(FRAMES)]


def returned(
    rng: random.Random, hub: Energies, *, delay_s: float, gain_db: float, decay_s: float
) -> Energies:
    """What the room's microphone hears of its loudspeaker: late, reverberant, half suppressed.

    `decay_s`: until the room's sound has fallen by 60 dB. Now and then a canceller takes a
    syllable or two away; an automatic gain wanders by 3 dB.
    """
    delay = round(delay_s / FRAME_S)
    keeps = 10 ** (-6 * FRAME_S / decay_s)
    reverberant, gain, until, suppressed = 0.0, 1.0, 0, 1.0
    energies = []
    for frame in range(FRAMES):
        direct = hub[frame - delay] if frame >= delay else 0.0
        reverberant = reverberant * keeps + direct * (1 - keeps)
        if frame >= until:
            until = frame + rng.randint(5, 25)
            suppressed = of_level(rng.uniform(6, 20)) if rng.random() < 0.2 else 1.0
        gain *= 10 ** (rng.gauss(0, 0.02))
        gain = min(2.0, max(0.5, gain))
        energies.append((direct + reverberant) / 2 * of_level(-gain_db) * gain * suppressed)
    return energies


def sum_of(*parts: Energies) -> list[int]:
    return [to_level(sum(energies)) for energies in zip(*parts, strict=True)]


Scene = tuple[list[int], list[int]]


def an_echo(rng: random.Random, *, talks_over: bool = False) -> Scene:
    hub = speech(rng, HUB_VOICES, gain_db=rng.uniform(-10, 0))
    back = returned(
        rng,
        hub,
        delay_s=rng.uniform(0.08, 1.4),
        gain_db=rng.uniform(-22, -6),
        decay_s=rng.uniform(0.3, 0.8),
    )
    seat = [back, noise(rng, rng.uniform(52, 62))]
    if talks_over:
        seat.append(speech(rng, ROOM_VOICES, gain_db=rng.uniform(-16, -6), pause_s=(2, 6)))
    return sum_of(hub, noise(rng, 65)), sum_of(*seat)


def answers(rng: random.Random) -> Scene:
    """The hub asks, a pupil answers, in turns."""
    hub, seat, at = [0.0] * FRAMES, [0.0] * FRAMES, 0
    while at < FRAMES:
        at = say(hub, at, rng.choice(HUB_VOICES), gain_db=-3) + round(rng.uniform(15, 40))
        if at < FRAMES:
            at = say(seat, at, rng.choice(ROOM_VOICES), gain_db=-9) + round(rng.uniform(15, 40))
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def both_talk(rng: random.Random) -> Scene:
    hub, seat = speech(rng, HUB_VOICES, gain_db=-3), speech(rng, ROOM_VOICES, gain_db=-9)
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def repeats(rng: random.Random) -> Scene:
    """Reading after the teacher: the same words again, at a child's pace, after a breath."""
    hub, seat, at = [0.0] * FRAMES, [0.0] * FRAMES, 0
    short = [levels for levels in HUB_VOICES if len(levels) < 100]
    while at < FRAMES:
        word = rng.choice(short)
        at = say(hub, at, word, gain_db=-3) + round(rng.uniform(0.2, 0.7) / FRAME_S)
        if at < FRAMES:
            at = say(seat, at, word, gain_db=-9, pace=rng.uniform(0.9, 1.2))
            at += round(rng.uniform(0.3, 1.0) / FRAME_S)
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def claps(rng: random.Random) -> Scene:
    """A music lesson: the class claps the beat it hears."""
    hub, seat = [0.0] * FRAMES, [0.0] * FRAMES
    beat, delay = rng.choice([20, 25, 30]), rng.randint(10, 50)
    for at in range(0, FRAMES, beat):
        for after in range(5):
            for into, place, loud in (
                (hub, at, 10),
                (seat, at + delay + rng.randint(-2, 2), 15),
            ):
                if place + after < FRAMES:
                    into[place + after] += of_level(loud + 5 * after)
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def listens(rng: random.Random) -> Scene:
    """Headphones, or a canceller that works: nothing comes back but the room's noise."""
    return sum_of(speech(rng, HUB_VOICES, gain_db=-3)), sum_of(noise(rng, rng.uniform(45, 65)))
