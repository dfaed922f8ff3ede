/** What the pages of the registry share: refusals in words, forms that others changed. */
import { reactive, shallowRef } from "vue";
import { Problem } from "@/api";
import { useAction as useActionOf } from "../alliances/common";

export const PAGE_SIZE = 20;

export const useAction = () => useActionOf("registry.refused");

/**
 * Somebody changed what a form is about: what was not touched in it becomes what it is now, what
 * was typed stays. So saving again undoes nothing of theirs but what is shown.
 */
export function takeUntouched<F extends object>(form: F, was: F, now: F): void {
  for (const field of Object.keys(was) as (keyof F)[]) {
    if (isSame(form[field], was[field])) form[field] = now[field];
  }
}

/** A form holds lists too: of subjects, of weekdays. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What something is called in a form, and what it is, in words. */
export type Fact = readonly [name: string, value: string];

/**
 * A form over a thing that others may change while it is open; `of` null: a new one. `fieldsOf`: what
 * the form begins with. `factsOf`: what of it is named when somebody else was faster.
 */
export function useEdited<T, F extends object>(
  of: T | null,
  fieldsOf: (of: T | null) => F,
  factsOf: (of: T) => readonly Fact[],
) {
  const base = shallowRef(of);
  const form = reactive(fieldsOf(of)) as F;
  /** What others changed; null: nobody did. */
  const others = shallowRef<readonly Fact[] | null>(null);

  /** Save at the server; false: somebody was faster, and the form is over what it is now. */
  async function edited(was: T, save: (was: T) => Promise<unknown>): Promise<boolean> {
    try {
      await save(was);
      return true;
    } catch (error) {
      // Of a race that was lost at the last moment the server says nothing more than that.
      if (!(error instanceof Problem) || error.type !== "changed-meanwhile" || error.extra.current == null) throw error;
      const now = error.extra.current as T;
      takeUntouched(form, fieldsOf(was), fieldsOf(now));
      const known = factsOf(was);
      others.value = factsOf(now).filter((fact) => !known.some((each) => isSame(each, fact)));
      base.value = now;
      return false;
    }
  }
  function takeTheirs(): void {
    Object.assign(form, fieldsOf(base.value));
    others.value = null;
  }

  return { base, form, others, edited, takeTheirs };
}
