/** Codes in words, in the language of the page. */
import { computed, shallowRef, type Ref } from "vue";
import type { Named } from "@/api";
import { currentLocale } from "@/i18n";
import { codesOf, type Code, type CodeKind } from "@/registry";
import { dateOf } from "./times";

export function labelOf(code: Code): string {
  return currentLocale() === "zh" ? code.label_zh : code.label_en;
}

/** A grade: its number counted from the first form, which is its code, and its word. */
export interface Grade {
  no: number;
  name: string;
}

/** The codes of some kinds by their words; a code nobody knows names itself. */
export function useCodeWords(...kinds: CodeKind[]) {
  const found = shallowRef<Code[]>([]);

  async function load(): Promise<void> {
    found.value = (await Promise.all(kinds.map(codesOf))).flat();
  }
  function word(kind: CodeKind, code: string | null): string {
    if (code === null) return "–";
    const known = found.value.find((each) => each.kind === kind && each.code === code);
    return known === undefined ? code : labelOf(known);
  }
  function named(kind: CodeKind): Named[] {
    return found.value.filter((each) => each.kind === kind).map((each) => ({ id: each.code, name: labelOf(each) }));
  }

  /** The grades there are, in their order. */
  function grades(): Grade[] {
    return named("GRADE").map(({ id, name }) => ({ no: Number(id), name }));
  }

  /** What may be chosen of a kind where ids are kept, not codes. */
  function byId(kind: CodeKind): Named[] {
    return found.value.filter((each) => each.kind === kind).map((each) => ({ id: each.id, name: labelOf(each) }));
  }

  /** The word of a code by its id. */
  function wordOf(id: string): string {
    const known = found.value.find((each) => each.id === id);
    return known === undefined ? id : labelOf(known);
  }

  /** The code of a kind by its id; undefined: there is none. */
  function codeOf(kind: CodeKind, id: string): string | undefined {
    return found.value.find((each) => each.kind === kind && each.id === id)?.code;
  }

  /** Whether schools of a category are teaching points (教学点), which belong to another school. */
  function isPoint(category: string): boolean {
    return found.value.some((each) => each.kind === "SCHOOL_CATEGORY" && each.code === category && each.is_point);
  }

  /** What one begins with where nothing is known: the first code of a kind that holds today; "": there is none. */
  function first(kind: CodeKind): string {
    return firstOf(found.value.filter((each) => each.kind === kind));
  }

  return { load, word, wordOf, named, grades, byId, codeOf, isPoint, first };
}

/** The first of these codes that holds today; "": there is none. */
export function firstOf(codes: readonly Code[]): string {
  const today = dateOf(new Date());
  const holds = ({ valid_from, valid_to }: Code): boolean =>
    (valid_from === null || valid_from <= today) && (valid_to === null || today <= valid_to);
  return codes.find(holds)?.code ?? "";
}

/** The word of a grade; one that is not among those known names itself. */
export function gradeIn(grades: readonly Grade[], no: number): string {
  return grades.find((each) => each.no === no)?.name ?? String(no);
}

export type CodeWords = ReturnType<typeof useCodeWords>;

/** By what lessons are found: they hold their subject and grade by its Chinese word. */
export function useLessonWords(): { subjects: Ref<Named[]>; grades: Ref<Named[]>; load: () => Promise<void> } {
  const found = shallowRef<Code[]>([]);
  const of = (kind: CodeKind) =>
    computed(() =>
      found.value.filter((code) => code.kind === kind).map((code) => ({ id: code.label_zh, name: labelOf(code) })),
    );
  async function load(): Promise<void> {
    found.value = (await Promise.all([codesOf("SUBJECT"), codesOf("GRADE")])).flat();
  }
  return { subjects: of("SUBJECT"), grades: of("GRADE"), load };
}

/** The codes of subjects and languages, which lessons and pairings name without their kind, and the grades. */
export function useCodes(): {
  subjects: Ref<Named[]>;
  languages: Ref<Named[]>;
  grades: Ref<Grade[]>;
  word: (code: string) => string;
  /** The word of a grade. */
  grade: (no: number) => string;
  /** The code of a subject by its id; undefined: there is none. */
  subjectCode: (id: string) => string | undefined;
  /** The language one begins with: the first that holds today. */
  usualLanguage: Ref<string>;
  load: () => Promise<void>;
} {
  const { load, named, codeOf, first, ...words } = useCodeWords("SUBJECT", "LANGUAGE", "GRADE");
  const grades = computed(words.grades);
  const subjects = computed(() => named("SUBJECT"));
  const languages = computed(() => named("LANGUAGE"));

  function word(code: string): string {
    return [...subjects.value, ...languages.value].find((each) => each.id === code)?.name ?? code;
  }

  const grade = (no: number): string => gradeIn(grades.value, no);
  const usualLanguage = computed(() => first("LANGUAGE"));

  return { subjects, languages, grades, word, grade, subjectCode: (id) => codeOf("SUBJECT", id), usualLanguage, load };
}
