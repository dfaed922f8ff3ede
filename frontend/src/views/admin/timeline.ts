/** Geometry of a session's time line, in milliseconds on the lesson clock. */
import type { Span } from "@/api";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const STEPS = [5, 10, 15, 30].map((s) => s * SECOND).concat([1, 2, 5, 10, 15, 30, 60].map((m) => m * MINUTE));
const MOST_TICKS = 8;

/** Round marks along the axis, 0 included, at most about eight. */
export function ticksOf(lengthMs: number): number[] {
  const step = STEPS.find((each) => lengthMs / each <= MOST_TICKS) ?? 2 * 60 * MINUTE;
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, i) => i * step);
}

/** A span as percentages of the axis, cut to it. */
export function placed(span: Span, lengthMs: number): { left: string; width: string } {
  const from = Math.min(lengthMs, Math.max(0, span.from_ms));
  const to = Math.min(lengthMs, Math.max(from, span.to_ms));
  const percent = (ms: number): string => `${((ms / lengthMs) * 100).toFixed(3)}%`;
  return { left: percent(from), width: percent(to - from) };
}

/** The absences of a site: the gaps between its bars, from its first coming until `endMs`. */
export function absencesOf(bars: readonly Span[], endMs: number): Span[] {
  const inOrder = [...bars].sort((a, b) => a.from_ms - b.from_ms);
  const gaps: Span[] = [];
  let until: number | null = null;
  for (const bar of inOrder) {
    if (until !== null && bar.from_ms > until) gaps.push({ from_ms: until, to_ms: bar.from_ms });
    until = Math.max(until ?? 0, bar.to_ms);
  }
  if (until !== null && until < endMs) gaps.push({ from_ms: until, to_ms: endMs });
  return gaps;
}
