/** What a line carries: kilobits a second in the interface, megabits a second to people. */

/** The bounds of `app.schools.models`. */
export const LEAST_KBPS = 64;
export const MOST_KBPS = 1_000_000;
/** What lines to schools are commonly sold as, in Mbit/s: the way up is often the narrower. */
export const COMMON_MBPS = {
  down: ["2", "4", "10", "20", "50", "100"],
  up: ["0.5", "1", "2", "4", "10", "20"],
} as const;

/** `4 Mbit/s`, `0.5 Mbit/s`; below a tenth of one, `64 kbit/s`. */
export function rateText(kbps: number): string {
  if (kbps < 100) return `${Math.round(kbps)} kbit/s`;
  const mbps = kbps / 1000;
  return `${String(Number(mbps.toFixed(mbps < 10 ? 1 : 0)))} Mbit/s`;
}

/** What was declared, to be edited: exactly, without a unit; nothing when nothing was declared. */
export function mbpsOf(kbps: number | null): string {
  return kbps === null ? "" : String(kbps / 1000);
}

/** Read what somebody typed in Mbit/s. Nothing: null, not declared. No such line: undefined. */
export function kbpsOf(mbps: string): number | null | undefined {
  const tidy = mbps.trim().replace(/[,，。]/, ".").replace(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - 0xff10));
  if (tidy === "") return null;
  if (!/^\d{1,4}(\.\d{1,3})?$/.test(tidy)) return undefined;
  const kbps = Math.round(Number(tidy) * 1000);
  return kbps >= LEAST_KBPS && kbps <= MOST_KBPS ? kbps : undefined;
}
