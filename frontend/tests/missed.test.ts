/** What a classroom missed: counted from what it received, offered when the line is back. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, shallowRef, type EffectScope, type ShallowRef } from "vue";
import type { Live } from "@/live";
import type { SignalingState } from "@/signaling";
import { LEAD_MS, useMissed, withLoss, WORTH_MS, type Missed } from "@/views/classroom/missed";

/** The lesson clock stood at 60 s at the monotonic moment 1 000 s. */
const CLOCK = { clockMs: 60_000, at: 1_000_000 };

describe("what was missed", () => {
  it("begins a little before the line went, also when the clock was set after that", () => {
    const since = CLOCK.at - 20_000;
    expect(withLoss(null, CLOCK, since, CLOCK.at)).toEqual({
      fromMs: 40_000 - LEAD_MS,
      lengthMs: 20_000,
      endedAt: CLOCK.at,
    });
  });

  it("never begins before the lesson", () => {
    expect(withLoss(null, CLOCK, CLOCK.at - 90_000, CLOCK.at)?.fromMs).toBe(0);
  });

  it("is nothing when it is over at once, and then changes nothing of what was missed before", () => {
    expect(withLoss(null, CLOCK, CLOCK.at - WORTH_MS + 1, CLOCK.at)).toBeNull();
    const before: Missed = { fromMs: 1_000, lengthMs: 9_000, endedAt: CLOCK.at - 30_000 };
    expect(withLoss(before, CLOCK, CLOCK.at - 1_000, CLOCK.at)).toBe(before);
  });

  it("is from the first of two losses on, and as long as both", () => {
    const first = withLoss(null, CLOCK, CLOCK.at, CLOCK.at + 10_000);
    const both = withLoss(first, CLOCK, CLOCK.at + 15_000, CLOCK.at + 27_000);
    expect(both).toEqual({ fromMs: 60_000 - LEAD_MS, lengthMs: 22_000, endedAt: CLOCK.at + 27_000 });
  });

  it("counts no second twice when one loss is seen in two ways", () => {
    const first = withLoss(null, CLOCK, CLOCK.at, CLOCK.at + 10_000);
    const both = withLoss(first, CLOCK, CLOCK.at + 2_000, CLOCK.at + 12_000);
    expect(both).toEqual({ fromMs: 60_000 - LEAD_MS, lengthMs: 12_000, endedAt: CLOCK.at + 12_000 });
  });
});

describe("the offer to see what was missed", () => {
  let scope: EffectScope;
  let missed: ShallowRef<Missed | null>;
  let state: ShallowRef<SignalingState>;
  let missingSince: ShallowRef<number | null>;
  let now: ShallowRef<number>;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    state = shallowRef<SignalingState>({ kind: "open" });
    missingSince = shallowRef<number | null>(null);
    now = shallowRef(CLOCK.at);
    const live = { state, missingSince, now, room: shallowRef({ clock: CLOCK }) } as unknown as Live;
    scope = effectScope();
    missed = scope.run(() => useMissed(live)) as ShallowRef<Missed | null>;
  });
  afterEach(() => {
    scope.stop();
    vi.useRealTimers();
  });

  async function lost(forMs: number): Promise<void> {
    state.value = { kind: "reconnecting", since: now.value, attempt: 1 };
    await nextTick();
    expect(missed.value).toBeNull();
    now.value += forMs;
    state.value = { kind: "open" };
    await nextTick();
  }

  it("comes when the line is back, not before", async () => {
    await lost(20_000);
    expect(missed.value).toMatchObject({ fromMs: 60_000 - LEAD_MS, lengthMs: 20_000 });
  });

  it("counts until picture and sound are back, too", async () => {
    state.value = { kind: "reconnecting", since: now.value, attempt: 1 };
    await nextTick();
    now.value += 6_000;
    missingSince.value = now.value;
    state.value = { kind: "open" };
    await nextTick();
    expect(missed.value).toBeNull();
    now.value += 6_000;
    missingSince.value = null;
    await nextTick();
    expect(missed.value?.lengthMs).toBe(12_000);
  });

  it("does not come when the lesson is over instead", async () => {
    state.value = { kind: "reconnecting", since: now.value, attempt: 1 };
    await nextTick();
    now.value += 60_000;
    state.value = { kind: "over", reason: "lesson_over", detail: "" };
    await nextTick();
    expect(missed.value).toBeNull();
  });

  it("goes by itself after a while", async () => {
    await lost(20_000);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(missed.value).not.toBeNull();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(missed.value).toBeNull();
  });
});
