/**
 * What each source may cost, and which codec is offered first.
 *
 * The figures leave a 4 Mbit/s site room for everything it receives; a classroom's picture
 * is small as long as it is one tile among many.
 */
import type { MediaSource } from "../protocol";

/** What a source may cost, and what gives way first when the line is short. */
export interface SendLimits {
  readonly maxBitrateBps: number;
  readonly maxFramerate: number;
  readonly maxHeight: number;
  readonly contentHint: "motion" | "detail" | "speech";
  readonly degradation: "maintain-framerate" | "maintain-resolution" | "balanced";
}

export const HUB_LIMITS: Readonly<Record<MediaSource, SendLimits>> = {
  camera: limits(1_800_000, 30, 720, "motion", "balanced"),
  second_camera: limits(700_000, 25, 720, "motion", "balanced"),
  screen: limits(1_500_000, 15, 1080, "detail", "maintain-resolution"),
  microphone: limits(48_000, 0, 0, "speech", "balanced"),
};

/** A classroom's camera is a tile until the classroom is on stage. */
export const TILE_LIMITS: Readonly<Record<MediaSource, SendLimits>> = {
  ...HUB_LIMITS,
  camera: limits(300_000, 15, 360, "motion", "balanced"),
};

export const STAGE_LIMITS: Readonly<Record<MediaSource, SendLimits>> = {
  ...HUB_LIMITS,
  camera: limits(800_000, 25, 540, "motion", "balanced"),
};

function limits(
  maxBitrateBps: number,
  maxFramerate: number,
  maxHeight: number,
  contentHint: SendLimits["contentHint"],
  degradation: SendLimits["degradation"],
): SendLimits {
  return { maxBitrateBps, maxFramerate, maxHeight, contentHint, degradation };
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
