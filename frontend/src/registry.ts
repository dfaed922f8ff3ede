/** Schools, their classes and classrooms, rosters, imports and jobs at the server. Days are `2026-03-02`. */
import type { Named } from "./api";
import { client, dataOf, etagOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type School = Schemas["SchoolDetail"];
export type SchoolItem = Schemas["SchoolItem"];
export type SchoolClass = Schemas["SchoolClassOut"];
export type Room = Schemas["ClassroomOut"];
export type RoomChoice = Named & { school_id: string };
export type Roster = Schemas["RosterOut"];
export type Job = Schemas["JobOut"];
export type JobState = Schemas["JobState"];
export type CodeKind = Schemas["CodeKind"];
export type Code = Schemas["CodeOut"];

/** Which schools; what is not named may be anything. */
export interface SchoolQuery extends Paging {
  q?: string;
  region_id?: string;
  category?: string;
  urban_rural?: string;
  parent_id?: string;
  is_open?: boolean;
}

/** A version of a school, as edits name it. */
type Versioned = Pick<School, "id" | "version">;

const at = ({ id, version }: Versioned) => ({ path: { school_id: id }, ifMatch: etagOf(version) });

export const schools = {
  list: (query: SchoolQuery) => dataOf(client.get("/api/schools", { query })),
  exportUrl: (query: SchoolQuery, format: Format) => linkTo("/api/schools/export", { query: { ...query, format } }),
  one: (school_id: string) => dataOf(client.get("/api/schools/{school_id}", { path: { school_id } })),
  register: (json: Schemas["SchoolIn"]) => dataOf(client.post("/api/schools", { json })),
  edit: (of: Versioned, json: Schemas["SchoolEdit"]) =>
    dataOf(client.patch("/api/schools/{school_id}", { ...at(of), json })),
  close: (of: Versioned, json: Schemas["OnDay"]) =>
    dataOf(client.post("/api/schools/{school_id}/close", { ...at(of), json })),
  reopen: (of: Versioned, json: Schemas["OnDay"]) =>
    dataOf(client.post("/api/schools/{school_id}/reopen", { ...at(of), json })),
  changeCategory: (of: Versioned, json: Schemas["CategoryIn"]) =>
    dataOf(client.post("/api/schools/{school_id}/category", { ...at(of), json })),
  /** Schools with these letters in name or code, to choose from. */
  named: async (q: string): Promise<Named[]> => (await schools.list({ q, is_open: true, limit: 20 })).items,
  /** The same, closed ones included. */
  everNamed: async (q: string): Promise<Named[]> => (await schools.list({ q, limit: 20 })).items,
};

export const regions = {
  /** Regions with these letters in name or code, to choose from. */
  named: async (q: string): Promise<Named[]> =>
    (await dataOf(client.get("/api/regions", { query: { q, limit: 30 } }))).items,
  one: (region_id: string) => dataOf(client.get("/api/regions/{region_id}", { path: { region_id } })),
  list: (query: RegionQuery & Paging) => dataOf(client.get("/api/regions", { query })),
  exportUrl: (query: RegionQuery, format: Format) => linkTo("/api/regions/export", { query: { ...query, format } }),
  add: (json: Schemas["RegionIn"]) => dataOf(client.post("/api/regions", { json })),
  label: (region_id: string, json: Schemas["RegionLabelIn"]) =>
    dataOf(client.post("/api/regions/{region_id}/labels", { path: { region_id }, json })),
  correct: ({ id, version }: Region, json: Schemas["RegionEdit"]) =>
    dataOf(client.put("/api/regions/{region_id}", { path: { region_id: id }, json, ifMatch: etagOf(version) })),
  /** A label is ended by its last day. */
  correctLabel: ({ id, version }: RegionLabel, json: Schemas["RegionLabelIn"]) => {
    const path = { region_label_id: id };
    return dataOf(client.put("/api/region-labels/{region_label_id}", { path, json, ifMatch: etagOf(version) }));
  },
};

export type Region = Schemas["RegionOut"];
export type RegionLabel = Schemas["RegionLabelOut"];
export interface RegionQuery {
  q?: string;
  /** Those right below this one. */
  parent_id?: string;
}

export type Authority = Schemas["AuthorityOut"];
export type AuthorityLevel = Schemas["AuthorityLevel"];
export const AUTHORITY_LEVELS: readonly AuthorityLevel[] = ["MINISTRY", "PROVINCE", "CITY", "COUNTY"];
export interface AuthorityQuery {
  q?: string;
  level?: AuthorityLevel;
}

/** 教育主管部门. */
export const authorities = {
  list: (query: AuthorityQuery & Paging) => dataOf(client.get("/api/authorities", { query })),
  exportUrl: (query: AuthorityQuery, format: Format) =>
    linkTo("/api/authorities/export", { query: { ...query, format } }),
  add: (json: Schemas["AuthorityIn"]) => dataOf(client.post("/api/authorities", { json })),
  correct: ({ id, version }: Authority, json: Schemas["AuthorityEdit"]) => {
    const path = { authority_id: id };
    return dataOf(client.put("/api/authorities/{authority_id}", { path, json, ifMatch: etagOf(version) }));
  },
  /** Authorities with these words in their name or their region's, to choose from. */
  named: async (q: string): Promise<Named[]> => (await authorities.list({ q, limit: 30 })).items,
};

export type Correction = Schemas["CorrectionOut"];
export type Corrected = Schemas["Corrected"];
export const CORRECTED: readonly Corrected[] = ["REGION", "LABEL", "AUTHORITY"];
export interface CorrectionQuery {
  q?: string;
  thing?: Corrected;
}

/** 更正记录: what a region, a label or an authority was before it was corrected. */
export const corrections = {
  list: (query: CorrectionQuery & Paging) => dataOf(client.get("/api/registry-corrections", { query })),
  exportUrl: (query: CorrectionQuery, format: Format) =>
    linkTo("/api/registry-corrections/export", { query: { ...query, format } }),
};

export const classes = {
  list: (query: Paging & { school_id: string; is_open?: boolean }) =>
    dataOf(client.get("/api/school-classes", { query })),
  /** The classes a school has now. */
  everyOpen: (school_id: string) => everyPage((paging) => classes.list({ school_id, is_open: true, ...paging })),
  exportUrl: (school_id: string, format: Format) =>
    linkTo("/api/school-classes/export", { query: { school_id, format } }),
  add: (json: Schemas["SchoolClassIn"]) => dataOf(client.post("/api/school-classes", { json })),
  edit: ({ id, version }: SchoolClass, json: Schemas["SchoolClassEdit"]) =>
    dataOf(client.patch("/api/school-classes/{class_id}", { path: { class_id: id }, json, ifMatch: etagOf(version) })),
};

export const rooms = {
  list: (query: Paging & { school_id?: string; q?: string }) => dataOf(client.get("/api/classrooms", { query })),
  /** Classrooms with these words in their name or their school's, to choose from: of one school, or of all in scope. */
  named: async (q: string, school_id?: string): Promise<RoomChoice[]> =>
    (await rooms.list({ q, school_id, limit: 40 })).items.map((room) => ({
      id: room.id,
      name: `${room.school} ${room.name}`,
      school_id: room.school_id,
    })),
  exportUrl: (query: { school_id?: string; q?: string }, format: Format) =>
    linkTo("/api/classrooms/export", { query: { ...query, format } }),
  add: (json: Schemas["ClassroomIn"]) => dataOf(client.post("/api/classrooms", { json })),
  edit: ({ id, version }: Room, json: Schemas["ClassroomEdit"]) =>
    dataOf(client.patch("/api/classrooms/{classroom_id}", { path: { classroom_id: id }, json, ifMatch: etagOf(version) })),
};

const called = ({ id, name, region }: Roster): Named => ({ id, name: `${name} · ${region.name}` });

export const rosters = {
  /** `is_own`: those whose figures one may see. */
  list: (query: Paging & { q?: string; is_own?: boolean }) => dataOf(client.get("/api/rosters", { query })),
  exportUrl: (query: { q?: string }, format: Format) =>
    linkTo("/api/rosters/export", { query: { ...query, format } }),
  take: (json: Schemas["RosterIn"]) => dataOf(client.post("/api/rosters", { json })),
  one: (roster_id: string) => dataOf(client.get("/api/rosters/{roster_id}", { path: { roster_id } })),
  /** Rosters whose figures one may see, with these words in their name or their region's, to choose from. */
  named: async (q: string): Promise<Named[]> =>
    (await rosters.list({ q, is_own: true, limit: 30 })).items.map(called),
  nameOf: async (roster_id: string): Promise<Named> => called(await rosters.one(roster_id)),
  entries: (roster_id: string, query: Paging & { q?: string }) =>
    dataOf(client.get("/api/rosters/{roster_id}/entries", { path: { roster_id }, query })),
  entriesUrl: (roster_id: string, q: string | undefined, format: Format) =>
    linkTo("/api/rosters/{roster_id}/entries/export", { path: { roster_id }, query: { q, format } }),
  signedUrl: (roster_id: string) => linkTo("/api/rosters/{roster_id}/signed", { path: { roster_id } }),
};

export interface JobQuery {
  kind?: string;
  state?: JobState[];
}

export const jobs = {
  list: (query: Paging & JobQuery) => dataOf(client.get("/api/jobs", { query })),
  exportUrl: (query: JobQuery, format: Format) =>
    linkTo("/api/jobs/export", { query: { ...query, format } }),
  one: (job_id: string) => dataOf(client.get("/api/jobs/{job_id}", { path: { job_id } })),
  cancel: (job_id: string) => dataOf(client.post("/api/jobs/{job_id}/cancel", { path: { job_id } })),
  retry: (job_id: string) => dataOf(client.post("/api/jobs/{job_id}/retry", { path: { job_id } })),
};

export type PlatformJob = Schemas["PlatformJobOut"];
export interface PlatformJobQuery {
  state?: JobState[];
  /** Those given up on whose work nothing has done since. */
  is_open?: boolean;
}

/** 系统任务: the platform's own jobs, for who administers all there is. */
export const platformJobs = {
  list: (query: PlatformJobQuery & Paging) => dataOf(client.get("/api/admin/platform-jobs", { query })),
  exportUrl: (query: PlatformJobQuery, format: Format) =>
    linkTo("/api/admin/platform-jobs/export", { query: { ...query, format } }),
  retry: (job_id: string) => dataOf(client.post("/api/admin/platform-jobs/{job_id}/retry", { path: { job_id } })),
};

/** How a table is to be imported. */
export interface ImportWishes {
  /** Only say what would be done. */
  dry_run: boolean;
  /** Write the rows nothing is wrong with although others are faulty. */
  leave_out: boolean;
}

export type ImportKind = Schemas["ImportKind"];
export const IMPORT_KINDS: readonly ImportKind[] = [
  "schools", "classes", "classrooms", "staff", "regions", "local-timetables", "alliances",
];

export const imports = {
  start: (kind: ImportKind, file: File, query: ImportWishes) => {
    const form = new FormData();
    form.append("file", file);
    return dataOf(client.post("/api/imports/{kind}", { path: { kind }, query, form }));
  },
  templateUrl: (kind: ImportKind, format: Format) =>
    linkTo("/api/imports/{kind}/template", { path: { kind }, query: { format } }),
  /** What is wrong in the table of an import that is over, as a file. */
  faultsUrl: (job_id: string, format: Format) =>
    linkTo("/api/imports/{job_id}/faults/export", { path: { job_id }, query: { format } }),
};

export type StaffPost = Schemas["StaffPostOut"];
export const STAFF_KINDS: readonly StaffPost["kind"][] = ["TEACHER", "ASSISTANT", "PRINCIPAL", "OTHER"];

export const staff = {
  list: (query: Paging & { school_id?: string; q?: string; kind?: Schemas["PostKind"] }) =>
    dataOf(client.get("/api/staff-posts", { query })),
  exportUrl: (query: { school_id?: string }, format: Format) =>
    linkTo("/api/staff-posts/export", { query: { ...query, format } }),
  add: (json: Schemas["StaffPostIn"]) => dataOf(client.post("/api/staff-posts", { json })),
  edit: ({ id, version }: StaffPost, json: Schemas["StaffPostEdit"]) =>
    dataOf(client.patch("/api/staff-posts/{post_id}", { path: { post_id: id }, json, ifMatch: etagOf(version) })),
};

export type Grant = Schemas["GrantOut"];
export type Role = Schemas["Role"];

export const grants = {
  list: (query: Paging & { q?: string; role?: Role; in_force?: boolean }) =>
    dataOf(client.get("/api/role-grants", { query })),
  exportUrl: (query: { q?: string; role?: Role; in_force?: boolean }, format: Format) =>
    linkTo("/api/role-grants/export", { query: { ...query, format } }),
  give: (json: Schemas["GrantIn"]) => dataOf(client.post("/api/role-grants", { json })),
  end: (grant_id: string) => dataOf(client.post("/api/role-grants/{grant_id}/end", { path: { grant_id }, json: {} })),
  changes: (query: Paging) => dataOf(client.get("/api/role-grant-changes", { query })),
  changesExportUrl: (format: Format) => linkTo("/api/role-grant-changes/export", { query: { format } }),
  /** People with these letters in their name, to choose from; two of one name are told by their school. */
  people: async (q: string): Promise<Named[]> =>
    (await dataOf(client.get("/api/people", { query: { q, limit: 30 } }))).items.map(({ id, name, school }) => ({
      id,
      name: school === null ? name : `${name} (${school})`,
    })),
};

export type CodeMap = Schemas["CodeMapOut"];
export const CODE_KINDS: readonly CodeKind[] = [
  "SUBJECT", "STAGE", "GRADE", "SCHOOL_CATEGORY", "URBAN_RURAL", "LINK", "LANGUAGE", "REGION_LABEL",
];
export interface CodeQuery {
  kind?: CodeKind;
  /** The key of a set. */
  set?: string;
}

/** 代码表: sets of codes somebody keeps, and what the code of one is in another. */
export const codes = {
  sets: (query: { kind?: CodeKind } & Paging) => dataOf(client.get("/api/code-sets", { query })),
  setsExportUrl: (query: { kind?: CodeKind }, format: Format) =>
    linkTo("/api/code-sets/export", { query: { ...query, format } }),
  list: (query: CodeQuery & Paging) => dataOf(client.get("/api/codes", { query })),
  exportUrl: (query: CodeQuery, format: Format) => linkTo("/api/codes/export", { query: { ...query, format } }),
  maps: (query: { set?: string } & Paging) => dataOf(client.get("/api/code-maps", { query })),
  mapsExportUrl: (query: { set?: string }, format: Format) =>
    linkTo("/api/code-maps/export", { query: { ...query, format } }),
};

export const codesOf = (kind: CodeKind): Promise<Code[]> =>
  everyPage((paging) => dataOf(client.get("/api/codes", { query: { kind, is_stored: true, ...paging } })));
