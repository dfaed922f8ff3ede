/**
 * In which sizes each source is sent, what each may cost, and which codec is offered first.
 *
 * A picture goes out in several encodings at once, and the server gives every site the one its
 * line carries. Together they fit the sender's own line: a classroom has 1 Mbit/s up.
 */
import type { MediaSource } from "../protocol";

/** One size of a picture. `rid` names it in SDP: q, h, f for the small, the middle, the full. */
export interface EncodingLimits {
  readonly rid: "q" | "h" | "f";
  readonly maxHeight: number;
  readonly maxFramerate: number;
  readonly maxBitrateBps: number;
}

/** How a source is sent: its encodings, the smallest first, and what gives way when the line is short. */
export interface SendLimits {
  readonly encodings: readonly EncodingLimits[];
  readonly contentHint: "motion" | "detail" | "speech";
  readonly degradation: "maintain-framerate" | "maintain-resolution" | "balanced";
}

const SOUND: SendLimits = {
  encodings: [encoding("f", 0, 0, 48_000)],
  contentHint: "speech",
  degradation: "balanced",
};

export const HUB_LIMITS: Readonly<Record<MediaSource, SendLimits>> = {
  camera: moving(
    encoding("q", 180, 15, 150_000),
    encoding("h", 360, 25, 500_000),
    encoding("f", 720, 30, 1_800_000),
  ),
  second_camera: moving(encoding("h", 360, 15, 150_000), encoding("f", 720, 25, 700_000)),
  screen: still(encoding("h", 540, 5, 250_000), encoding("f", 1080, 10, 1_500_000)),
  microphone: SOUND,
};

/** A classroom's camera is a tile until the classroom is on stage. */
export const TILE_LIMITS: Readonly<Record<MediaSource, SendLimits>> = {
  ...HUB_LIMITS,
  camera: moving(encoding("q", 180, 15, 100_000), encoding("h", 360, 15, 300_000)),
  screen: still(encoding("h", 540, 5, 150_000), encoding("f", 1080, 10, 600_000)),
};

/** The same encodings as of a tile, larger: their number is fixed when the section is made. */
export const STAGE_LIMITS: Readonly<Record<MediaSource, SendLimits>> = {
  ...TILE_LIMITS,
  camera: moving(encoding("q", 180, 15, 100_000), encoding("h", 540, 25, 700_000)),
};

function encoding(
  rid: EncodingLimits["rid"],
  maxHeight: number,
  maxFramerate: number,
  maxBitrateBps: number,
): EncodingLimits {
  return { rid, maxHeight, maxFramerate, maxBitrateBps };
}

function moving(...encodings: EncodingLimits[]): SendLimits {
  return { encodings, contentHint: "motion", degradation: "balanced" };
}

/** Text must stay sharp: it may come seldom, never small. */
function still(...encodings: EncodingLimits[]): SendLimits {
  return { encodings, contentHint: "detail", degradation: "maintain-resolution" };
}

/** Return what a new section sends `track` in; sound goes out once, without a name. */
export function encodingsOf(track: MediaStreamTrack, limits: SendLimits): RTCRtpEncodingParameters[] {
  if (track.kind === "audio") return limits.encodings.map((one) => ({ maxBitrate: one.maxBitrateBps }));
  const height = track.getSettings().height;
  return limits.encodings.map((one) => ({ rid: one.rid, ...costOf(one, height) }));
}

/**
 * Hold a sender's encodings to the limits, and pause those nobody wants (`wanted`; undefined: all
 * are). A browser that took one encoding where several were asked for sends the largest.
 */
export function limitEncodings(
  encodings: RTCRtpEncodingParameters[],
  track: MediaStreamTrack,
  limits: SendLimits,
  wanted: readonly string[] | undefined,
): void {
  const largest = limits.encodings.at(-1);
  for (const one of encodings) {
    const limit = limits.encodings.find(({ rid }) => rid === one.rid) ?? largest;
    if (limit === undefined) continue;
    if (track.kind === "audio") one.maxBitrate = limit.maxBitrateBps;
    else Object.assign(one, costOf(limit, track.getSettings().height));
    if (one.rid !== undefined && encodings.length > 1) {
      one.active = wanted === undefined || wanted.includes(one.rid);
    }
  }
}

function costOf(limit: EncodingLimits, height: number | undefined): RTCRtpEncodingParameters {
  return {
    maxBitrate: limit.maxBitrateBps,
    maxFramerate: limit.maxFramerate,
    scaleResolutionDownBy: scaleDownOf(height, limit.maxHeight),
  };
}

/** Return the factor by which a picture of `height` lines is made smaller to fit `maxHeight`. */
export function scaleDownOf(height: number | undefined, maxHeight: number): number {
  if (height === undefined || height === 0 || maxHeight === 0) return 1;
  return Math.max(1, height / maxHeight);
}

/** Put H.264 with packetization-mode 1 first, then the other H.264, VP8, and the rest. */
export function preferH264<T extends { mimeType: string; sdpFmtpLine?: string }>(
  codecs: readonly T[],
): T[] {
  const rank = (codec: T): number => {
    const name = codec.mimeType.toLowerCase();
    if (name === "video/h264") {
      const isConstrainedBaseline = /profile-level-id=42e0/i.test(codec.sdpFmtpLine ?? "");
      const isMode1 = (codec.sdpFmtpLine ?? "").includes("packetization-mode=1");
      return isMode1 ? (isConstrainedBaseline ? 0 : 1) : 2;
    }
    return name === "video/vp8" ? 3 : 4;
  };
  return [...codecs].sort((one, other) => rank(one) - rank(other));
}
