/** Plannings at the server: ask for plans, see them, accept one. */
import { client, dataOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Planning = Schemas["PlanningOut"];
export type Plan = Schemas["Plan"];
export type PlannedSlot = Schemas["PlannedSlot"];
export type SchoolCost = Schemas["SchoolCost"];
export type Conflict = Schemas["Conflict"];
export type KeptFree = Schemas["KeptFree"];
export type PlanningState = Schemas["PlanningState"];
export type Offering = Schemas["PlannedOfferingOut"];

interface PlanningQuery {
  term_id?: string;
}

export const plannings = {
  list: (query: Paging & PlanningQuery) => dataOf(client.get("/api/plannings", { query })),
  exportUrl: (query: PlanningQuery, format: Format) => linkTo("/api/plannings/export", { query: { ...query, format } }),
  ask: (json: Schemas["PlanningIn"]) => dataOf(client.post("/api/plannings", { json })),
  one: (planning_id: string) => dataOf(client.get("/api/plannings/{planning_id}", { path: { planning_id } })),
  accept: (planning_id: string, plan: number, publish: boolean) =>
    dataOf(
      client.post("/api/plannings/{planning_id}/accept", { path: { planning_id }, json: { plan, publish } }),
    ),
};

/** All offerings of a term one may have planned, page after page. */
export const offeringsToPlan = (term_id: string): Promise<Offering[]> =>
  everyPage((paging) => dataOf(client.get("/api/plannings/offerings", { query: { term_id, ...paging } })));
