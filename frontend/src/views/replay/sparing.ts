/**
 * When the camera is left out of what is played back, and when it comes back.
 *
 * A line that was lost may come back narrower than what was recorded, and would never catch up. Then sound and a
 * shared screen go on without the camera. Now and then one part of the camera is fetched ahead of its time: if it
 * comes faster than it is played, the camera is shown again from there on, and nobody waited for the trial.
 *
 * No DOM, no timers: `now` is the caller's monotonic clock in milliseconds, positions are on the lesson clock.
 */
import { Stalls } from "./stalls";

export const FIRST_TRIAL_MS = 20_000;
/** Each trial that fails makes the next one wait twice as long, up to this. */
export const MOST_BETWEEN_MS = 160_000;
/** Nothing is recorded yet that could be tried. */
const LATER_MS = 3_000;

export class Sparing {
  private readonly stalls = new Stalls();
  private isOut = false;
  private trialAt = 0;
  private betweenMs = FIRST_TRIAL_MS;
  private backMs: number | null = null;

  /** Whether the camera is left out. */
  get leavesOut(): boolean {
    return this.isOut;
  }

  /** From where on the camera will be shown again, and is to be fetched; null: not known yet. */
  get backAtMs(): number | null {
    return this.backMs;
  }

  /** Take note of how it is now, as often as the player looks. */
  note(now: number, how: "waits" | "plays" | "paused", positionMs: number): void {
    this.stalls.note(now, how);
    if (!this.isOut && this.stalls.isTooMuch) {
      this.isOut = true;
      this.trialAt = now + this.betweenMs;
      this.stalls.forget();
    } else if (this.isOut && this.backMs !== null && positionMs >= this.backMs) {
      this.isOut = false;
      this.backMs = null;
      this.stalls.forget();
    }
  }

  isTrialDue(now: number): boolean {
    return this.isOut && this.backMs === null && now >= this.trialAt;
  }

  /** A part came in time, which begins at `fromMs`; null: it did not; undefined: there was none to try. */
  tried(now: number, fromMs: number | null | undefined): void {
    if (fromMs === undefined) this.trialAt = now + LATER_MS;
    else if (fromMs === null) {
      this.betweenMs = Math.min(MOST_BETWEEN_MS, 2 * this.betweenMs);
      this.trialAt = now + this.betweenMs;
    } else {
      this.backMs = fromMs;
      this.betweenMs = FIRST_TRIAL_MS;
    }
  }

  /** Another place is played: what was fetched ahead is of no use there. */
  forgetTrial(): void {
    this.backMs = null;
  }
}
