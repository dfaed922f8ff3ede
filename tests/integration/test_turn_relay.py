"""The relay as it is configured: for whom, to where, and a lesson that goes through it."""

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from aioice import stun, turn
from playwright.async_api import Page, async_playwright

from app.coturn import POLICY
from media.core.ids import PeerId, Source
from tests.chromium import chromium
from tests.integration.relay import TOO_OLD, Relay, permit, relay
from tests.media.classroom import LOOPBACK, ROOM, Classroom, classroom, eventually
from tests.media.test_sfu_in_browser import FLAGS, page_url  # noqa: F401 - a fixture

SFU = "127.0.0.2"


async def allocation(relay: Relay, over: str = "udp") -> turn.TurnClientMixin:
    given = relay.credentials()
    client = await relay.client(given.username, given.credential, over=over)
    await client.connect()
    return client


async def refused(relay: Relay, username: str, password: str) -> int:
    client = await relay.client(username, password)
    with pytest.raises(stun.TransactionFailed) as failed:
        await client.connect()
    client.transport.close()
    return int(failed.value.response.attributes["ERROR-CODE"][0])


async def test_only_whom_the_platform_gave_credentials_gets_an_allocation(tmp_path: Path) -> None:
    async with relay(tmp_path, [SFU]) as running:
        given, old = running.credentials(), running.credentials(ends_at=TOO_OLD)
        assert await refused(running, given.username, "x" * 28) == 401
        assert await refused(running, old.username, old.credential) == 401
        later = given.username.replace(given.username.partition(":")[0], "9999999999")
        assert await refused(running, later, given.credential) == 401
        for over in ("udp", "tcp", "tls"):
            client = await allocation(running, over)
            await client.delete()


@pytest.mark.parametrize(
    "peer",
    [
        *("127.0.0.1", "10.8.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("100.100.100.200", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "0.0.0.0"),
        *("8.8.8.8", "127.0.0.3"),
    ],
)
async def test_no_peer_but_the_media_server_is_reached(tmp_path: Path, peer: str) -> None:
    async with relay(tmp_path, [SFU]) as running:
        client = await allocation(running)
        assert await permit(client, peer) == 403
        assert await permit(client, SFU) == 0
        await client.delete()


async def test_a_connectivity_check_goes_through(tmp_path: Path) -> None:
    config = replace(LOOPBACK, bind_host=SFU, announced_hosts=(SFU,))
    async with relay(tmp_path, [SFU]) as running, classroom(config) as room:
        offered = room.new_peer()
        await room.sfu.publish(
            ROOM,
            PeerId("teacher"),
            offer=await offered.publish_offer([("0", ("opus",))]),
            sources={"0": Source.MICROPHONE},
        )
        [transport] = set(room.sfu._plane._by_ufrag.values())
        client = await allocation(running)
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{transport.credentials.ufrag}:theirs"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 1
        message.add_message_integrity(transport.credentials.password.encode())
        await client.send_data(bytes(message), (SFU, room.sfu.port))
        await eventually(lambda: transport.address is not None)
        assert client.relayed_address is not None
        assert transport.address == tuple(client.relayed_address)
        await client.delete()


async def test_what_a_peer_names_as_its_candidates_is_never_sent_to() -> None:
    """An ICE-lite server answers; were it to check, a page could aim it at inner machines."""

    class Heard(asyncio.DatagramProtocol):
        datagrams = 0

        def datagram_received(self, data: bytes, addr: object) -> None:
            Heard.datagrams += 1

    loop = asyncio.get_running_loop()
    listening, _ = await loop.create_datagram_endpoint(Heard, local_addr=("127.0.0.1", 0))
    with closing(listening):
        port = listening.get_extra_info("sockname")[1]
        async with classroom() as room:
            peer = room.new_peer()
            offer = await peer.publish_offer([("0", ("opus",))])
            inner = f"a=candidate:7 1 udp 2130706431 127.0.0.1 {port} typ host\r\n"
            relayed = "a=candidate:8 1 udp 16777215 169.254.169.254 80 typ relay\r\n"
            offer = offer.replace("a=ice-ufrag", inner + relayed + "a=ice-ufrag", 1)
            answer = await room.sfu.publish(
                ROOM, PeerId("teacher"), offer=offer, sources={"0": Source.MICROPHONE}
            )
            await peer.accept_publish_answer(answer)
            await peer.connected()
            peer.send_rtp("0", bytes(80))
            await eventually(lambda: room.counters["packets_in"])
    assert Heard.datagrams == 0


def test_the_policy_denies_the_special_ranges_by_name_too() -> None:
    policy = POLICY.read_text()
    for line in ("no-cli", "no-tcp-relay", "use-auth-secret", "no-multicast-peers", "no-dtls"):
        assert f"\n{line}\n" in policy
    for first in ("10.0.0.0", "127.0.0.0", "169.254.0.0", "192.168.0.0", "fc00::", "fe80::", "::"):
        assert f"denied-peer-ip={first}-" in policy
    assert "static-auth-secret" not in policy


RELAYED = """async ([servers, transport]) => {
  window.pc = new RTCPeerConnection({
    iceServers: [{...servers, urls: servers.urls.filter(url => url.endsWith(transport))}],
    iceTransportPolicy: 'relay',
  });
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendonly'});
  await pc.setLocalDescription();
  const kinds = pc.getTransceivers().map(t => [t.mid, t.sender.track.kind]);
  return [pc.localDescription.sdp, Object.fromEntries(kinds)];
}"""
TAKE_ANSWER = "async (sdp) => { await pc.setRemoteDescription({type: 'answer', sdp}); }"
SELECTED = """async () => {
  const stats = await pc.getStats();
  for (const pair of stats.values()) {
    if (pair.type === 'candidate-pair' && pair.nominated && pair.state === 'succeeded') {
      const local = stats.get(pair.localCandidateId);
      return [local.candidateType, local.relayProtocol];
    }
  }
  return null;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_browser_holds_a_lesson_through_the_relay(
    tmp_path: Path,
    page_url: str,  # noqa: F811 - the fixture
    transport: str,
) -> None:
    config = replace(LOOPBACK, bind_host=SFU, announced_hosts=(SFU,))
    async with (
        relay(tmp_path, [SFU]) as running,
        classroom(config) as room,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = await browser.new_page()
        await page.goto(page_url)
        given = running.credentials().model_dump()
        offer, kinds = await page.evaluate(RELAYED, [given, f"transport={transport}"])
        await publish(room, page, offer, kinds)
        room.allow(("teacher", Source.CAMERA, ["site"]))
        site = await room.subscribe("site", host=SFU)
        await eventually(lambda: sum(r.packets for r in site.receptions.values()) > 50, within_s=20)
        assert await page.evaluate(SELECTED) == ["relay", transport]
        await browser.close()


async def publish(room: Classroom, page: Page, offer: str, kinds: dict[str, str]) -> None:
    sources = {
        mid: Source.MICROPHONE if kind == "audio" else Source.CAMERA for mid, kind in kinds.items()
    }
    answer = await room.sfu.publish(ROOM, PeerId("teacher"), offer=offer, sources=sources)
    await page.evaluate(TAKE_ANSWER, answer)
