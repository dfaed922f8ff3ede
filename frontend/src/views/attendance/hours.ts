/** Service hours: in figures, by role, and where the lessons behind them are shown. */
import type { RouteLocationRaw } from "vue-router";
import type { Days, ServiceHours, ServiceRole } from "@/attendance";

const HOUR_MS = 3_600_000;
export const ROLES = ["LECTURER", "ASSISTANT"] as const satisfies readonly ServiceRole[];

/** Two decimals, as the export has them. */
export function hoursText(ms: number): string {
  return (ms / HOUR_MS).toFixed(2);
}

/** The role an address names, if it is one. */
export function roleIn(value: unknown): ServiceRole | undefined {
  return ROLES.find((role) => role === value);
}

/** One person has a line for each school and role. */
export function keyOf({ person_id, school_id, role }: ServiceHours): string {
  return `${person_id} ${school_id} ${role}`;
}

/** Where the lessons behind somebody's hours are: what a lecturer gave, what was received where an assistant stood. */
export function lessonsOf({ name, role, school_id }: ServiceHours, days: Days): RouteLocationRaw {
  return role === "LECTURER"
    ? { name: "admin-sessions", query: { ...days, q: name, school_id } }
    : { name: "admin-attendance", query: { ...days, school_id, state: "LOCKED", is_counted: "true" } };
}
