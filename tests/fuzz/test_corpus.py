"""Replay the kept corpus: what once reached new code, or once broke a parser."""

import random

import pytest

from tests.fuzz import corpus
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_kept_breaks_a_parser(target: str) -> None:
    kept = corpus.load(target)
    assert set(seeds()[target]) <= set(kept), "run `make fuzz KEEP=1`: seeds are part of the corpus"
    for data in kept:
        TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_near_the_corpus_breaks_a_parser(target: str) -> None:
    """Cut, flip and join what is kept: cheap, seeded, and never the same as the corpus itself."""
    kept = corpus.load(target)
    dice = random.Random(target)
    for _ in range(300):
        data = bytearray(dice.choice(kept))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data) + 1)
            match dice.randrange(4):
                case 0:
                    del data[at:]
                case 1:
                    data[at:at] = dice.randbytes(dice.randint(1, 4))
                case 2:
                    data += dice.choice(kept)[at:]
                case _ if at < len(data):
                    data[at] ^= 1 << dice.randrange(8)
        TARGETS[target](bytes(data[:16_384]))


def test_a_corpus_comes_back_as_it_was_kept(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def] # pytest's own fixtures
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    assert corpus.load("stun") == []
    assert corpus.keep("stun", [b"\x02\x01", b"", b"\x00", b"\x00"]) == 3
    assert corpus.load("stun") == [b"", b"\x00", b"\x02\x01"]
