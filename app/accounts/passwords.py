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
    if _is_sequence(folded):
        broken.append("sequence")
    if any(w in folded and len(folded) - len(w) <= _MAX_AROUND_COMMON for w in _COMMON):
        broken.append("common")
    if any(len(own := fold(word)) >= 2 and own in folded for word in own_words):
        broken.append("own_name")
    return broken


def _is_sequence(folded: str) -> bool:
    """Return whether every character follows the one before it by the same small step."""
    steps = {ord(b) - ord(a) for a, b in pairwise(folded)}
    return len(folded) > 1 and len(steps) == 1 and abs(steps.pop()) <= 2


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
