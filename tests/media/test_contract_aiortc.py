"""The private names of aiortc and pylibsrtp that media/transport.py stands on.

When one of these fails after an upgrade, look at media/transport.py before anything else.
"""

import asyncio
import inspect

import pylibsrtp
from aiortc import rtcdtlstransport, sdp
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from pylibsrtp._binding import ffi, lib


class Link:
    role = "controlled"
    state = "completed"

    async def _recv(self) -> bytes:
        raise ConnectionError

    async def _send(self, data: bytes) -> None:
        return None


def new_dtls() -> RTCDtlsTransport:
    return RTCDtlsTransport(Link(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type] # the point of the test


async def test_a_dtls_transport_has_the_attributes_we_set_and_read() -> None:
    dtls = new_dtls()
    assert isinstance(dtls._srtp_profiles, list)
    assert {"_rx_srtp", "_tx_srtp"} <= set(vars(dtls))
    assert dtls.state == "new"
    dtls._set_role("server")
    assert dtls._role == "server"


async def test_a_dtls_transport_asks_of_its_transport_only_what_ours_has() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = {word.split("(")[0].split(".")[0] for word in source.split("self.transport.")[1:]}
    assert {name.split()[0].rstrip(",)") for name in used} == {"_recv", "_send", "role"}


async def test_its_link_failing_ends_the_handshake_without_raising() -> None:
    dtls = new_dtls()
    dtls._set_role("server")
    fingerprint = rtcdtlstransport.RTCDtlsFingerprint("sha-256", "00")
    async with asyncio.timeout(5):
        await dtls.start(rtcdtlstransport.RTCDtlsParameters([fingerprint]))
    assert dtls.state == "failed"


def test_the_profiles_are_there_with_gcm_first_in_our_order() -> None:
    names = [
        rtcdtlstransport.SRTP_AEAD_AES_128_GCM.openssl_profile,
        rtcdtlstransport.SRTP_AEAD_AES_256_GCM.openssl_profile,
        rtcdtlstransport.SRTP_AES128_CM_SHA1_80.openssl_profile,
    ]
    assert names == [b"SRTP_AEAD_AES_128_GCM", b"SRTP_AEAD_AES_256_GCM", b"SRTP_AES128_CM_SHA1_80"]
    assert set(rtcdtlstransport.SRTP_PROFILES) >= {rtcdtlstransport.SRTP_AEAD_AES_128_GCM}


def test_libsrtp_works_in_place_on_a_buffer_of_ours() -> None:
    key = bytes(range(28))
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM

    def session(direction: int) -> pylibsrtp.Session:
        return pylibsrtp.Session(
            pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=profile)
        )

    sender = session(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    receiver = session(pylibsrtp.Policy.SSRC_ANY_INBOUND)
    plain = b"\x80\x60\x00\x01" + bytes(8) + b"payload"
    buffer, length = bytearray(plain + bytes(160)), ffi.new("int *")
    pointer = ffi.from_buffer(buffer)
    length[0] = len(plain)
    assert lib.srtp_protect(sender._srtp[0], pointer, length) == lib.srtp_err_status_ok
    assert length[0] == len(plain) + 16
    protected = bytes(buffer)
    assert lib.srtp_unprotect(receiver._srtp[0], pointer, length) == lib.srtp_err_status_ok
    assert bytes(buffer[: length[0]]) == plain
    buffer[:] = protected
    length[0] = len(plain) + 16
    assert (
        lib.srtp_unprotect(receiver._srtp[0], pointer, length) == 9
    )  # srtp_err_status_replay_fail
    for name in ("srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        assert hasattr(lib, name)


def test_sdp_is_parsed_by_the_names_we_read() -> None:
    session = sdp.SessionDescription()
    assert {"group", "media", "origin"} <= set(vars(session))
    media = sdp.MediaDescription("video", 9, "UDP/TLS/RTP/SAVPF", [96])
    assert {"direction", "dtls", "fmt", "ice", "rtcp_mux", "rtp", "ssrc", "ssrc_group"} <= set(
        vars(media)
    )
    assert sdp.DTLS_ROLE_SETUP == {"auto": "actpass", "client": "active", "server": "passive"}
