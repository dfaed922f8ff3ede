/** Terms, days and bells at the server. Days are `2026-03-02`. */
import { client, dataOf, etagOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Term = Schemas["TermOut"];
export type CalendarDay = Schemas["CalendarDayOut"];
export type Period = Schemas["PeriodOut"];
export type BellSchedule = Schemas["BellsOut"];

interface Terms {
  q?: string;
}

interface Days {
  from?: string;
  to?: string;
}

interface Bells {
  school_id?: string;
}

export const calendar = {
  terms: (query: Paging & Terms) => dataOf(client.get("/api/terms", { query })),
  everyTerm: () => everyPage(calendar.terms),
  termsExportUrl: (query: Terms, format: Format) => linkTo("/api/terms/export", { query: { ...query, format } }),
  addTerm: (json: Schemas["TermIn"]) => dataOf(client.post("/api/terms", { json })),
  changeTerm: ({ id, version }: Term, json: Schemas["TermIn"]) =>
    dataOf(client.put("/api/terms/{term_id}", { path: { term_id: id }, json, ifMatch: etagOf(version) })),
  days: (query: Paging & Days) => dataOf(client.get("/api/calendar-days", { query })),
  daysExportUrl: (query: Days, format: Format) =>
    linkTo("/api/calendar-days/export", { query: { ...query, format } }),
  addDay: (json: Schemas["CalendarDayIn"]) => dataOf(client.post("/api/calendar-days", { json })),
  changeDay: ({ id, version }: CalendarDay, json: Schemas["CalendarDayIn"]) =>
    dataOf(client.put("/api/calendar-days/{day_id}", { path: { day_id: id }, json, ifMatch: etagOf(version) })),
  removeDay: ({ id, version }: CalendarDay) =>
    dataOf(
      client.delete("/api/calendar-days/{day_id}", { path: { day_id: id }, ifMatch: etagOf(version) }),
    ),
  removeBells: ({ id, version }: BellSchedule) =>
    dataOf(
      client.delete("/api/bell-schedules/{schedule_id}", { path: { schedule_id: id }, ifMatch: etagOf(version) }),
    ),
  /** When two schools are both in a lesson period on a day, for so many minutes at least. */
  sharedWindows: (query: { one: string; other: string; date: string; least_minutes: number }) =>
    dataOf(client.get("/api/shared-windows", { query })),
  bells: (query: Paging & Bells) => dataOf(client.get("/api/bell-schedules", { query })),
  bellsExportUrl: (query: Bells, format: Format) =>
    linkTo("/api/bell-schedules/export", { query: { ...query, format } }),
  addBells: (json: Schemas["BellsIn"]) => dataOf(client.post("/api/bell-schedules", { json })),
  changeBells: ({ id, version }: BellSchedule, json: Schemas["BellsIn"]) =>
    dataOf(
      client.put("/api/bell-schedules/{schedule_id}", {
        path: { schedule_id: id },
        json,
        ifMatch: etagOf(version),
      }),
    ),
};
