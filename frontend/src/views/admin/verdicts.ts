/** What holds of an attendance row: what was closed, or what its last correction says instead. */
import type { AttendanceRow } from "@/api";

export function isCountedOf(row: AttendanceRow): boolean | null {
  const last = row.amendments.at(-1);
  return last === undefined ? row.is_counted : last.new_is_counted;
}

export function headcountOf(row: AttendanceRow): number | null {
  const last = row.amendments.at(-1);
  return last === undefined ? row.headcount : last.new_headcount;
}

/** Who reported the head count that holds; null: not known or not told, or a correction says another. */
export function reporterOf(row: AttendanceRow): string | null {
  return headcountOf(row) === row.headcount ? row.headcount_by : null;
}
