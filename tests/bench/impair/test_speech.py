"""The judge of speech: what a listener could follow scores high, what nobody could does not."""

import math
import random
from array import array
from collections.abc import Callable

import pytest

from bench.impair import speech
from bench.impair.speech import RATE, Envelopes, encode_opus, understand, without_pauses
from bench.impair.web_rows import INTELLIGIBLE

SECONDS = 6


def babble(seed: int, seconds: float = SECONDS) -> "array[int]":
    """Something like speech: syllables of changing pitch, colour and loudness, and pauses."""
    rng = random.Random(seed)
    samples = array("h")
    while len(samples) < seconds * RATE:
        length = rng.randrange(RATE // 12, RATE // 4)
        if rng.random() < 0.1:
            samples.extend([0] * length)
            continue
        pitch, loud = rng.uniform(90, 260), rng.uniform(2000, 9000)
        tones = [(pitch * rng.randrange(1, 22), rng.random()) for _ in range(5)]
        for n in range(length):
            shape = math.sin(math.pi * n / length)
            wave = sum(weight * math.sin(2 * math.pi * f * n / RATE) for f, weight in tones)
            samples.append(max(-32000, min(32000, round(loud * shape * wave / 2))))
    return samples[: round(seconds * RATE)]


@pytest.fixture(scope="module")
def sent() -> "array[int]":
    return without_pauses(babble(1), rate=RATE)


@pytest.fixture(scope="module")
def bands(sent: "array[int]") -> Envelopes:
    return speech.envelopes([float(value) for value in sent])


def looped(sent: "array[int]", start_s: float, seconds: float) -> "array[int]":
    start = round(start_s * RATE)
    return array("h", [sent[(start + n) % len(sent)] for n in range(round(seconds * RATE))])


def with_losses(samples: "array[int]", share: float, seed: int = 1) -> "array[int]":
    rng, found = random.Random(seed), array("h", samples)
    for at in range(0, len(found) - 320, 320):
        if rng.random() < share:
            found[at : at + 320] = array("h", [0] * 320)
    return found


@pytest.mark.parametrize("start_s", [0.0, 1.7, 4.9])
def test_the_speech_itself_is_understood_wherever_the_loop_is(
    sent: "array[int]", bands: Envelopes, start_s: float
) -> None:
    found = understand(looped(sent, start_s, 4), bands)
    assert found.score > 0.95
    assert found.longest_gap_s <= 0.15


def test_quieter_is_as_good(sent: "array[int]", bands: Envelopes) -> None:
    quiet = array("h", [value // 2 for value in looped(sent, 1, 4)])
    assert understand(quiet, bands).score > 0.95


def test_more_loss_is_understood_less(sent: "array[int]", bands: Envelopes) -> None:
    whole = looped(sent, 1, 4)
    scores = [understand(with_losses(whole, share), bands).score for share in (0, 0.2, 0.5, 0.8)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > INTELLIGIBLE > scores[-1]


@pytest.mark.parametrize(
    "made",
    [
        lambda _: array("h", [0] * (4 * RATE)),
        lambda _: array("h", [random.Random(2).randrange(-4000, 4000) for _ in range(4 * RATE)]),
        lambda _: babble(7, 4),
        lambda whole: with_losses(whole, 0.8),
    ],
    ids=["silence", "noise", "other speech", "shreds"],
)
def test_what_nobody_could_follow_is_not_understood(
    sent: "array[int]", bands: Envelopes, made: "Callable[[array[int]], array[int]]"
) -> None:
    assert understand(made(looped(sent, 1, 4)), bands).score < INTELLIGIBLE


def test_a_gap_is_seen_with_its_length(sent: "array[int]", bands: Envelopes) -> None:
    broken = looped(sent, 1, 4)
    broken[2 * RATE : 2 * RATE + RATE // 2] = array("h", [0] * (RATE // 2))
    assert understand(broken, bands).longest_gap_s == pytest.approx(0.5, abs=0.15)


def test_too_little_to_judge_is_not_understood(bands: Envelopes) -> None:
    found = understand(array("h", [0] * 100), bands)
    assert math.isnan(found.score)
    assert math.isinf(found.longest_gap_s)


def test_pauses_are_shortened_and_nothing_else(sent: "array[int]") -> None:
    paused = array("h", [*sent[:RATE], *[0] * RATE, *sent[RATE : 2 * RATE]])
    kept = without_pauses(paused, rate=RATE)
    assert 2 * RATE * 0.85 < len(kept) < 2 * RATE + 0.1 * RATE


def test_opus_packets_are_of_20_ms() -> None:
    packets = encode_opus(array("h", [0] * 48_000))
    assert len(packets) == 50
    assert all(packets)
