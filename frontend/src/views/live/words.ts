/** Times and refusals of the live pages, in words. */
import { translate } from "@/i18n";
import type { CommandRefused } from "@/signaling";

/** `12:34`, or `1:02:03` from an hour on. */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [
    Math.floor(total / 3600),
    Math.floor((total % 3600) / 60),
    total % 60,
  ];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
}

/** `18 秒`, or `2 分 3 秒`. */
export function durationText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  if (total < 60) return translate("live.seconds", { n: total });
  return translate("live.minutes", { m: Math.floor(total / 60), s: total % 60 });
}

const NAMED_REFUSALS = new Set([
  "paused",
  "seat_absent",
  "stage_full",
  "not_allowed",
  "too_fast",
  "disconnected",
  "no_answer",
  "codec_unsupported",
]);

export function refusalText(refusal: Pick<CommandRefused, "code">): string {
  if (NAMED_REFUSALS.has(refusal.code)) return translate(`live.refused.${refusal.code}`);
  return translate("live.refused.other", { code: refusal.code });
}
