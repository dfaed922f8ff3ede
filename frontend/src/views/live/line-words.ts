/**
 * What is wrong with a line, in one sentence, as each reader must hear it.
 *
 * The server names the cause (`link_measured.cause`); nothing here judges.
 */
import { translate } from "@/i18n";
import type { LinkMeasured, MediaSource, PlannedTrack, Seat } from "@/protocol";

/**
 * For whom: `tile` the teacher on a classroom, `watched` a supervisor on one; `own` the
 * teacher on her own line, `hub` a supervisor on hers.
 */
export type Reader = "tile" | "watched" | "own" | "hub";

/** Below, nobody notices; then one does; from `LONG_MS` on one must wait for the other. */
const SHORT_MS = 150;
const NOTICED_MS = 400;
const LONG_MS = 1000;

/** `约 0.6 秒`: how long an answer takes at the least. */
export function waitText(rttMs: number): string {
  return translate("live.line.about_seconds", { n: (Math.max(100, rttMs) / 1000).toFixed(1) });
}

/** Return what is wrong, in one sentence; null when nothing is. */
export function troubleText(measured: LinkMeasured | null | undefined, reader: Reader): string | null {
  if (measured == null || measured.cause === null) return null;
  const { cause, bad_leg: leg } = measured;
  const key = cause === "silent" ? `silent_${leg ?? "both"}` : cause;
  // A supervisor reads of a classroom what the teacher reads, but for whose uplink it is.
  const words = reader === "watched" && cause !== "hub_up" ? "tile" : reader;
  const loss = cause === "loss_up" ? measured.loss_up_percent : measured.loss_down_percent;
  return translate(`live.cause.${words}.${key}`, {
    n: Math.round(loss ?? 0),
    time: waitText(measured.rtt_ms ?? 0),
  });
}

export function delayText(rttMs: number | null): string {
  if (rttMs === null) return translate("live.line.unknown");
  if (rttMs < SHORT_MS) return translate("live.line.delay_none", { ms: Math.round(rttMs) });
  const time = waitText(rttMs);
  if (rttMs < NOTICED_MS) return translate("live.line.delay_some", { time });
  return translate(rttMs < LONG_MS ? "live.line.delay_long" : "live.line.delay_very_long", { time });
}

export function lossText(percent: number | null): string {
  if (percent === null) return translate("live.line.unknown");
  const n = percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent);
  if (percent < 0.5) return translate("live.line.loss_none");
  if (percent <= 3) return translate("live.line.loss_little", { n });
  return translate(percent < 8 ? "live.line.loss_some" : "live.line.loss_much", { n });
}

export type Size = "clear" | "medium" | "small" | "held";

/** Return how large a picture is sent, the largest there is being clear. */
export function sizeOf(planned: Pick<PlannedTrack, "layer" | "top_layer">): Size {
  if (planned.layer === null) return "held";
  if (planned.layer >= planned.top_layer) return "clear";
  return planned.layer === 0 ? "small" : "medium";
}

/** What has become of the pictures: `sound` when all that there are stand still. */
export type Kept = "sound" | "some" | null;

export function keptOf(plan: readonly PlannedTrack[]): Kept {
  const pictures = plan.filter((planned) => planned.source !== "microphone");
  const held = pictures.filter((planned) => planned.layer === null);
  if (held.length === 0) return null;
  return held.length === pictures.length ? "sound" : "some";
}

/** Return the one word for what a classroom sees of the lesson now, or null: not known. */
export function pictureText(seat: Seat, measured: LinkMeasured | null | undefined, hub: string): string | null {
  if (seat.is_saving) return translate("live.line.size.saving");
  const plan = measured?.plan ?? [];
  if (keptOf(plan) === "sound") return translate("live.line.size.sound");
  const camera = plan.find((planned) => planned.seat_id === hub && planned.source === "camera");
  return camera === undefined ? null : translate(`live.line.size.${sizeOf(camera)}`);
}

export function sourceText(source: MediaSource): string {
  return translate(`live.line.source.${source}`);
}
