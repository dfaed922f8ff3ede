/** The filters of the attendance list, as they stand in the address bar. */
import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { RowQuery } from "@/attendance";
import { dateIn } from "@/components/office/times";

export const PAGE_SIZE = 25;
export const STATES = ["OPEN", "AUTO_CLOSED", "CONFIRMED", "LOCKED"] as const;
export const WAITING = ["ASSISTANT", "ADMINISTRATOR"] as const;
const FILTERS = ["from", "to", "school_id", "subject", "state", "is_counted", "waits_for"] as const;

function one<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((each) => each === value);
}
function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What an address asks for; what makes no sense in it is left out rather than sent. */
export function readRowQuery(query: LocationQuery): RowQuery {
  const verdict = one(query.is_counted, ["true", "false"] as const);
  return {
    limit: PAGE_SIZE,
    from: dateIn(query.from),
    to: dateIn(query.to),
    school_id: text(query.school_id),
    subject: text(query.subject),
    state: one(query.state, STATES),
    is_counted: verdict === undefined ? undefined : verdict === "true",
    waits_for: one(query.waits_for, WAITING),
    cursor: text(query.cursor),
  };
}

/** The address of a query: only what differs from the plain list. */
export function writeRowQuery(wanted: RowQuery): LocationQueryRaw {
  const query: LocationQueryRaw = {};
  for (const key of [...FILTERS, "cursor"] as const) {
    const value = wanted[key];
    if (value !== undefined && value !== "") query[key] = String(value);
  }
  return query;
}

export function isFiltered(wanted: RowQuery): boolean {
  return FILTERS.some((key) => wanted[key] !== undefined);
}
