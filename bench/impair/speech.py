"""Known speech: what is sent, and how much of it is understood at the other end.

Intelligibility is judged as short-time measures do (Taal and others 2011, simplified): in each
400 ms the envelopes of a few bands are compared by correlation with those of the speech that
was sent. What is only quieter, or a little late, scores 1; noise, silence and other speech
score near 0. Pauses are taken out of the speech first, so that any silence is a gap.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

RATE = 16_000
FRAME_S = 0.01
_FRAME = int(RATE * FRAME_S)
# Centres of the bands that carry speech, in Hz; each about an octave wide.
_BANDS = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
_BAND_Q = 1.414
_LONGEST_PAUSE_S = 0.06
_PAUSE_LEVEL = 0.08  # of the mean level: below this nobody speaks
_SEGMENT = 40
_DRIFT = 40  # frames a jitter buffer may stretch or shorten the speech within a phase
_OPUS_RATE = 48_000
_OPUS_SAMPLES = 960

Envelopes = list[list[float]]
"""Level of each band, every 10 ms."""


def read_wav(path: Path, *, rate: int = RATE) -> "array[int]":
    """Return a sound file as mono samples of 16 bits at `rate`."""
    samples = array("h")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            for part in resampler.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    return samples


def level(samples: Sequence[int]) -> float:
    """Return the root of the mean square."""
    if not samples:
        return 0.0
    return math.sqrt(sum(value * value for value in samples) / len(samples))


def without_pauses(samples: "array[int]", *, rate: int) -> "array[int]":
    """Return the speech with every pause shortened to 60 ms."""
    size = int(rate * FRAME_S)
    frames = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
    quiet = _PAUSE_LEVEL * level(samples)
    kept = array("h")
    pause = 0
    for frame in frames:
        pause = pause + 1 if level(frame) < quiet else 0
        if pause * FRAME_S <= _LONGEST_PAUSE_S:
            kept.extend(frame)
    return kept


def encode_opus(samples: "array[int]") -> list[bytes]:
    """Encode mono speech at 48 kHz as packets of 20 ms, with in-band FEC as browsers send it."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate = _OPUS_RATE
    encoder.layout = "mono"
    encoder.format = av.AudioFormat("s16")
    encoder.bit_rate = 32_000
    encoder.options = {"application": "voip", "packet_loss": "10", "fec": "1"}
    packets: list[bytes] = []
    for number in range(len(samples) // _OPUS_SAMPLES):
        frame = av.AudioFrame("s16", "mono", _OPUS_SAMPLES)
        frame.sample_rate = _OPUS_RATE
        frame.pts = number * _OPUS_SAMPLES
        part = samples[number * _OPUS_SAMPLES : (number + 1) * _OPUS_SAMPLES]
        frame.planes[0].update(part.tobytes())
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def _band(samples: Sequence[float], centre_hz: float) -> list[float]:
    """Return the level of one band every 10 ms (a biquad band-pass of constant peak gain)."""
    omega = 2 * math.pi * centre_hz / RATE
    alpha = math.sin(omega) / (2 * _BAND_Q)
    scale = 1 + alpha
    b0, a1, a2 = alpha / scale, -2 * math.cos(omega) / scale, (1 - alpha) / scale
    x1 = x2 = y1 = y2 = 0.0
    levels = []
    for start in range(0, len(samples) - _FRAME + 1, _FRAME):
        energy = 0.0
        for x in samples[start : start + _FRAME]:
            y = b0 * (x - x2) - a1 * y1 - a2 * y2
            x2, x1, y2, y1 = x1, x, y1, y
            energy += y * y
        levels.append(math.sqrt(energy / _FRAME))
    return levels


def envelopes(samples: Sequence[float]) -> Envelopes:
    """Return the bands' levels of mono samples at 16 kHz."""
    return [_band(samples, centre) for centre in _BANDS]


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return top / spread if spread > 0 else 0.0


def _looped(band: Sequence[float], start: int, count: int) -> list[float]:
    return [band[(start + i) % len(band)] for i in range(count)]


def alignment(heard: Envelopes, sent: Envelopes) -> int:
    """Return at which frame of the endlessly repeated speech what was heard begins."""
    sum_heard = [sum(levels) for levels in zip(*heard, strict=True)]
    sum_sent = [sum(levels) for levels in zip(*sent, strict=True)]
    # Every fourth frame tells enough to find the place, and is sixteen times quicker.
    coarse = sum_heard[::4]
    return max(
        range(0, len(sum_sent), 4),
        key=lambda lag: _correlation(
            coarse, [sum_sent[(lag + 4 * i) % len(sum_sent)] for i in range(len(coarse))]
        ),
    )


@dataclass(frozen=True, slots=True)
class Understood:
    """How well speech came through: the mean score (0..1), and the longest gap."""

    score: float
    longest_gap_s: float


def understand(heard_samples: Sequence[int], sent: Envelopes) -> Understood:
    """Judge mono samples at 16 kHz against the bands of the speech sent in a loop."""
    heard = envelopes([float(value) for value in heard_samples])
    frames = len(heard[0])
    if frames < 2 * _SEGMENT:
        return Understood(math.nan, math.inf)
    start = alignment(heard, sent)
    scores = []
    for at in range(0, frames - _SEGMENT + 1, _SEGMENT):
        lags = range(start + at - _DRIFT, start + at + _DRIFT + 1, 2)
        scores.append(max(_segment_score(heard, sent, at, lag) for lag in lags))
    return Understood(sum(scores) / len(scores), longest_gap_s(heard, sent))


def _segment_score(heard: Envelopes, sent: Envelopes, at: int, lag: int) -> float:
    found = [
        _correlation(band[at : at + _SEGMENT], _looped(reference, lag, _SEGMENT))
        for band, reference in zip(heard, sent, strict=True)
    ]
    return max(0.0, sum(found) / len(found))


def longest_gap_s(heard: Envelopes, sent: Envelopes) -> float:
    """Return the longest time in which nearly nothing was heard, in seconds."""
    loud = sorted(sum(levels) for levels in zip(*sent, strict=True))
    # The level at which the speech that was sent lies nine tenths of the time.
    quiet = 0.5 * loud[len(loud) // 10]
    longest = run = 0
    for levels in zip(*heard, strict=True):
        run = run + 1 if sum(levels) < quiet else 0
        longest = max(longest, run)
    return longest * FRAME_S
