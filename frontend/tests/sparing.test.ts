import { beforeEach, describe, expect, it } from "vitest";
import { FIRST_TRIAL_MS, MOST_BETWEEN_MS, Sparing } from "../src/views/replay/sparing";
import { TOO_LONG_MS } from "../src/views/replay/stalls";

const TICK_MS = 100;

describe("a camera that the line does not carry", () => {
  let sparing: Sparing;
  let now: number;
  let position: number;
  function go(how: "waits" | "plays" | "paused", forMs: number): void {
    for (let ms = 0; ms < forMs; ms += TICK_MS) {
      now += TICK_MS;
      if (how === "plays") position += TICK_MS;
      sparing.note(now, how, position);
    }
  }
  beforeEach(() => {
    sparing = new Sparing();
    now = 1_000;
    position = 0;
    go("plays", 1_000);
  });

  it("is left out when it was waited for too long, and not for a short wait", () => {
    go("waits", TOO_LONG_MS - 1_000);
    expect(sparing.leavesOut).toBe(false);
    go("waits", 1_500);
    expect(sparing.leavesOut).toBe(true);
    expect(sparing.backAtMs).toBeNull();
  });

  it("is tried after a while, and shown again from the part on that came in time", () => {
    go("waits", TOO_LONG_MS + 1_000);
    expect(sparing.isTrialDue(now)).toBe(false);
    go("plays", FIRST_TRIAL_MS);
    expect(sparing.isTrialDue(now)).toBe(true);
    sparing.tried(now, position + 8_000);
    expect(sparing.isTrialDue(now)).toBe(false);
    go("plays", 7_900);
    expect(sparing.leavesOut).toBe(true);
    go("plays", 200);
    expect(sparing.leavesOut).toBe(false);
  });

  it("is tried ever more rarely while the line stays narrow, but never given up", () => {
    go("waits", TOO_LONG_MS + 1_000);
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const since = now;
      while (!sparing.isTrialDue(now)) go("plays", TICK_MS);
      waits.push(Math.round((now - since) / 1_000) * 1_000);
      sparing.tried(now, null);
    }
    expect(waits.slice(1)).toEqual([2, 4, 8, 8, 8].map((n) => n * FIRST_TRIAL_MS));
    expect(waits.at(-1)).toBe(MOST_BETWEEN_MS);
  });

  it("is tried soon where nothing was recorded yet that could be tried, and after another place was sought", () => {
    go("waits", TOO_LONG_MS + 1_000);
    go("plays", FIRST_TRIAL_MS);
    sparing.tried(now, undefined);
    expect(sparing.isTrialDue(now)).toBe(false);
    go("plays", 3_000);
    expect(sparing.isTrialDue(now)).toBe(true);
    sparing.tried(now, position + 8_000);
    sparing.forgetTrial();
    expect(sparing.backAtMs).toBeNull();
    expect(sparing.isTrialDue(now)).toBe(true);
  });
});
