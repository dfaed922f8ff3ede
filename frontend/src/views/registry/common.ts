/** What the pages of the registry share: refusals in words, forms that others changed. */
import { useAction as useActionOf } from "../alliances/common";

export const PAGE_SIZE = 20;

export const useAction = () => useActionOf("registry.refused");

/**
 * Somebody changed what a form is about: what was not touched in it becomes what it is now, what
 * was typed stays. So saving again undoes nothing of theirs but what is shown.
 */
export function takeUntouched<F extends object>(form: F, was: F, now: F): void {
  for (const field of Object.keys(was) as (keyof F)[]) {
    if (form[field] === was[field]) form[field] = now[field];
  }
}

/** 小学教学点: the category of schools that belong to another. */
export const TEACHING_POINT = "218";
