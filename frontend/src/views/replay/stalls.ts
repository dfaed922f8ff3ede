/** Whether a line carries what is played: how much a player waited of late. */

/** So much waiting at once, or more waiting than playing makes good, is too much. */
export const TOO_LONG_MS = 6_000;
/** What a second of playing makes good of the waiting before it. */
const FORGIVEN = 0.2;
/** Timers of a page that is not looked at come late: nothing is known of the time between. */
const MOST_STEP_MS = 1_000;

/** No DOM, no timers: `now` is the caller's monotonic clock in milliseconds. */
export class Stalls {
  private waitedMs = 0;
  private at: number | null = null;

  /** Take note of how it is now, as often as the player looks. Paused is neither. */
  note(now: number, how: "waits" | "plays" | "paused"): void {
    const step = Math.min(MOST_STEP_MS, now - (this.at ?? now));
    this.at = now;
    if (how === "waits") this.waitedMs = Math.min(2 * TOO_LONG_MS, this.waitedMs + step);
    else if (how === "plays") this.waitedMs = Math.max(0, this.waitedMs - step * FORGIVEN);
  }

  get isTooMuch(): boolean {
    return this.waitedMs >= TOO_LONG_MS;
  }

  /** Begin anew: something else is played. */
  forget(): void {
    this.waitedMs = 0;
  }
}
