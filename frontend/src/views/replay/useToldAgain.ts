/** What of a running lesson can be played is asked again: a screen may be shared later, a classroom come on stage. */
import type { LookBack, Problem } from "@/api";
import { useRepeated } from "@/components/office/useFetched";

/** A part is closed every 6 to 8 s: nothing new is to be seen sooner. */
const LEARN_MS = 6_000;

/** Call `load` while the page is shown, until what it told is the whole lesson, or was refused. */
export function useToldAgain(
  load: () => Promise<void>,
  told: () => LookBack | null,
  problem: () => Problem | null,
): void {
  // Once more after the end: the last parts are closed a moment later.
  useRepeated(load, LEARN_MS, () => told()?.is_over !== true && !isRefused(problem()));
}

/** What may not be seen any more is taken away, whatever was fetched of it. */
export function isRefused(problem: Problem | null): boolean {
  return problem?.status === 404;
}
