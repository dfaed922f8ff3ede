/** Attendance rows, corrections, the lock of a term and service hours at the server. Days are `2026-03-02`. */
import { client, dataOf, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type AttendanceRow = Schemas["AttendanceRowOut"];
export type Amendment = Schemas["AmendmentOut"];
export type AttendanceState = Schemas["AttendanceState"];
export type WaitsFor = Schemas["WaitsFor"];
export type WeekMinutes = Schemas["WeekMinutes"];
export type SchoolMinutes = Schemas["SchoolMinutes"];
export type MinuteSums = Omit<WeekMinutes, "monday">;
export type ServiceHours = Schemas["ServiceHours"];
export type ServiceRole = Schemas["ServiceRole"];
export type Rule = Schemas["AttendanceRuleOut"];

export interface RowQuery extends Paging {
  from?: string;
  to?: string;
  school_id?: string;
  subject?: string;
  state?: AttendanceState;
  is_counted?: boolean;
  waits_for?: WaitsFor;
}

/** From which day to which, both included. */
export interface Days {
  from: string;
  to: string;
}

/**
 * Whose service hours of these days: of teachers with these letters in their name, in this role, who gave them at
 * this hub or assisted at this school.
 */
export interface HoursQuery extends Days {
  q?: string;
  role?: ServiceRole;
  school_id?: string;
}
/** Which of one's own lessons: of these days, in this role. */
export interface OwnQuery extends Days {
  role?: ServiceRole;
}

export const attendance = {
  rows: (query: RowQuery) => dataOf(client.get("/api/admin/attendance", { query })),
  exportUrl: (query: RowQuery, format: Format) => linkTo("/api/admin/attendance/export", { query: { ...query, format } }),
  row: (record_id: string) => dataOf(client.get("/api/admin/attendance/{record_id}", { path: { record_id } })),
  amendments: (record_id: string) =>
    dataOf(client.get("/api/admin/attendance/{record_id}/amendments", { path: { record_id } })),
  amend: (record_id: string, json: Schemas["AmendmentIn"]) =>
    dataOf(client.post("/api/admin/attendance/{record_id}/amendments", { path: { record_id }, json })),
  confirm: (record_id: string, headcount: number | null) =>
    dataOf(
      client.post("/api/admin/attendance/{record_id}/confirmation", { path: { record_id }, json: { headcount } }),
    ),
  term: (term_id: string) => dataOf(client.get("/api/admin/terms/{term_id}/attendance", { path: { term_id } })),
  lock: (term_id: string) =>
    dataOf(client.post("/api/admin/terms/{term_id}/attendance-lock", { path: { term_id } })),
};

/** What was heard, added up over the rows of a filter. */
export const minuteSums = {
  byWeek: (query: Omit<RowQuery, "limit" | "cursor"> & Days) =>
    dataOf(client.get("/api/admin/attendance/weeks", { query })),
  bySchool: (query: RowQuery & Days) => dataOf(client.get("/api/admin/attendance/schools", { query })),
  bySchoolUrl: (query: Omit<RowQuery, "limit" | "cursor"> & Days, format: Format) =>
    linkTo("/api/admin/attendance/schools/export", { query: { ...query, format } }),
};

/** 计入规则: by which a lesson counts at a site; one holds at a time, everywhere. */
export const rules = {
  list: (query: Paging) => dataOf(client.get("/api/admin/attendance-rules", { query })),
  exportUrl: (format: Format) => linkTo("/api/admin/attendance-rules/export", { query: { format } }),
  add: (json: Schemas["AttendanceRuleIn"]) => dataOf(client.post("/api/admin/attendance-rules", { json })),
};

export const hours = {
  list: (query: HoursQuery & Paging & { order?: Schemas["HoursOrder"] }) => dataOf(client.get("/api/admin/service-hours", { query })),
  exportUrl: (query: HoursQuery, format: Format) =>
    linkTo("/api/admin/service-hours/export", { query: { ...query, format } }),
  own: (query: Days) => dataOf(client.get("/api/teacher/service-hours", { query })),
  ownLessons: (query: OwnQuery & Paging) => dataOf(client.get("/api/teacher/service-hours/lessons", { query })),
  ownExportUrl: (query: OwnQuery, format: Format) =>
    linkTo("/api/teacher/service-hours/lessons/export", { query: { ...query, format } }),
};
