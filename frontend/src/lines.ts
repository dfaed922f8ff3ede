/** The lines of classrooms, as lessons measured them. */
import { client, dataOf, linkTo, type Format } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type ClassroomLine = Schemas["ClassroomLine"];
export type LineHistory = Schemas["LineHistoryOut"];

/** At most so many classrooms are asked about at once: a page of them. */
export const lines = {
  /** The lines of these classrooms that were ever measured, by classroom. */
  of: async (classroom_id: string[]): Promise<Map<string, ClassroomLine>> => {
    if (classroom_id.length === 0) return new Map();
    const query = { classroom_id, limit: 200 };
    const page = await dataOf(client.get("/api/admin/classroom-lines", { query }));
    return new Map(page.items.map((line) => [line.classroom_id, line]));
  },
  exportUrl: (format: Format, query: { school_id?: string } = {}) =>
    linkTo("/api/admin/classroom-lines/export", { query: { ...query, format } }),
};
