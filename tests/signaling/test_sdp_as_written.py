"""Session descriptions cross the wire untouched: without its last CRLF Chromium refuses one."""

import pytest

from signaling.messages import (
    Publish,
    PublishAnswer,
    Say,
    SubscribeAnswer,
    SubscribeOffer,
    client_message_adapter,
    server_message_adapter,
)

SDP = "v=0\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"


@pytest.mark.parametrize(
    "message", [Publish(sdp=SDP, sources={}), SubscribeAnswer(revision=1, sdp=SDP)]
)
def test_a_clients_sdp_keeps_its_last_line_end(message: Publish | SubscribeAnswer) -> None:
    received = client_message_adapter.validate_json(message.model_dump_json())
    assert isinstance(received, Publish | SubscribeAnswer)
    assert received.sdp == SDP


@pytest.mark.parametrize(
    "message", [PublishAnswer(ref=1, sdp=SDP), SubscribeOffer(revision=1, sdp=SDP, tracks=())]
)
def test_the_servers_sdp_keeps_its_last_line_end(message: PublishAnswer | SubscribeOffer) -> None:
    sent = server_message_adapter.validate_json(message.model_dump_json())
    assert isinstance(sent, PublishAnswer | SubscribeOffer)
    assert sent.sdp == SDP


def test_other_text_is_still_stripped() -> None:
    assert Say(text=" 好 ").text == "好"
