/**
 * What was measured of a line, in a few words. Figures come from the interface or from the
 * payload of an event, where one may be missing.
 */
import type { LineFigures } from "@/api";
import { translate } from "@/i18n";
import { rateText } from "@/line-figures";
import type { LineHistory } from "@/lines";

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

/** A line over its last lessons, figure by figure: the usual one, and from a bad to a good tenth of them. */
export function historyTexts(history: LineHistory): string[] {
  const told = [
    spreadText("down", history.down_kbps, rateText),
    spreadText("up", history.up_kbps, rateText),
    spreadText("rtt", history.rtt_ms, String),
    spreadText("loss_down", lossOf(history.loss_down_permille), percent),
    spreadText("loss_up", lossOf(history.loss_up_permille), percent),
  ];
  return told.filter((text) => text !== "");
}

type Spread = NonNullable<LineHistory["rtt_ms"]>;

/** A line that loses nothing in nine lessons of ten has nothing to tell. */
function lossOf(spread: Spread | null): Spread | null {
  return spread === null || spread.p90 === 0 ? null : spread;
}

function spreadText(figure: string, spread: Spread | null, show: (value: number) => string): string {
  if (spread === null) return "";
  const [p10, p50, p90] = [show(spread.p10), show(spread.p50), show(spread.p90)];
  return translate(`admin.line.history.${figure}`, { p10, p50, p90 });
}
