/** The lines of classrooms, as lessons measured them. */
import { client, dataOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type ClassroomLine = Schemas["ClassroomLine"];
export type LineHistory = Schemas["LineHistoryOut"];

/** Of teachers or schools with these words in their name, and of this school. */
interface CheckQuery {
  q?: string;
  school_id?: string;
}

export const lines = {
  /** What teachers' computers last found of their lines, the newest first. */
  teacherChecks: (query: CheckQuery & Paging) => dataOf(client.get("/api/admin/teacher-checks", { query })),
  teacherChecksUrl: (query: CheckQuery, format: Format) =>
    linkTo("/api/admin/teacher-checks/export", { query: { ...query, format } }),
  /** The lines of these classrooms that were ever measured, by classroom. */
  of: async (classroom_id: string[]): Promise<Map<string, ClassroomLine>> => {
    if (classroom_id.length === 0) return new Map();
    const found = await everyPage((paging) =>
      dataOf(client.get("/api/admin/classroom-lines", { query: { classroom_id, ...paging } })),
    );
    return new Map(found.map((line) => [line.classroom_id, line]));
  },
  exportUrl: (format: Format, query: { school_id?: string } = {}) =>
    linkTo("/api/admin/classroom-lines/export", { query: { ...query, format } }),
};
