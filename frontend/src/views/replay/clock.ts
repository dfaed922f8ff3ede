/**
 * The clock of a replay: one position in the lesson that all pictures follow.
 *
 * No DOM, no timers: `now` is the caller's monotonic clock in milliseconds, positions are
 * milliseconds on the lesson clock.
 */

/** Up to this much apart, eye and ear notice nothing (ITU-R BT.1359-1: 45 ms early, 125 ms late). */
export const IN_STEP_MS = 80;
/** Once being nudged, a picture is nudged until it is this close, or it would drift out again at once. */
const SETTLED_MS = 25;
/** Further apart than this, nudging takes too long: jump. */
export const TOO_FAR_MS = 500;
/** Picture and pitch of ±8 % are hardly noticed; it makes 500 ms good in about 6 s. */
const MAX_NUDGE = 0.08;
const NUDGE_PER_MS = 0.0004;

export type Correction = { do: "nothing" } | { do: "nudge"; rate: number } | { do: "jump" };

/**
 * What to do with a picture that is `driftMs` ahead of the clock (negative: behind).
 *
 * `rate` is the speed chosen by the viewer; `isNudged` whether the last answer was a nudge.
 */
export function correctionOf(driftMs: number, rate: number, isNudged: boolean): Correction {
  const apart = Math.abs(driftMs);
  // At double speed the same number of milliseconds passes in half the time.
  if (apart > TOO_FAR_MS * Math.max(1, rate)) return { do: "jump" };
  if (apart <= (isNudged ? SETTLED_MS : IN_STEP_MS)) return { do: "nothing" };
  const nudge = Math.min(MAX_NUDGE, apart * NUDGE_PER_MS + 0.02);
  return { do: "nudge", rate: rate * (driftMs > 0 ? 1 - nudge : 1 + nudge) };
}

export class ReplayClock {
  private anchorMs = 0;
  private anchorAt = 0;
  private playing = false;
  private held = false;
  private speed = 1;

  constructor(readonly durationMs: number) {}

  /** Whether the viewer wants it to run; it stands still all the same while it is held. */
  get isPlaying(): boolean {
    return this.playing;
  }

  /** Whether it waits for pictures to arrive. */
  get isHeld(): boolean {
    return this.held;
  }

  get rate(): number {
    return this.speed;
  }

  positionAt(now: number): number {
    if (!this.playing || this.held) return this.anchorMs;
    return this.clamp(this.anchorMs + (now - this.anchorAt) * this.speed);
  }

  /** Run; from the beginning when it stands at the end. */
  play(now: number): void {
    const position = this.positionAt(now);
    this.anchor(position >= this.durationMs ? 0 : position, now);
    this.playing = true;
  }

  pause(now: number): void {
    this.anchor(this.positionAt(now), now);
    this.playing = false;
  }

  seek(positionMs: number, now: number): void {
    this.anchor(this.clamp(positionMs), now);
  }

  setRate(rate: number, now: number): void {
    this.anchor(this.positionAt(now), now);
    this.speed = rate;
  }

  /** Stand still (or go on) because a picture that should be seen has (not) arrived. */
  hold(isHeld: boolean, now: number): void {
    if (isHeld === this.held) return;
    this.anchor(this.positionAt(now), now);
    this.held = isHeld;
  }

  /** Go with the leading picture, which is played untouched so that its sound stays smooth. */
  follow(positionMs: number, now: number): void {
    this.anchor(this.clamp(positionMs), now);
  }

  /** Stop at the end; return whether it just did. */
  endsAt(now: number): boolean {
    if (!this.playing || this.positionAt(now) < this.durationMs) return false;
    this.pause(now);
    return true;
  }

  private anchor(positionMs: number, now: number): void {
    this.anchorMs = positionMs;
    this.anchorAt = now;
  }

  private clamp(positionMs: number): number {
    return Math.min(this.durationMs, Math.max(0, positionMs));
  }
}
