/** 开齐, 开足 and coverage at the server: figures, gaps, curricula, local timetables, signed sheets, reports. */
import type { Named } from "./api";
import { client, dataOf, etagOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Coverage = Schemas["CoverageOut"];
export type Figure = Schemas["FigureOut"];
export type Figures = Schemas["Figures"];
export type Definition = Schemas["DefinitionOut"];
export type Indicator = Schemas["Indicator"];
export type Basis = Schemas["Basis"];
export type Site = Schemas["CoverageSite"];
export type Gap = Schemas["GapOut"];
export type SiteGap = Schemas["SiteGapOut"];
export type GapSum = Schemas["GapSum"];
export type GapKey = Schemas["GapKey"];
export type Standing = Schemas["Standing"];
export type Subject = Schemas["SubjectOut"];
export type PeriodChoice = Schemas["PeriodChoice"];

export const INDICATORS: readonly Indicator[] = [
  "COV_REACHED",
  "COV_REGULAR",
  "COV_NEED",
  "COV_PERIODS",
  "OFFER_RATE",
  "PERIOD_RATE",
];

/** Of whom and when: what every question about figures says. Days are `2026-03-02`. */
export interface Asked {
  roster_id: string;
  from: string;
  to: string;
  basis: Basis;
  region_code?: string;
}
export interface SiteQuery {
  indicator?: Indicator;
  is_met?: boolean;
}
export interface GapQuery {
  school_id?: string;
  subject_id?: string;
  grade_no?: number;
}
type LessonQuery = GapQuery & { indicator?: Indicator };
export type LessonPage = Schemas["Page_DeliveredLesson_"];

export const coverage = {
  periods: (roster_id: string) => dataOf(client.get("/api/coverage/periods", { query: { roster_id } })),
  figures: (query: Asked) => dataOf(client.get("/api/coverage/figures", { query })),
  figuresUrl: (query: Asked, format: Format) =>
    linkTo("/api/coverage/figures/export", { query: { ...query, format } }),
  sites: (query: Asked & SiteQuery & Paging) => dataOf(client.get("/api/coverage/sites", { query })),
  sitesUrl: (query: Asked & SiteQuery, format: Format) =>
    linkTo("/api/coverage/sites/export", { query: { ...query, format } }),
  gaps: (query: Asked & GapQuery & Paging) => dataOf(client.get("/api/coverage/gaps", { query })),
  gapsUrl: (query: Asked & GapQuery, format: Format) =>
    linkTo("/api/coverage/gaps/export", { query: { ...query, format } }),
  gapSums: (query: Asked & GapQuery & { by: GapKey }) => dataOf(client.get("/api/coverage/gaps/sums", { query })),
  lessons: (query: Asked & LessonQuery & Paging) => dataOf(client.get("/api/coverage/lessons", { query })),
  lessonsUrl: (query: Asked & LessonQuery, format: Format) =>
    linkTo("/api/coverage/lessons/export", { query: { ...query, format } }),
  school: (school_id: string, { from, to, basis }: Asked) =>
    dataOf(client.get("/api/coverage/schools/{school_id}", { path: { school_id }, query: { from, to, basis } })),
};

/** Regions with these letters in their name, to choose from by their code. */
export const regionsByCode = {
  named: async (q: string): Promise<Named[]> =>
    (await dataOf(client.get("/api/regions", { query: { q, limit: 30 } }))).items.map(({ code, name }) => ({
      id: code,
      name,
    })),
  one: async (code: string): Promise<Named> =>
    (await regionsByCode.named(code)).find((each) => each.id === code) ?? { id: code, name: code },
};


export type Curriculum = Schemas["CurriculumItem"];
export type Force = Schemas["Force"];
export type CurriculumDetail = Schemas["CurriculumDetail"];
export type CurriculumCell = Schemas["CurriculumCellIn"];
export type LocalTimetable = Schemas["LocalTimetableOut"];
export type LocalPeriods = Schemas["LocalPeriodsIn"];

/** 指标定义: the versions of how figures are counted. */
export type DefinitionVersion = Schemas["DefinitionVersion"];
export const definitions = {
  list: (query: Paging & { indicator?: Indicator }) => dataOf(client.get("/api/coverage/definitions", { query })),
  every: () => everyPage((paging) => definitions.list(paging)),
  exportUrl: (query: { indicator?: Indicator }, format: Format) =>
    linkTo("/api/coverage/definitions/export", { query: { ...query, format } }),
};

/** 课程计划: what is required, region by region. */
export const curricula = {
  list: (query: Paging & { q?: string }) => dataOf(client.get("/api/curriculum-plans", { query })),
  /** Plans with these letters in their name, to choose from. */
  named: async (q: string): Promise<Named[]> => (await curricula.list({ q, limit: 20 })).items,
  exportUrl: (q: string | undefined, format: Format) =>
    linkTo("/api/curriculum-plans/export", { query: { q, format } }),
  one: (plan_id: string) => dataOf(client.get("/api/curriculum-plans/{plan_id}", { path: { plan_id } })),
  add: (json: Schemas["CurriculumIn"]) => dataOf(client.post("/api/curriculum-plans", { json })),
  edit: ({ id, version }: Pick<CurriculumDetail, "id" | "version">, json: Schemas["CurriculumEdit"]) =>
    dataOf(client.put("/api/curriculum-plans/{plan_id}", { path: { plan_id: id }, json, ifMatch: etagOf(version) })),
};

/** 本地课表: what classes are taught by their own schools. */
export const timetables = {
  list: (query: Paging & { school_id?: string; term_id?: string }) =>
    dataOf(client.get("/api/local-timetables", { query })),
  exportUrl: (query: { school_id?: string; term_id?: string }, format: Format) =>
    linkTo("/api/local-timetables/export", { query: { ...query, format } }),
  one: (timetable_id: string) =>
    dataOf(client.get("/api/local-timetables/{timetable_id}", { path: { timetable_id } })),
  add: (json: Schemas["LocalTimetableIn"]) => dataOf(client.post("/api/local-timetables", { json })),
  edit: ({ id, version }: LocalTimetable, periods: LocalPeriods[]) =>
    dataOf(
      client.put("/api/local-timetables/{timetable_id}", {
        path: { timetable_id: id },
        json: { periods },
        ifMatch: etagOf(version),
      }),
    ),
};

export type Sheet = Schemas["SheetOut"];
export type SheetDetail = Schemas["SheetDetail"];
export type SheetFigure = Schemas["SheetFigure"];
export type SheetState = Schemas["SheetState"];
export type ReportFormat = Schemas["ReportFormat"];

/** A figure of a sheet: of which region ("": all together), and which. */
export interface SheetLessonQuery {
  region_code?: string;
  indicator?: Indicator;
}
const ofSheet = ({ id, version }: Pick<Sheet, "id" | "version">) => ({ path: { sheet_id: id }, ifMatch: etagOf(version) });

/** 指标核定表: figures frozen from locked rows, checked, signed off, amended. What takes long is a job. */
export interface SheetQuery {
  state?: SheetState;
  roster_id?: string;
  /** Those that amend this one, the latest first. */
  amends_id?: string;
}

export const sheets = {
  list: (query: Paging & SheetQuery) => dataOf(client.get("/api/coverage/sheets", { query })),
  exportUrl: (query: SheetQuery, format: Format) =>
    linkTo("/api/coverage/sheets/export", { query: { ...query, format } }),
  one: (sheet_id: string) => dataOf(client.get("/api/coverage/sheets/{sheet_id}", { path: { sheet_id } })),
  /** The sheet that amended one, or the latest that is to; null: there is none. */
  successor: async ({ id, state }: Pick<Sheet, "id" | "state">): Promise<Sheet | null> => {
    // Several may have been computed: the one that was signed did it, and may be amended itself.
    const states: (SheetState | undefined)[] = state === "AMENDED" ? ["SIGNED_OFF", "AMENDED"] : [undefined];
    for (const each of states) {
      const [found] = (await sheets.list({ amends_id: id, state: each, limit: 1 })).items;
      if (found !== undefined) return found;
    }
    return null;
  },
  /** The lessons a figure was computed from, as they counted then. */
  lessons: (sheet_id: string, query: SheetLessonQuery & Paging) =>
    dataOf(client.get("/api/coverage/sheets/{sheet_id}/lessons", { path: { sheet_id }, query })),
  lessonsUrl: (sheet_id: string, query: SheetLessonQuery, format: Format) =>
    linkTo("/api/coverage/sheets/{sheet_id}/lessons/export", { path: { sheet_id }, query: { ...query, format } }),
  compute: (json: Schemas["SheetIn"]) => dataOf(client.post("/api/coverage/sheets", { json })),
  check: (of: Sheet) =>
    dataOf(client.post("/api/coverage/sheets/{sheet_id}/check", { ...ofSheet(of), json: { note: "" } })),
  signOff: (of: Sheet, note: string) =>
    dataOf(client.post("/api/coverage/sheets/{sheet_id}/sign-off", { ...ofSheet(of), json: { note } })),
};

export const REPORT_FORMATS: readonly ReportFormat[] = ["pdf", "xlsx", "csv"];
export const reports = {
  KIND: "coverage.report",
  make: (json: Schemas["ReportIn"]) => dataOf(client.post("/api/coverage/reports", { json })),
};
