/**
 * One thing read from the server: what it is, whether it is being read, why it could not be.
 *
 * Answers that arrive late, after a newer question, are dropped. What was read before stays
 * on the page while it is read again, also when reading again fails.
 */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import { Problem } from "@/api";
import { useSession } from "@/session";

export interface Fetched<T> {
  value: ShallowRef<T | null>;
  problem: ShallowRef<Problem | null>;
  isLoading: Ref<boolean>;
  load: () => Promise<void>;
}

export function useFetched<T>(ask: () => Promise<T>): Fetched<T> {
  const value = shallowRef<T | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const isLoading = ref(false);
  let newest = 0;
  const onSignedOut = useSignedOut();

  async function load(): Promise<void> {
    const mine = ++newest;
    isLoading.value = true;
    try {
      const answer = await ask();
      if (mine !== newest) return;
      value.value = answer;
      problem.value = null;
    } catch (error) {
      if (mine !== newest) return;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) await onSignedOut();
      else problem.value = error;
    } finally {
      if (mine === newest) isLoading.value = false;
    }
  }

  return { value, problem, isLoading, load };
}

/** Return what to do when the server says the session is over: sign in, and come back here. */
export function useSignedOut(): () => Promise<void> {
  const router = useRouter();
  const route = useRoute();
  const session = useSession();
  return async () => {
    await session.load({ isFresh: true });
    await router.replace({ name: "sign-in", query: { next: route.fullPath, expired: "1" } });
  };
}

/** Call `ask` every `everyMs` while the page is shown and `isWanted()`; never twice at a time. */
export function useRepeated(ask: () => Promise<void>, everyMs: number, isWanted: () => boolean): void {
  let isAsking = false;
  const timer = setInterval(async () => {
    if (isAsking || document.hidden || !isWanted()) return;
    isAsking = true;
    try {
      await ask();
    } finally {
      isAsking = false;
    }
  }, everyMs);
  onScopeDispose(() => clearInterval(timer));
}

/** The time of day in milliseconds, moving on every second. */
export function useNow(): Ref<number> {
  const now = ref(Date.now());
  const timer = setInterval(() => (now.value = Date.now()), 1000);
  onScopeDispose(() => clearInterval(timer));
  return now;
}
