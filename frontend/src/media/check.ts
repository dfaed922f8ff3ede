/**
 * The device check: what is measured, and how it ends in one sentence.
 *
 * Each road of media is tried by itself with a real peer connection to a throw-away room of the
 * server (`POST /api/check/media`): ICE and DTLS exactly as in a lesson. The rates are HTTP
 * transfers: they say what the line carries, not what a lesson will use.
 */
import { api, type CheckResult } from "../api";
import type { MediaSource } from "../protocol";
import { preferH264 } from "./sending";
import type { DeviceProblem } from "./devices";
import { bestOf, configurationFor, onlyRoad, type OpenRoads, type Road, type RoadsToTry } from "./roads";

const CONNECT_WITHIN_MS = 8_000;
const RTT_WITHIN_MS = 3_000;
const DOWNLOAD_BYTES = 2 * 1024 * 1024;
const UPLOAD_BYTES = 1024 * 1024;

/** What a lesson needs, with some air: the hub's pictures come down, one picture goes up. */
export const ENOUGH_DOWN_MBPS = 3;
export const ENOUGH_UP_MBPS = 1;
export const HUB_ENOUGH_UP_MBPS = 3;
const LONG_RTT_MS = 300;
/** Below this a microphone gives nothing that would pass for a voice. */
export const AUDIBLE_LEVEL = 0.25;

export interface Findings {
  camera: DeviceProblem | "test" | "ok" | null;
  microphone: DeviceProblem | "test" | "silent" | "ok" | null;
  /** The person heard the chime, did not hear it, or has not said yet. */
  speaker: "heard" | "unheard" | null;
  server: "ok" | "unreachable" | null;
  roads: OpenRoads | null;
  rates: { downMbps: number; upMbps: number } | null;
}

export const NOTHING_FOUND: Findings = {
  camera: null,
  microphone: null,
  speaker: null,
  server: null,
  roads: null,
  rates: null,
};

/** The one sentence: a key of `check.verdict`, and whether a lesson can be held all the same. */
export interface Verdict {
  readonly key: string;
  readonly level: "good" | "warning" | "bad" | "pending";
  /** The one thing to try: a key of `check.try`. */
  readonly hint: string;
}

/** Return the one thing that matters most. `isHub`: the teacher sends more than a classroom. */
export function judge(found: Findings, { isHub }: { isHub: boolean }): Verdict {
  return stopper(found) ?? pending(found) ?? drawback(found, isHub) ?? ready(found);
}

function verdict(level: Verdict["level"], key: string): Verdict {
  return { key, level, hint: key };
}

/** The chime is offered, not demanded: only an ear can tell, and it may be busy. */
function ready(found: Findings): Verdict {
  return { key: "ready", level: "good", hint: found.speaker === null ? "chime" : "ready" };
}

function stopper(found: Findings): Verdict | null {
  const bad = (key: string): Verdict => verdict("bad", key);
  if (found.server === "unreachable") return bad("server");
  if (found.roads !== null && bestOf(found.roads) === null) return bad("road");
  if (found.microphone === "denied" || found.camera === "denied") return bad("denied");
  if (found.camera === "insecure" || found.microphone === "insecure") return bad("insecure");
  if (isFault(found.microphone)) return bad("microphone");
  if (isFault(found.camera)) return bad("camera");
  if (found.speaker === "unheard") return bad("speaker");
  return null;
}

function isFault(state: Findings["camera"] | Findings["microphone"]): boolean {
  return state === "missing" || state === "busy" || state === "failed";
}

function pending(found: Findings): Verdict | null {
  const isWaiting = [found.camera, found.microphone, found.server, found.roads, found.rates].includes(
    null,
  );
  return isWaiting ? verdict("pending", "pending") : null;
}

function drawback(found: Findings, isHub: boolean): Verdict | null {
  const warning = (key: string): Verdict => verdict("warning", key);
  if (found.microphone === "silent") return warning("silent");
  const road = found.roads === null ? null : bestOf(found.roads);
  if (road === "tcp" || road === "turn") return warning(`by_${road}`);
  const { downMbps, upMbps } = found.rates ?? { downMbps: 0, upMbps: 0 };
  if (upMbps < (isHub ? HUB_ENOUGH_UP_MBPS : ENOUGH_UP_MBPS)) return warning("slow_up");
  if (downMbps < ENOUGH_DOWN_MBPS) return warning("slow_down");
  if ((found.roads?.rttMs ?? 0) > LONG_RTT_MS) return warning("far");
  return found.camera === "test" ? warning("test") : null;
}

