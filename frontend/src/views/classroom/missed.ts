/** What of a lesson a classroom missed while its line was gone, and may be shown afterwards. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import type { Live } from "@/live";
import { clockAt, type LessonClock } from "@/room";

/** Of what is shorter nothing can be shown yet when it is over: the parts of a recording close every 6 to 8 s. */
export const WORTH_MS = 10_000;
/** Shown from a little before, so that it begins with something known. */
export const LEAD_MS = 3_000;
/** Then the offer goes by itself: who listened on has decided. */
const OFFERED_FOR_MS = 60_000;

export interface Missed {
  /** Where to begin, on the lesson clock. */
  readonly fromMs: number;
  /** How long nothing came. */
  readonly lengthMs: number;
  /** When something came again (monotonic milliseconds). */
  readonly endedAt: number;
}

/** Return what was missed after one more loss from `since` to `now` (monotonic milliseconds); they may overlap. */
export function withLoss(missed: Missed | null, clock: LessonClock, since: number, now: number): Missed | null {
  if (now - since < WORTH_MS) return missed;
  const fromMs = Math.max(0, clockAt(clock, since) - LEAD_MS);
  if (missed === null) return { fromMs, lengthMs: now - since, endedAt: now };
  return {
    fromMs: Math.min(missed.fromMs, fromMs),
    lengthMs: missed.lengthMs + now - Math.max(since, missed.endedAt),
    endedAt: now,
  };
}

/**
 * Since when this classroom receives nothing, or null: it receives, or is not in the lesson. While the
 * WebSocket is gone nobody looks whether media still comes (`Recovery`): it is taken to be gone, too.
 */
function lostSince(live: Live): number | null {
  const state = live.state.value;
  if (state.kind === "reconnecting") return state.since;
  return state.kind === "open" ? live.missingSince.value : null;
}

/** What may be offered to be shown again; null: nothing. Setting it to null takes it up or back. */
export function useMissed(live: Live): ShallowRef<Missed | null> {
  const missed = shallowRef<Missed | null>(null);
  let began: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  watch(
    () => lostSince(live),
    (since) => {
      if (since !== null) {
        began = Math.min(began ?? since, since);
        return;
      }
      const from = began;
      const room = live.room.value;
      began = null;
      if (from === null || room === null || live.state.value.kind !== "open") return;
      missed.value = withLoss(missed.value, room.clock, from, live.now.value);
      clearTimeout(timer);
      timer = setTimeout(() => (missed.value = null), OFFERED_FOR_MS);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearTimeout(timer));
  return missed;
}
