import { describe, expect, it } from "vitest";
import { Stalls, TOO_LONG_MS } from "../src/views/replay/stalls";

const TICK_MS = 100;
type How = "waits" | "plays" | "paused";

/** Let a player go on like this; return after how long it was too much, or null. */
function after(stalls: Stalls, pattern: [How, ms: number][], forMs: number, fromMs = 0): number | null {
  const cycle = pattern.reduce((sum, [, ms]) => sum + ms, 0);
  for (let ms = 0; ms <= forMs; ms += TICK_MS) {
    let left = ms % cycle;
    const how = pattern.find(([, length]) => (left -= length) < 0)?.[0] ?? "plays";
    stalls.note(fromMs + ms, how);
    if (stalls.isTooMuch) return ms;
  }
  return null;
}

describe("how much a player waits", () => {
  it("is too much after one long wait, and not before", () => {
    const stalls = new Stalls();
    expect(after(stalls, [["waits", 60_000]], TOO_LONG_MS - TICK_MS)).toBeNull();
    expect(after(stalls, [["waits", 60_000]], TICK_MS, TOO_LONG_MS)).not.toBeNull();
  });

  it("is too much where a line gives half of what is played, within half a minute", () => {
    const found = after(new Stalls(), [["plays", 2_000], ["waits", 2_000]], 60_000);
    expect(found).not.toBeNull();
    expect(found).toBeLessThan(30_000);
  });

  it("is made good by playing: a wait of two seconds now and then is none too much", () => {
    expect(after(new Stalls(), [["waits", 2_000], ["plays", 15_000]], 3_600_000)).toBeNull();
  });

  it("is no longer too much once it has played for a while, or plays something else", () => {
    const stalls = new Stalls();
    after(stalls, [["waits", 600_000]], 600_000);
    for (let i = 0; i < 600 && stalls.isTooMuch; i++) {
      expect(i).toBeLessThan(40);
      stalls.note(600_000 + i * 1_000, "plays");
    }
    after(stalls, [["waits", 60_000]], 60_000, 2_000_000);
    expect(stalls.isTooMuch).toBe(true);
    stalls.forget();
    expect(stalls.isTooMuch).toBe(false);
  });

  it("is not counted while paused, nor while the page was not looked at", () => {
    const stalls = new Stalls();
    expect(after(stalls, [["paused", 60_000]], 60_000)).toBeNull();
    stalls.note(100_000, "waits");
    stalls.note(700_000, "waits");
    expect(stalls.isTooMuch).toBe(false);
  });
});
