/** The filters of the session list, as they stand in the address bar. */
import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { SessionQuery } from "@/api";
import { dateIn } from "@/components/office/times";

export const PAGE_SIZE = 20;
const KEYS = ["from", "to", "school_id", "kind", "state", "subject", "grade", "q"] as const;

/** What an address asks for; what makes no sense in it is left out rather than sent. */
export function readQuery(query: LocationQuery): SessionQuery {
  const wanted: SessionQuery = { limit: PAGE_SIZE };
  for (const key of KEYS) {
    const value = query[key];
    if (typeof value !== "string" || value === "") continue;
    if ((key === "from" || key === "to") && dateIn(value) === undefined) continue;
    Object.assign(wanted, { [key]: value }); // words it does not know the server refuses
  }
  if (typeof query.cursor === "string" && query.cursor !== "") wanted.cursor = query.cursor;
  return wanted;
}

/** The address of a query: only what differs from the plain list. */
export function writeQuery(wanted: SessionQuery): LocationQueryRaw {
  const query: LocationQueryRaw = {};
  for (const key of KEYS) {
    if (wanted[key] !== undefined && wanted[key] !== "") query[key] = wanted[key];
  }
  if (wanted.cursor !== undefined) query.cursor = wanted.cursor;
  return query;
}

export function isFiltered(wanted: SessionQuery): boolean {
  return KEYS.some((key) => wanted[key] !== undefined);
}
