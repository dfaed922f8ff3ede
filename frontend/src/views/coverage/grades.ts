/** Grades in words: those of the code set, for all that shows figures by grade. */
import { computed, onMounted, shallowRef, type ComputedRef } from "vue";
import type { Named } from "@/api";
import { labelOf } from "@/components/office/codes";
import { codesOf, type Code } from "@/registry";
import { useAction } from "../registry/common";

/** Shared, for tables, sentences and charts of one page speak of the same grades. */
const known = shallowRef<Code[]>([]);

export async function loadGrades(): Promise<void> {
  known.value = await codesOf("GRADE");
}

/** The word of a grade, by its number, which is its code; one nobody knows names itself. */
export function gradeOf(grade_no: number): string {
  const code = known.value.find((each) => each.code === String(grade_no));
  return code === undefined ? String(grade_no) : labelOf(code);
}

/** Read the grades when a page opens; return them, to choose from by their numbers. */
export function useGrades(): ComputedRef<Named[]> {
  const { act } = useAction();
  onMounted(() => act(loadGrades));
  return computed(() => known.value.map((code) => ({ id: code.code, name: labelOf(code) })));
}
