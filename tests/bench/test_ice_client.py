"""The peer's ICE, against a scripted other side; no socket, no clock."""

import itertools
import random

import pytest
from aioice import stun

from bench.ice_client import Address, IceClient
from bench.session_description import Candidate

HERE: Address = ("127.0.0.1", 5000)
SERVER: Address = ("127.0.0.1", 7882)
OTHER: Address = ("127.0.0.1", 9999)
REMOTE_PASSWORD = "remote-password-of-24-chr"


class Harness:
    """An IceClient and everything it sent."""

    def __init__(self, *addresses: Address) -> None:
        self.sent: list[tuple[stun.Message, Address]] = []
        self.client = IceClient(
            rng=random.Random(7),
            send=lambda data, to: self.sent.append((stun.parse_message(data), to)),
        )
        self.client.start(
            ufrag="remote",
            password=REMOTE_PASSWORD,
            candidates=[Candidate(*address) for address in addresses],
            now=0.0,
        )

    def answer(self, request: stun.Message, *, now: float, password: str = REMOTE_PASSWORD) -> bool:
        response = stun.Message(
            stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id
        )
        response.attributes["XOR-MAPPED-ADDRESS"] = HERE
        response.add_message_integrity(password.encode())
        return self.client.handle_datagram(bytes(response), SERVER, now)


def test_a_check_is_authenticated_and_names_both_sides() -> None:
    harness = Harness(SERVER)
    harness.client.handle_timer(0.0)
    (request, address) = harness.sent[0]
    assert address == SERVER
    assert request.attributes["USERNAME"] == f"remote:{harness.client.ufrag}"
    assert request.check_message_integrity(REMOTE_PASSWORD.encode())
    assert "USE-CANDIDATE" not in request.attributes
    assert "ICE-CONTROLLING" in request.attributes


def test_the_first_answer_selects_and_is_nominated_at_once() -> None:
    harness = Harness(OTHER, SERVER)
    harness.client.handle_timer(0.0)
    assert harness.answer(harness.sent[1][0], now=0.01)
    assert harness.client.selected == SERVER
    assert harness.client.mapped == HERE
    harness.client.handle_timer(0.01)
    nominations = [to for message, to in harness.sent if "USE-CANDIDATE" in message.attributes]
    assert nominations == [SERVER]


def test_after_nomination_only_consent_is_kept() -> None:
    harness = Harness(OTHER, SERVER)
    harness.client.handle_timer(0.0)
    harness.answer(harness.sent[1][0], now=0.01)
    harness.client.handle_timer(0.01)
    nomination = next(m for m, _ in harness.sent if "USE-CANDIDATE" in m.attributes)
    assert not harness.answer(nomination, now=0.02)
    harness.sent.clear()
    harness.client.handle_timer(1.0)
    assert harness.sent == []
    deadline = harness.client.deadline()
    assert deadline is not None
    assert deadline == pytest.approx(0.02 + 2.5)
    harness.client.handle_timer(deadline)
    assert [to for _, to in harness.sent] == [SERVER]
    assert harness.client.has_consent(30.0)
    assert not harness.client.has_consent(30.1)


def test_a_forged_answer_selects_nothing() -> None:
    harness = Harness(SERVER)
    harness.client.handle_timer(0.0)
    assert not harness.answer(harness.sent[0][0], now=0.01, password="guessed")
    assert harness.client.selected is None
    assert harness.client.answers_received == 0


def test_an_answer_nobody_asked_for_selects_nothing() -> None:
    harness = Harness(SERVER)
    stranger = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    assert not harness.answer(stranger, now=0.0)
    assert not harness.client.handle_datagram(b"\x00\x01garbage", SERVER, 0.0)
    assert harness.client.selected is None


def test_an_error_answer_is_kept_for_the_test_to_see() -> None:
    harness = Harness(SERVER)
    harness.client.handle_timer(0.0)
    refusal = stun.Message(
        stun.Method.BINDING, stun.Class.ERROR, transaction_id=harness.sent[0][0].transaction_id
    )
    refusal.attributes["ERROR-CODE"] = (487, "Role Conflict")
    refusal.add_message_integrity(REMOTE_PASSWORD.encode())
    harness.client.handle_datagram(bytes(refusal), SERVER, 0.0)
    assert harness.client.error_codes == [487]
    assert harness.client.selected is None


def test_checks_of_the_other_side_are_answered_when_they_authenticate() -> None:
    harness = Harness(SERVER)
    for password, answered in ((harness.client.password, 1), ("wrong", 1)):
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{harness.client.ufrag}:remote"
        request.add_message_integrity(password.encode())
        harness.client.handle_datagram(bytes(request), OTHER, 0.0)
        assert harness.client.checks_answered == answered
    (response, address) = harness.sent[0]
    assert response.message_class == stun.Class.RESPONSE
    assert address == OTHER
    assert response.attributes["XOR-MAPPED-ADDRESS"] == OTHER


def test_unanswered_checks_are_repeated_with_back_off() -> None:
    harness = Harness(SERVER)
    times = []
    for _ in range(8):
        deadline = harness.client.deadline()
        assert deadline is not None
        times.append(deadline)
        harness.client.handle_timer(deadline)
    gaps = [round(b - a, 3) for a, b in itertools.pairwise(times)]
    assert gaps == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 1.6]


def test_new_credentials_start_the_checks_again_and_the_same_ones_do_not() -> None:
    harness = Harness(SERVER)
    harness.client.handle_timer(0.0)
    harness.answer(harness.sent[0][0], now=0.01)
    harness.client.handle_timer(0.01)
    harness.answer(harness.sent[-1][0], now=0.02)
    quiet_until = harness.client.deadline()
    same = {"ufrag": "remote", "password": REMOTE_PASSWORD}
    harness.client.start(**same, candidates=[Candidate(*SERVER)], now=1.0)
    assert harness.client.deadline() == quiet_until
    harness.client.start(
        ufrag="again", password=REMOTE_PASSWORD, candidates=[Candidate(*SERVER)], now=1.0
    )
    assert harness.client.deadline() == 1.0
