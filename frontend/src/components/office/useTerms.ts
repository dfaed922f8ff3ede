/** The terms that hold somewhere in scope, to choose one from: all of them, the newest first. */
import { computed } from "vue";
import { calendar } from "@/calendars";
import { useFetched } from "./useFetched";

export function useTerms() {
  const { value: terms, problem, load } = useFetched(calendar.everyTerm);
  /** Two counties may call theirs the same. */
  const choices = computed(() => (terms.value ?? []).map(({ id, name, region }) => ({ id, name: `${name} · ${region}` })));
  return { terms, choices, problem, load };
}
