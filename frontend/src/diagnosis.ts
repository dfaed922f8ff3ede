/**
 * `window.__classroom.read()`: the counters of this page's media, read-only.
 *
 * It is there for support ("what do you see in the console?") and for the browser tests, which
 * prove with it that pictures are decoded and not merely announced. It changes nothing and
 * shows nothing that `chrome://webrtc-internals` would not: no ticket, no SDP, no name.
 */
import type { Live } from "./live";
import { roadIn, type Road } from "./media/roads";
import type { MediaSource } from "./protocol";
import { ageOf, readStamp } from "./test-picture";

/** When things happened, in monotonic milliseconds. */
export class MediaTimes {
  /** The page began to enter the room. */
  joinAt: number | null = null;
  private readonly firstFrames = new Map<string, number>();

  /** A picture of this seat was shown; only the first one counts. */
  frameShown(seatId: string, source: MediaSource): void {
    const key = `${seatId}/${source}`;
    if (!this.firstFrames.has(key)) this.firstFrames.set(key, performance.now());
  }

  /** Milliseconds from entering to the first picture of each received track. */
  firstFramesMs(): Record<string, number> {
    const joinAt = this.joinAt ?? 0;
    return Object.fromEntries([...this.firstFrames].map(([key, at]) => [key, at - joinAt]));
  }
}

export interface TrackCounters {
  seat_id: string;
  source: MediaSource;
  kind: string;
  packets_received: number;
  packets_lost: number;
  bytes_received: number;
  frames_decoded: number;
  frames_per_second: number | null;
  frame_width: number | null;
  frame_height: number | null;
  freeze_count: number;
  jitter_buffer_ms: number | null;
  total_audio_energy: number;
  concealed_samples: number;
  codec: string | null;
}

export interface SentCounters {
  source: MediaSource | null;
  /** Which of a picture's sizes, where there are several; a paused one is not active. */
  rid: string | null;
  is_active: boolean;
  packets_sent: number;
  bytes_sent: number;
  frames_encoded: number;
  frame_height: number | null;
  codec: string | null;
  quality_limitation: string | null;
}

export interface Diagnosis {
  lesson_id: string;
  /** This page's own seat, once it has entered. */
  seat_id: string | null;
  signaling: string;
  publish_state: RTCPeerConnectionState;
  subscribe_state: RTCPeerConnectionState;
  first_frame_ms: Record<string, number>;
  rtt_ms: number | null;
  /** Which road media takes, each way. */
  publish_road: Road | null;
  subscribe_road: Road | null;
  received: TrackCounters[];
  sent: SentCounters[];
}

interface Hook {
  read(): Promise<Diagnosis>;
  /** Read the number stamped into the shown picture (see `test-picture.ts`). */
  stampOf(seatId: string, source: MediaSource): { number: number | null; age_ms: number | null };
}

declare global {
  interface Window {
    __classroom?: Hook;
  }
}

let shown: Live | null = null;

export function exposeDiagnosis(live: Live): void {
  shown = live;
  window.__classroom = Object.freeze({
    read: () => readDiagnosis(live),
    stampOf: (seatId: string, source: MediaSource) => stampOf(seatId, source),
  });
}

export function hideDiagnosis(live: Live): void {
  if (shown !== live) return;
  shown = null;
  delete window.__classroom;
}

// The statistics dictionaries differ by type, and lib.dom knows only some of them.
type Stat = Record<string, unknown> & { type: string };

function numberIn(stat: Stat, name: string): number {
  return typeof stat[name] === "number" ? stat[name] : 0;
}

function numberOrNull(stat: Stat, name: string): number | null {
  return typeof stat[name] === "number" ? stat[name] : null;
}

async function statsOf(peer: RTCPeerConnection | null): Promise<Map<string, Stat>> {
  if (peer === null) return new Map();
  return new Map([...(await peer.getStats())] as [string, Stat][]);
}

function codecOf(stats: Map<string, Stat>, stat: Stat): string | null {
  const codec = stats.get(String(stat.codecId));
  return codec === undefined ? null : String(codec.mimeType);
}