/** Measure what the line carries each way, in Mbit/s. Throws a `Problem`. */
export async function measureRates(
  caller: "person" | "device",
): Promise<{ downMbps: number; upMbps: number }> {
  const downFrom = performance.now();
  const received = await api.checkDownload(DOWNLOAD_BYTES);
  const downMbps = megabitsPerSecond(received.byteLength, performance.now() - downFrom);
  const noise = randomBytes(UPLOAD_BYTES);
  const upFrom = performance.now();
  await api.checkUpload(new Blob([noise]), caller);
  const upMbps = megabitsPerSecond(UPLOAD_BYTES, performance.now() - upFrom);
  return { downMbps, upMbps };
}

export function megabitsPerSecond(bytes: number, ms: number): number {
  return (bytes * 8) / 1000 / Math.max(1, ms);
}

/** Noise, so that nothing on the way can compress it; getRandomValues gives 64 KiB at a time. */
function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let from = 0; from < length; from += 65_536) {
    crypto.getRandomValues(bytes.subarray(from, Math.min(length, from + 65_536)));
  }
  return bytes;
}

type Tracks = Partial<Record<MediaSource, MediaStreamTrack>>;

interface Tried {
  readonly isOpen: boolean;
  readonly rttMs: number | null;
}

/** Try every road by itself, all at the same time. Throws a `Problem` when HTTP fails. */
export async function tryRoads(
  toTry: RoadsToTry,
  tracks: Tracks,
  caller: "person" | "device",
): Promise<OpenRoads> {
  const sound: Tracks = tracks.microphone === undefined ? tracks : { microphone: tracks.microphone };
  const hasRelay = toTry.ice_servers.length > 0;
  const [udp, tcp, turn] = await Promise.all([
    tryRoad("udp", toTry, tracks, caller),
    tryRoad("tcp", toTry, sound, caller),
    hasRelay ? tryRoad("turn", toTry, sound, caller) : null,
  ]);
  const best = [udp, tcp, turn].find((tried) => tried?.isOpen === true);
  return {
    udp: udp.isOpen,
    tcp: tcp.isOpen,
    turn: turn?.isOpen ?? null,
    rttMs: best?.rttMs ?? null,
  };
}

async function tryRoad(
  road: Road,
  toTry: RoadsToTry,
  tracks: Tracks,
  caller: "person" | "device",
): Promise<Tried> {
  const peer = new RTCPeerConnection(configurationFor(road, toTry.ice_servers));
  try {
    const transceivers = (Object.entries(tracks) as [MediaSource, MediaStreamTrack][]).map(
      ([source, track]) => ({ source, transceiver: peer.addTransceiver(track, { direction: "sendonly" }) }),
    );
    for (const { transceiver } of transceivers) preferCodecs(transceiver);
    await peer.setLocalDescription();
    const sources: Record<string, MediaSource> = {};
    for (const { source, transceiver } of transceivers) {
      if (transceiver.mid !== null) sources[transceiver.mid] = source;
    }
    const { sdp } = await api.checkMedia(road, peer.localDescription?.sdp ?? "", sources, caller);
    await peer.setRemoteDescription({ type: "answer", sdp: onlyRoad(sdp, road) });
    const isOpen = await until(() => peer.connectionState === "connected", CONNECT_WITHIN_MS);
    return { isOpen, rttMs: isOpen ? await roundTrip(peer) : null };
  } finally {
    peer.close();
  }
}

/** Return what the server keeps of a check, for the county to see. */
export function resultOf({ roads, rates }: Findings): CheckResult | null {
  if (roads === null) return null;
  return {
    is_udp_open: roads.udp,
    is_tcp_open: roads.tcp,
    is_turn_open: roads.turn,
    rtt_ms: roads.rttMs === null ? null : Math.round(roads.rttMs),
    down_kbps: rates === null ? null : Math.round(rates.downMbps * 1000),
    up_kbps: rates === null ? null : Math.round(rates.upMbps * 1000),
  };
}

function preferCodecs(transceiver: RTCRtpTransceiver): void {
  const kind = transceiver.sender.track?.kind;
  const capabilities = kind === "video" ? RTCRtpSender.getCapabilities("video") : null;
  if (capabilities !== null) transceiver.setCodecPreferences(preferH264(capabilities.codecs));
}

async function until(isTrue: () => boolean, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

async function roundTrip(peer: RTCPeerConnection): Promise<number | null> {
  const end = performance.now() + RTT_WITHIN_MS;
  while (performance.now() < end) {
    for (const stat of (await peer.getStats()).values()) {
      const rttS: unknown = stat.currentRoundTripTime;
      if (stat.type === "candidate-pair" && stat.nominated === true && typeof rttS === "number") {
        return rttS * 1000;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return null;
}
