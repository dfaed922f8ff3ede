/** The terms that hold somewhere in scope, to choose one from: the newest first. */
import { computed } from "vue";
import { calendar } from "@/calendars";
import { useFetched } from "./useFetched";

/** As many as a page of the server holds: a county's of a century. */
const MOST = 200;

export function useTerms() {
  const { value, problem, load } = useFetched(() => calendar.terms({ limit: MOST }));
  const terms = computed(() => value.value?.items ?? null);
  /** Two counties may call theirs the same. */
  const choices = computed(() => (terms.value ?? []).map(({ id, name, region }) => ({ id, name: `${name} · ${region}` })));
  return { terms, choices, problem, load };
}