function receivedOf(live: Live, stats: Map<string, Stat>): TrackCounters[] {
  const counters: TrackCounters[] = [];
  for (const stat of stats.values()) {
    if (stat.type !== "inbound-rtp") continue;
    const named = live.subscriber.trackOfMid(String(stat.mid));
    if (named === null) continue;
    const emitted = numberIn(stat, "jitterBufferEmittedCount");
    const delayS = numberIn(stat, "jitterBufferDelay");
    counters.push({
      seat_id: named.seat_id,
      source: named.source,
      kind: String(stat.kind),
      packets_received: numberIn(stat, "packetsReceived"),
      packets_lost: numberIn(stat, "packetsLost"),
      bytes_received: numberIn(stat, "bytesReceived"),
      frames_decoded: numberIn(stat, "framesDecoded"),
      frames_per_second: numberOrNull(stat, "framesPerSecond"),
      frame_width: numberOrNull(stat, "frameWidth"),
      frame_height: numberOrNull(stat, "frameHeight"),
      freeze_count: numberIn(stat, "freezeCount"),
      jitter_buffer_ms: emitted === 0 ? null : (delayS / emitted) * 1000,
      total_audio_energy: numberIn(stat, "totalAudioEnergy"),
      concealed_samples: numberIn(stat, "concealedSamples"),
      codec: codecOf(stats, stat),
    });
  }
  return counters;
}

function sentOf(live: Live, stats: Map<string, Stat>): SentCounters[] {
  const counters: SentCounters[] = [];
  for (const stat of stats.values()) {
    if (stat.type !== "outbound-rtp") continue;
    counters.push({
      source: live.publisher.sourceOfMid(String(stat.mid)),
      rid: typeof stat.rid === "string" ? stat.rid : null,
      is_active: stat.active !== false,
      packets_sent: numberIn(stat, "packetsSent"),
      bytes_sent: numberIn(stat, "bytesSent"),
      frames_encoded: numberIn(stat, "framesEncoded"),
      frame_height: numberOrNull(stat, "frameHeight"),
      codec: codecOf(stats, stat),
      quality_limitation:
        typeof stat.qualityLimitationReason === "string" ? stat.qualityLimitationReason : null,
    });
  }
  return counters;
}

function rttOf(stats: Map<string, Stat>): number | null {
  for (const stat of stats.values()) {
    const isSelected = stat.type === "candidate-pair" && stat.nominated === true;
    if (isSelected && typeof stat.currentRoundTripTime === "number") {
      return stat.currentRoundTripTime * 1000;
    }
  }
  return null;
}

async function readDiagnosis(live: Live): Promise<Diagnosis> {
  const receiving = await statsOf(live.subscriber.peer);
  const sending = await statsOf(live.publisher.peer);
  return {
    lesson_id: live.lessonId,
    seat_id: live.room.value?.you ?? null,
    signaling: live.state.value.kind,
    publish_state: live.publishState.value,
    subscribe_state: live.subscribeState.value,
    first_frame_ms: live.times.firstFramesMs(),
    rtt_ms: rttOf(receiving) ?? rttOf(sending),
    publish_road: roadIn(sending),
    subscribe_road: roadIn(receiving),
    received: receivedOf(live, receiving),
    sent: sentOf(live, sending),
  };
}

function stampOf(
  seatId: string,
  source: MediaSource,
): { number: number | null; age_ms: number | null } {
  const nothing = { number: null, age_ms: null };
  const video = document.querySelector<HTMLVideoElement>(
    `video[data-seat="${CSS.escape(seatId)}"][data-source="${source}"]`,
  );
  if (video === null || video.videoWidth === 0) return nothing;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return nothing;
  context.drawImage(video, 0, 0);
  const now = Date.now();
  const number = readStamp(context.getImageData(0, 0, canvas.width, canvas.height));
  return { number, age_ms: number === null ? null : ageOf(number, now) };
}
