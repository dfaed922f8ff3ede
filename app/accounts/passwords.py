"""Passwords: what is strong enough, and hashing that never holds up the event loop."""

import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_LENGTH = 12
MAX_LENGTH = 128
MIN_DIFFERENT_CHARACTERS = 5

# Words that make up most guessable passwords; one of them with a few characters around it is weak.
_COMMON = frozenset(
    {
        *("password", "passw0rd", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx"),
        *("123456", "654321", "123123", "111111", "000000", "666666", "888888", "5201314"),
        *("abc123", "iloveyou", "admin", "administrator", "letmein", "welcome"),
        *("teacher", "student", "school", "classroom", "laoshi", "xuexiao", "jiaoshi"),
        *("woaini", "zhongguo", "woaizhongguo", "sange-ketang", "sangeketang"),
    }
)
_MAX_AROUND_COMMON = 6


def fold(text: str) -> str:
    """Return text as it is compared: NFKC, without case, without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def weaknesses(password: str, *, own_words: Iterable[str]) -> list[str]:
    """Return the names of the rules broken; empty: strong enough.

    They are `too_short`, `too_long`, `too_few_characters`, `sequence`, `common`, `own_name`.
    Length and uncommonness are asked for, a mixture of character classes is not (NIST
    SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2.5).
    """
    folded = fold(password)
    broken = []
    if len(password) < MIN_LENGTH:
        broken.append("too_short")
    if len(password) > MAX_LENGTH:
        broken.append("too_long")
    if len(set(folded)) < MIN_DIFFERENT_CHARACTERS:
        broken.append("too_few_characters")
    if _is_sequence(folded) or _is_repetition(folded):
        broken.append("sequence")
    has_common = any(w in folded and len(folded) - len(w) <= _MAX_AROUND_COMMON for w in _COMMON)
    if has_common or folded.isdigit():  # digits: a telephone number, an identity card's, dates
        broken.append("common")
    if any(len(own := fold(word)) >= 2 and own in folded for word in own_words):
        broken.append("own_name")
    return broken


def _is_sequence(folded: str) -> bool:
    """Return whether most characters equal or follow the one before: `aaabbb`, `78901234`."""
    steps = [_step(a, b) for a, b in pairwise(folded)]
    return 4 * sum(abs(step) <= 1 for step in steps) >= 3 * max(1, len(steps))


def _step(a: str, b: str) -> int:
    around = {"90": 1, "09": -1}  # digits go round
    return around.get(a + b, ord(b) - ord(a))


def _is_repetition(folded: str) -> bool:
    """Return whether it is one short block again and again, its end cut off or not."""
    return any(
        folded == (folded[:size] * len(folded))[: len(folded)]
        for size in range(1, len(folded) // 2 + 1)
    )


class Passwords:
    """Argon2id (RFC 9106) in threads, a few at a time: a hash takes 64 MiB and 0.1 s."""

    def __init__(self, *, memory_kib: int, rounds: int, at_once: int = 2) -> None:
        self._hash = PasswordHash(
            (Argon2Hasher(memory_cost=memory_kib, time_cost=rounds, parallelism=1),)
        )
        self._limiter = CapacityLimiter(at_once)
        # Verified against for names that do not exist, so that they take as long as those that do.
        self._nobodys = self._hash.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await to_thread.run_sync(self._hash.hash, password, limiter=self._limiter)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Return whether the password is right; always takes the time of one verification."""
        is_right = await to_thread.run_sync(
            self._hash.verify, password, stored or self._nobodys, limiter=self._limiter
        )
        return is_right and stored is not None
