/** Gaps as a table: rows of sites and grades, columns of subjects. */
import type { Gap, SiteGap, Subject } from "@/coverage";

export interface GapRow {
  site: { id: string; name: string };
  grade_no: number;
  /** By the id of the subject. */
  cells: Map<string, SiteGap>;
  /** What is lacking in all of them, in periods. */
  gap: number;
  /** How many rows this one's site takes if it is the first of them; else 0. */
  span: number;
}

/** The subjects there are among cells, those that lack most first. */
export function subjectsOf(cells: readonly Gap[]): Subject[] {
  const lacking = new Map<string, { subject: Subject; gap: number }>();
  for (const { subject, gap } of cells) {
    const sum = lacking.get(subject.id) ?? { subject, gap: 0 };
    sum.gap += gap;
    lacking.set(subject.id, sum);
  }
  return [...lacking.values()].sort((a, b) => b.gap - a.gap).map(({ subject }) => subject);
}

/** Put the cells of a list, which come site by site and grade by grade, into rows. */
export function rowsOf(cells: readonly SiteGap[]): GapRow[] {
  const rows: GapRow[] = [];
  let first: GapRow | undefined;
  for (const cell of cells) {
    let row = rows.at(-1);
    if (row === undefined || row.site.id !== cell.school.id || row.grade_no !== cell.grade_no) {
      row = { site: cell.school, grade_no: cell.grade_no, cells: new Map(), gap: 0, span: 0 };
      if (first === undefined || first.site.id !== cell.school.id) first = row;
      first.span += 1;
      rows.push(row);
    }
    row.cells.set(cell.subject.id, cell);
    row.gap = Math.round((row.gap + cell.gap) * 10) / 10;
  }
  return rows;
}
