/** A need that is begun elsewhere, as the address of the page of needs carries it. */
import type { LocationQuery } from "vue-router";

/** What is known of it: the school, the subject by its code's id, the grade. */
export interface NeedBegun {
  school: string;
  subject: string;
  grade: number;
}

export function addressOfNeed({ school, subject, grade }: NeedBegun): Record<keyof NeedBegun, string> {
  return { school, subject, grade: String(grade) };
}

/** null: the address begins none. */
export function needBegun({ school, subject, grade }: LocationQuery): NeedBegun | null {
  if (typeof school !== "string" || typeof subject !== "string" || school === "" || subject === "") return null;
  const no = Number(grade);
  return Number.isInteger(no) && no >= 1 ? { school, subject, grade: no } : null;
}
