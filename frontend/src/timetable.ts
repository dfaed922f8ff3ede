/** Course offerings, planned lessons and weeks at the server. Days are `2026-03-02`. */
import { client, dataOf, etagOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Offering = Schemas["OfferingOut"];
export type OfferingState = Schemas["OfferingState"];
export const OFFERING_STATES: readonly OfferingState[] = ["DRAFT", "ACTIVE", "ENDED"];
export type OfferingIn = Schemas["OfferingIn"];
export type PlannedLesson = Schemas["LessonOut"];
export type Week = Schemas["TimetableWeek"];
export type WeekLesson = Schemas["WeekLesson"];
export type WeekPeriod = Schemas["WeekPeriod"];

export type CountyWeek = Schemas["CountyWeek"];
export type WeekBy = Schemas["WeekBy"];

export type LessonKind = Schemas["LessonKind"];
export const LESSON_KINDS: readonly LessonKind[] = ["DELIVERY", "MASTER", "ELITE"];
export type SiteMode = Schemas["SiteMode"];
/** How a classroom can be planned to take part: no classroom's screen plays a recording yet. */
export const SERVED_MODES: readonly SiteMode[] = ["LIVE", "OBSERVE"];

/** How a classroom of a course is to take part; an empty id: nobody is named. */
export interface SiteWish {
  mode: SiteMode;
  class_id: string;
  assistant_id: string;
  /** The classroom that passes the lessons on to this one; empty: it has them from the hub. */
  through_id: string;
}

type Versioned = { id: string; version: number };

/** What the lessons of all schools are narrowed to. */
export interface WeekFilter {
  school_id?: string;
  kind?: PlannedLesson["kind"];
  state?: PlannedLesson["state"];
  subject?: string;
  q?: string;
}

export const weeks = {
  ofCounty: (query: Paging & WeekFilter & { by: WeekBy; date: string }) =>
    dataOf(client.get("/api/weeks/county", { query })),
  mine: (date: string) => dataOf(client.get("/api/weeks/mine", { query: { date } })),
  ofSchool: (id: string, date: string) =>
    dataOf(client.get("/api/weeks/schools/{school_id}", { path: { school_id: id }, query: { date } })),
  ofClassroom: (id: string, date: string) =>
    dataOf(client.get("/api/weeks/classrooms/{classroom_id}", { path: { classroom_id: id }, query: { date } })),
};

export interface OfferingQuery {
  /** The hub, or the school of a classroom that receives. */
  school_id?: string;
  term_id?: string;
  subject?: string;
  state?: OfferingState;
}

export const offerings = {
  list: (query: Paging & OfferingQuery) => dataOf(client.get("/api/course-offerings", { query })),
  exportUrl: (query: OfferingQuery, format: Format) =>
    linkTo("/api/course-offerings/export", { query: { ...query, format } }),
  open: (json: OfferingIn) => dataOf(client.post("/api/course-offerings", { json })),
  change: ({ id, version }: Versioned, json: OfferingIn) =>
    dataOf(
      client.put("/api/course-offerings/{offering_id}", {
        path: { offering_id: id },
        json,
        ifMatch: etagOf(version),
      }),
    ),
  publish: ({ id, version }: Versioned) =>
    dataOf(
      client.post("/api/course-offerings/{offering_id}/publish", { path: { offering_id: id }, ifMatch: etagOf(version) }),
    ),
  end: ({ id, version }: Versioned) =>
    dataOf(client.post("/api/course-offerings/{offering_id}/end", { path: { offering_id: id }, ifMatch: etagOf(version) })),
};

export interface LessonQuery extends WeekFilter {
  from?: string;
  to?: string;
}

const one = (id: string) => ({ path: { lesson_id: id } });

export const planned = {
  exportUrl: (query: LessonQuery, format: Format) => linkTo("/api/lessons/export", { query: { ...query, format } }),
  plan: (json: Schemas["LessonIn"]) => dataOf(client.post("/api/lessons", { json })),
  change: ({ id, version }: Versioned, json: Schemas["LessonEdit"]) =>
    dataOf(client.put("/api/lessons/{lesson_id}", { ...one(id), json, ifMatch: etagOf(version) })),
  publish: ({ id, version }: Versioned) =>
    dataOf(client.post("/api/lessons/{lesson_id}/publish", { ...one(id), ifMatch: etagOf(version) })),
  cancel: ({ id, version }: Versioned, reason: string) =>
    dataOf(
      client.post("/api/lessons/{lesson_id}/cancel", { ...one(id), json: { reason }, ifMatch: etagOf(version) }),
    ),
  substitute: ({ id, version }: Versioned, json: Schemas["SubstituteIn"]) =>
    dataOf(
      client.post("/api/lessons/{lesson_id}/substitute", { ...one(id), json, ifMatch: etagOf(version) }),
    ),
  makeUp: (id: string, json: Schemas["MakeUpIn"]) =>
    dataOf(client.post("/api/lessons/{lesson_id}/make-up", { ...one(id), json })),
};

export const teachersOf = (schoolId: string) =>
  dataOf(client.get("/api/schools/{school_id}/teachers", { path: { school_id: schoolId } }));

/** The classrooms of a school. */
export const classroomsOf = (school_id: string) =>
  everyPage((paging) => dataOf(client.get("/api/classrooms", { query: { school_id, ...paging } })));

/** Whose lessons a calendar feed has: one's own, or a classroom's. */
export type FeedOf = "mine" | { classroom: string };

export const feeds = {
  read: (of: FeedOf) =>
    of === "mine"
      ? dataOf(client.get("/api/calendar-feeds/mine"))
      : dataOf(client.get("/api/calendar-feeds/classrooms/{classroom_id}", { path: { classroom_id: of.classroom } })),
  renew: (of: FeedOf) =>
    of === "mine"
      ? dataOf(client.post("/api/calendar-feeds/mine"))
      : dataOf(client.post("/api/calendar-feeds/classrooms/{classroom_id}", { path: { classroom_id: of.classroom } })),
  withdraw: (of: FeedOf) =>
    of === "mine"
      ? dataOf(client.delete("/api/calendar-feeds/mine"))
      : dataOf(client.delete("/api/calendar-feeds/classrooms/{classroom_id}", { path: { classroom_id: of.classroom } })),
};
