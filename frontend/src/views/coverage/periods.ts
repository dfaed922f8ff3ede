/**
 * Periods a week as they are typed: a text for each field, "" for none. A plan has a field for each
 * grade and subject, a timetable one for each subject; the key of a field says which.
 */
import type { CurriculumCell, LocalPeriods } from "@/coverage";

export type Typed = Record<string, string>;
export const MOST_A_WEEK = 40;

/** The field of a subject in a grade. */
export function keyOf(grade_no: number, subject_id: string): string {
  return `${grade_no} ${subject_id}`;
}

/** Whether a field says a number of periods, to a tenth, or nothing. */
export function isPeriods(text: string): boolean {
  if (text.trim() === "") return true;
  const value = Number(text);
  return /^\d+(\.\d)?$/.test(text.trim()) && value <= MOST_A_WEEK;
}

/** Periods a week of a field; 0: none. */
export function periodsOf(text: string | undefined): number {
  return text === undefined || !isPeriods(text) ? 0 : Number(text);
}

/** The sum of fields, to a tenth. */
export function sumOf(texts: readonly (string | undefined)[]): number {
  return texts.reduce((sum, text) => sum + Math.round(periodsOf(text) * 10), 0) / 10;
}

export function typedOfPlan(cells: readonly { grade_no: number; subject: { id: string }; periods_a_week: number }[]): Typed {
  return Object.fromEntries(cells.map((cell) => [keyOf(cell.grade_no, cell.subject.id), String(cell.periods_a_week)]));
}
export function cellsOf(typed: Typed): CurriculumCell[] {
  return Object.entries(typed).flatMap(([key, text]) => {
    const [grade = "", subject_id = ""] = key.split(" ");
    const periods_a_week = periodsOf(text);
    return periods_a_week === 0 ? [] : [{ grade_no: Number(grade), subject_id, periods_a_week }];
  });
}

export function typedOfTimetable(periods: readonly { subject: { id: string }; periods_a_week: number }[]): Typed {
  return Object.fromEntries(periods.map((each) => [each.subject.id, String(each.periods_a_week)]));
}
export function localOf(typed: Typed): LocalPeriods[] {
  return Object.entries(typed).flatMap(([subject_id, text]) => {
    const periods_a_week = periodsOf(text);
    return periods_a_week === 0 ? [] : [{ subject_id, periods_a_week }];
  });
}

/**
 * Somebody saved meanwhile: fields nobody touched here become what they are now, typed ones stay.
 * Return what differs now from what the form began with, by the keys of the fields.
 */
export function takeTheirs(typed: Typed, was: Typed, now: Typed): string[] {
  const keys = [...new Set([...Object.keys(typed), ...Object.keys(was), ...Object.keys(now)])];
  for (const key of keys) {
    if ((typed[key] ?? "") === (was[key] ?? "")) typed[key] = now[key] ?? "";
  }
  return keys.filter((key) => (was[key] ?? "") !== (now[key] ?? ""));
}
