/** The county's workbench and its teaching points at the server. */
import { client, dataOf, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Workbench = Schemas["Workbench"];
export type WallLesson = Schemas["WallLessonOut"];
export type WallSite = Schemas["WallSiteOut"];
export type Group = Schemas["Group"];
export type Hand = Schemas["HandOut"];
export type Point = Schemas["PointOut"];
export type PointLight = Schemas["PointLight"];

interface PointQuery {
  light?: PointLight;
  /** Words of the point's or its region's name. */
  q?: string;
  school_id?: string;
}

export const county = {
  workbench: () => dataOf(client.get("/api/admin/workbench")),
  points: (query: PointQuery & Paging) => dataOf(client.get("/api/admin/points", { query })),
  pointsExportUrl: (query: PointQuery, format: Format) =>
    linkTo("/api/admin/points/export", { query: { ...query, format } }),
};
