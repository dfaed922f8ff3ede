"""An offer as browsers write it, for tests, and what becomes of it."""

import pytest

from media.config import SfuConfig
from media.core.ids import PeerId, Source
from media.interface import NegotiationRefused
from media.negotiation import Publication, accept_publication
from media.remote_description import parse_offer
from media.sdp_text import LocalParameters, publish_answer

CONFIG = SfuConfig()
FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)
AUDIO = """\
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=ssrc:5 cname:x
"""
VIDEO = """\
m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108
c=IN IP4 0.0.0.0
a=mid:1
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:103 H264/90000
a=rtcp-fb:103 transport-cc
a=rtcp-fb:103 nack
a=rtcp-fb:103 nack pli
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:104 rtx/90000
a=fmtp:104 apt=103
a=rtpmap:107 H264/90000
a=rtcp-fb:107 goog-remb
a=rtcp-fb:107 transport-cc
a=rtcp-fb:107 ccm fir
a=rtcp-fb:107 nack
a=rtcp-fb:107 nack pli
a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:108 rtx/90000
a=fmtp:108 apt=107
a=ssrc-group:FID 1000 1001
a=ssrc:1000 cname:x
a=ssrc:1001 cname:x
"""
BOTH = {"0": Source.MICROPHONE, "1": Source.CAMERA}


def offer(*sections: str, bundle: str = "0 1", setup: str = "actpass") -> str:
    head = f"""\
v=0
o=- 42 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE {bundle}
a=ice-ufrag:theirs
a=ice-pwd:{"p" * 24}
a=fingerprint:{FINGERPRINT}
a=setup:{setup}
"""
    return (head + "".join(sections or (AUDIO, VIDEO))).replace("\n", "\r\n")


def published(text: str, sources: dict[str, Source] | None = None) -> Publication:
    return accept_publication(
        parse_offer(text, CONFIG), BOTH if sources is None else sources, PeerId("t"), CONFIG
    )


def code_of(text: str, sources: dict[str, Source] | None = None) -> str:
    with pytest.raises(NegotiationRefused) as refused:
        published(text, sources)
    return refused.value.code


def answer_to(text: str, sources: dict[str, Source] | None = None) -> str:
    local = LocalParameters("ours", "q" * 24, FINGERPRINT, ("192.0.2.1", "2001:db8::1"), 7882)
    return publish_answer(
        published(text, sources).sections,
        local,
        setup="passive",
        start_bitrate_kbps=900,
        session_id=1,
        version=1,
    )
