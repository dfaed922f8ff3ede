/**
 * What was measured of a line, in a few words. Figures come from the interface or from the
 * payload of an event, where one may be missing.
 */
import type { LineFigures } from "@/api";
import { translate } from "@/i18n";
import { rateText } from "@/line-figures";

/** Of an estimate what it says; without one, the most that was used: the line carries that at least. */
export function measuredDown(measured: LineFigures): string {
  if (measured.estimate_down_kbps != null) {
    return translate("admin.line.about", { rate: rateText(measured.estimate_down_kbps) });
  }
  return atLeast(measured.down_high_kbps);
}

export function measuredUp(measured: LineFigures): string {
  return atLeast(measured.up_high_kbps);
}

function atLeast(kbps: number | null | undefined): string {
  if (kbps == null || kbps < 1) return translate("admin.line.not_measured");
  return translate("admin.line.at_least", { rate: rateText(kbps) });
}

function percent(permille: number): string {
  return String(Number((permille / 10).toFixed(permille < 100 ? 1 : 0)));
}

/** `来回 80 毫秒 · 收到时丢 2 %`: how far away a line is, and what it loses where it loses anything. */
export function qualityText(measured: LineFigures): string {
  const parts = [];
  if (measured.rtt_ms != null) parts.push(translate("admin.line.rtt", { ms: measured.rtt_ms }));
  if ((measured.loss_down_permille ?? 0) > 0) {
    parts.push(translate("admin.line.loss_down", { n: percent(measured.loss_down_permille ?? 0) }));
  }
  if ((measured.loss_up_permille ?? 0) > 0) {
    parts.push(translate("admin.line.loss_up", { n: percent(measured.loss_up_permille ?? 0) }));
  }
  return parts.join(" · ");
}
