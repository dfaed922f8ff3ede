/** Service hours in figures: two decimals, as the export has them. */
const HOUR_MS = 3_600_000;

export function hoursText(ms: number): string {
  return (ms / HOUR_MS).toFixed(2);
}
