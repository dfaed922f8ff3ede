/** The captions of a replay: which are chosen, and what is to be read now. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { Problem, send, type CaptionsTrack } from "@/api";
import { cuesAt, cuesOf, keepLanguage, keptLanguage, type Cue } from "./captions";

export interface Captions {
  tracks: ComputedRef<readonly CaptionsTrack[]>;
  /** The chosen one's id; null: none is shown. */
  chosen: Ref<string | null>;
  now: ComputedRef<readonly Cue[]>;
  /** Why the chosen ones cannot be shown. */
  problem: Ref<Problem | null>;
  choose: (id: string | null) => void;
  /** Show those that were shown last, or none. */
  toggle: () => void;
}

/** `personId`: who watches; what she chose is remembered on this computer. */
export function useCaptions(tracks: () => readonly CaptionsTrack[], positionMs: Ref<number>, personId: string): Captions {
  const all = computed(tracks);
  const chosen = ref<string | null>(null);
  const cues = shallowRef<readonly Cue[]>([]);
  const problem = ref<Problem | null>(null);
  let last: string | null = null;

  function choose(id: string | null): void {
    last = chosen.value ?? last;
    chosen.value = id;
    keepLanguage(personId, all.value.find((track) => track.id === id)?.language ?? null);
  }

  function begin(): void {
    const language = keptLanguage(personId);
    const kept = all.value.find((track) => track.language === language);
    chosen.value = all.value.some((track) => track.id === chosen.value) ? chosen.value : (kept?.id ?? null);
  }
  watch(all, begin, { immediate: true });

  const url = computed(() => all.value.find((track) => track.id === chosen.value)?.url ?? null);
  watch(
    [url, all],
    async ([wanted], _before, onCleanup) => {
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      cues.value = [];
      problem.value = null;
      if (wanted === null) return;
      try {
        const answer = await send(wanted, { signal: stop.signal });
        const text = await answer.text();
        if (!stop.signal.aborted) cues.value = cuesOf(text);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!(error instanceof Problem)) throw error;
        problem.value = error;
      }
    },
    { immediate: true },
  );

  return {
    tracks: all,
    chosen,
    now: computed(() => cuesAt(cues.value, positionMs.value)),
    problem,
    choose,
    toggle: () => {
      const before = all.value.find((track) => track.id === last) ?? all.value[0];
      choose(chosen.value === null ? (before?.id ?? null) : null);
    },
  };
}
