/** What the pages of the registry share: words for codes, what stands in the address bar, keys. */
import { computed, shallowRef, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import type { Named } from "@/api";
import { currentLocale } from "@/i18n";
import { codesOf, type Code, type CodeKind } from "@/registry";
import { useAction as useActionOf } from "../alliances/common";

export const PAGE_SIZE = 20;

export const useAction = () => useActionOf("registry.refused");

/** Keys for what is made: the same wish sent again has the same key and makes nothing twice. */
export function useKeys(): (wish: unknown) => string {
  let wished: string | null = null;
  let key = "";
  return (wish) => {
    const text = JSON.stringify(wish);
    if (text !== wished) {
      wished = text;
      key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join("");
    }
    return key;
  };
}

/**
 * Somebody changed what a form is about: what was not touched in it becomes what it is now, what
 * was typed stays. So saving again undoes nothing of theirs but what is shown.
 */
export function takeUntouched<F extends object>(form: F, was: F, now: F): void {
  for (const field of Object.keys(was) as (keyof F)[]) {
    if (form[field] === was[field]) form[field] = now[field];
  }
}

/** The codes of some kinds by their words; a code nobody knows names itself. */
export function useCodeWords(...kinds: CodeKind[]) {
  const found = shallowRef<Code[]>([]);
  const label = (code: Code): string => (currentLocale() === "zh" ? code.label_zh : code.label_en);

  async function load(): Promise<void> {
    found.value = (await Promise.all(kinds.map(codesOf))).flat();
  }
  function word(kind: CodeKind, code: string | null): string {
    if (code === null) return "–";
    const known = found.value.find((each) => each.kind === kind && each.code === code);
    return known === undefined ? code : label(known);
  }
  function named(kind: CodeKind): Named[] {
    return found.value.filter((each) => each.kind === kind).map((each) => ({ id: each.code, name: label(each) }));
  }

  /** The word of a code by its id. */
  function wordOf(id: string): string {
    const known = found.value.find((each) => each.id === id);
    return known === undefined ? id : label(known);
  }

  return { load, word, wordOf, named };
}

/** What the address bar says of a list: its filters, and which page of it. */
export function useAddress<K extends string>(keys: readonly K[]) {
  const route = useRoute();
  const router = useRouter();
  const name = route.name;
  type Wanted = Partial<Record<K | "cursor", string>>;

  const wanted: ComputedRef<Wanted> = computed(() => {
    const read: Wanted = {};
    for (const key of [...keys, "cursor"] as const) {
      const value = route.query[key];
      if (typeof value === "string" && value !== "") read[key] = value;
    }
    return read;
  });
  const isFiltered = computed(() => keys.some((key) => wanted.value[key] !== undefined));

  /** A changed filter begins at the first page again. */
  function change(part: Wanted): void {
    const query = { ...wanted.value, cursor: undefined, ...part };
    void router.replace({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value)) as Wanted });
  }
  /** Whether the page is still this one: an address is watched while it is left, too. */
  const isHere = (): boolean => route.name === name;

  return { wanted, isFiltered, change, isHere };
}

/** 小学教学点: the category of schools that belong to another. */
export const TEACHING_POINT = "218";

export type CodeWords = ReturnType<typeof useCodeWords>;
