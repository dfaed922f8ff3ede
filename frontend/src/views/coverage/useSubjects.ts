/** The subjects lessons, curricula and timetables are kept by, to choose from by their ids. */
import { computed, shallowRef, type ComputedRef } from "vue";
import type { Named } from "@/api";
import { labelOf } from "@/components/office/codes";
import { codesOf, type Code } from "@/registry";
import { useAction } from "../registry/common";

export function useSubjects(): { subjects: ComputedRef<Named[]>; load: () => Promise<unknown> } {
  const found = shallowRef<Code[]>([]);
  const { act } = useAction();
  return {
    subjects: computed(() => found.value.map((code) => ({ id: code.id, name: labelOf(code) }))),
    load: () =>
      act(async () => {
        found.value = await codesOf("SUBJECT");
      }),
  };
}
