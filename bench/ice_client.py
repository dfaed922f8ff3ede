"""A browser's half of ICE over one UDP socket (RFC 8445), with consent (RFC 7675).

Every candidate of the other side is checked; the first that answers is used and
nominated. Towards an ICE-lite server that is the whole of ICE. Towards a full agent
(Janus without `ice_lite`) its own checks are answered too. No loop and no socket here:
datagrams go out through `send`, time comes in as `now`.
"""

import random
import struct
from collections.abc import Callable

from aioice import stun

from bench.session_description import Candidate

Address = tuple[str, int]

_FIRST_RETRANSMISSION_S = 0.05
_LAST_RETRANSMISSION_S = 1.6
_HOST_PRIORITY = 2122260223 - (1 << 24)  # peer-reflexive type preference (RFC 8445 section 7.1.1)


class IceClient:
    """Finds a working address, keeps consent, answers the other side's checks.

    `selected` is the address to send to, None before the first authenticated answer;
    `rtt_s` how long the last answer took, None before it.
    """

    def __init__(
        self,
        *,
        rng: random.Random,
        send: Callable[[bytes, Address], None],
        consent_interval_s: float = 2.5,
        consent_timeout_s: float = 30.0,
    ) -> None:
        self._rng = rng
        self._send = send
        self._consent_interval_s = consent_interval_s
        self._consent_timeout_s = consent_timeout_s
        self._tie_breaker = rng.getrandbits(64)
        self._transactions: dict[bytes, tuple[Address, bool, str, float]] = {}
        self._candidates: list[Candidate] = []
        self._remote_ufrag = ""
        self._remote_password = ""
        self._next_at: float | None = None
        self._interval_s = _FIRST_RETRANSMISSION_S
        self._last_answer_at = 0.0
        self._is_nominated = False
        self.is_controlling = True
        self.selected: Address | None = None
        self.mapped: Address | None = None
        self.rtt_s: float | None = None
        self.answers_received = 0
        self.checks_answered = 0
        self.error_codes: list[int] = []
        self.renew_credentials()

    def renew_credentials(self) -> None:
        """Draw a new ufrag and password: the first step of an ICE restart."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        self.ufrag = "".join(self._rng.choices(alphabet, k=8))
        self.password = "".join(self._rng.choices(alphabet, k=24))

    def start(self, *, ufrag: str, password: str, candidates: list[Candidate], now: float) -> None:
        """Begin (or, with new credentials, restart) checking `candidates`."""
        if (ufrag, password) == (self._remote_ufrag, self._remote_password):
            return
        self._remote_ufrag, self._remote_password = ufrag, password
        self._candidates = candidates
        self._is_nominated = False
        self._interval_s = _FIRST_RETRANSMISSION_S
        self._last_answer_at = now
        self._next_at = now
        self._transactions.clear()

    def check_others(self, candidates: list[Candidate], now: float) -> None:
        """Look for another address among `candidates`, with the same credentials."""
        self._candidates = candidates
        self._is_nominated = False
        self.selected = None
        self._interval_s = _FIRST_RETRANSMISSION_S
        self._next_at = now

    def check_soon(self, now: float) -> None:
        """Send a check at the next `handle_timer`: our address has changed."""
        if self._next_at is not None:
            self._next_at = now

    def has_consent(self, now: float) -> bool:
        """Return False once the other side has not answered for the consent time-out."""
        return now - self._last_answer_at < self._consent_timeout_s

    def deadline(self) -> float | None:
        """Return when `handle_timer` is next due, None before `start`."""
        return self._next_at

    def handle_timer(self, now: float) -> None:
        """Send the checks that are due."""
        if self._next_at is None or now < self._next_at:
            return
        if self._is_nominated and self.selected is not None:
            self._check(self.selected, now, nominate=False)
            # Randomised as RFC 7675 section 5.1 asks, so peers do not check in step.
            self._next_at = now + self._consent_interval_s * self._rng.uniform(0.8, 1.2)
            return
        if self.selected is not None:
            self._check(self.selected, now, nominate=True)
        for candidate in self._candidates:
            if (candidate.host, candidate.port) != self.selected:
                self._check((candidate.host, candidate.port), now, nominate=False)
        self._next_at = now + self._interval_s
        self._interval_s = min(self._interval_s * 2, _LAST_RETRANSMISSION_S)

    def _check(self, address: Address, now: float, *, nominate: bool) -> None:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._remote_ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = _HOST_PRIORITY
        if self.is_controlling:
            request.attributes["ICE-CONTROLLING"] = self._tie_breaker
            if nominate:
                request.attributes["USE-CANDIDATE"] = None
        else:
            request.attributes["ICE-CONTROLLED"] = self._tie_breaker
        request.add_message_integrity(self._remote_password.encode())
        if len(self._transactions) > 64:
            self._transactions.clear()
        self._transactions[request.transaction_id] = (
            address,
            nominate,
            self._remote_password,
            now,
        )
        self._send(bytes(request), address)

    def handle_datagram(self, data: bytes, address: Address, now: float) -> bool:
        """Take a STUN datagram; return True when it selected an address for the first time."""
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            return False
        if message.message_class == stun.Class.REQUEST:
            self._answer(message, address)
            return False
        transaction = self._transactions.pop(message.transaction_id, None)
        if transaction is None:
            return False
        destination, nominated, password, sent_at = transaction
        if message.message_class == stun.Class.ERROR:
            self.error_codes.append(message.error_code or 0)
            return False
        # An answer that anyone could have forged is not an answer (RFC 8445 section 7.2.5).
        if not message.check_message_integrity(password.encode()):
            return False
        self.answers_received += 1
        self._last_answer_at = now
        self.rtt_s = now - sent_at
        self.mapped = message.attributes.get("XOR-MAPPED-ADDRESS")
        return self._succeeded(destination, nominated=nominated, now=now)

    def _succeeded(self, destination: Address, *, nominated: bool, now: float) -> bool:
        is_first = self.selected is None
        if is_first:
            self.selected = destination
        if nominated or not self.is_controlling:
            if not self._is_nominated:
                self._next_at = now + self._consent_interval_s
            self._is_nominated = True
        elif not self._is_nominated:
            self.selected = destination
            self._next_at = now  # nominate at once
        return is_first

    def _answer(self, request: stun.Message, address: Address) -> None:
        username = request.attributes.get("USERNAME", "")
        if not username.startswith(self.ufrag + ":") or not request.check_message_integrity(
            self.password.encode()
        ):
            return
        response = stun.Message(
            stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id
        )
        response.attributes["XOR-MAPPED-ADDRESS"] = address
        response.add_message_integrity(self.password.encode())
        self.checks_answered += 1
        self._send(bytes(response), address)
