/** Alliances, pairings, needs and offers at the server. Days are `2026-03-02`. */
import type { Named } from "./api";
import { client, dataOf, etagOf, everyPage, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Alliance = Schemas["AllianceOut"];
export type Member = Schemas["MemberOut"];
export type MemberRole = Schemas["MemberRole"];
export type AgreementFile = Schemas["AgreementOut"];
export type TermPlan = Schemas["TermPlanOut"];
export type Pairing = Schemas["PairingOut"];
export type PairingKind = Schemas["PairingKind"];
export type PairingState = Schemas["PairingState"];
export type TrackEvent = Schemas["TrackEventOut"];
/** 授课 is entered by nobody. */
export type EnteredTrack = Exclude<Schemas["Track"], "TEACHING">;
export type TaughtLesson = Schemas["TaughtOut"];
export type Need = Schemas["NeedOut"];
export type NeedState = Schemas["NeedState"];
export const NEED_STATES: readonly NeedState[] = ["OPEN", "MATCHED", "WITHDRAWN"];
export type Offer = Schemas["OfferOut"];
export type Candidate = Schemas["CandidateOut"];

interface AllianceQuery {
  q?: string;
  /** With this school, now or ever. */
  school_id?: string;
}
export interface MemberQuery {
  q?: string;
  role?: MemberRole;
  /** Members that day. */
  on?: string;
}
export interface PairingQuery {
  alliance_id?: string;
  state?: PairingState;
  kind?: PairingKind;
  /** By its code. */
  subject?: string;
  school_id?: string;
  q?: string;
}
/** Which lessons that reached a site: of which days, and which this school gave, passed on or received. */
export interface TaughtQuery {
  from?: string;
  to?: string;
  school_id?: string;
}
export const MEMBER_ROLES: readonly MemberRole[] = ["HUB", "MEMBER", "OBSERVER"];
export const PAIRING_KINDS: readonly PairingKind[] = ["DELIVERY", "INTERACTIVE_1N", "SCHOOL_AID", "TEACHER_MENTOR"];

export const alliances = {
  list: (query: Paging & AllianceQuery) => dataOf(client.get("/api/alliances", { query })),
  exportUrl: (query: AllianceQuery, format: Format) => linkTo("/api/alliances/export", { query: { ...query, format } }),
  add: (json: Schemas["AllianceIn"]) => dataOf(client.post("/api/alliances", { json })),
  edit: ({ id, version }: Alliance, json: Schemas["AllianceIn"]) =>
    dataOf(client.put("/api/alliances/{alliance_id}", { path: { alliance_id: id }, json, ifMatch: etagOf(version) })),
  /** Alliances with this in their name, to choose from. */
  named: async (q: string): Promise<Named[]> => (await alliances.list({ q, limit: 30 })).items,
  one: (alliance_id: string) => dataOf(client.get("/api/alliances/{alliance_id}", { path: { alliance_id } })),
  members: (alliance_id: string, query: Paging & MemberQuery) =>
    dataOf(client.get("/api/alliances/{alliance_id}/members", { path: { alliance_id }, query })),
  membersExportUrl: (alliance_id: string, query: MemberQuery, format: Format) =>
    linkTo("/api/alliances/{alliance_id}/members/export", { path: { alliance_id }, query: { ...query, format } }),
  everyMember: (alliance_id: string) => everyPage((paging) => alliances.members(alliance_id, paging)),
  addMember: (alliance_id: string, json: Schemas["MemberIn"]) =>
    dataOf(client.post("/api/alliances/{alliance_id}/members", { path: { alliance_id }, json })),
  changeMember: ({ id, version }: Member, json: Schemas["MemberChange"]) =>
    dataOf(
      client.put("/api/alliance-members/{member_id}", {
        path: { member_id: id },
        json,
        ifMatch: etagOf(version),
      }),
    ),
  plans: (alliance_id: string) =>
    dataOf(client.get("/api/alliances/{alliance_id}/term-plans", { path: { alliance_id } })),
  savePlan: (path: { alliance_id: string; term_id: string }, version: number, json: Schemas["TermPlanIn"]) =>
    dataOf(
      client.put("/api/alliances/{alliance_id}/term-plans/{term_id}", { path, json, ifMatch: etagOf(version) }),
    ),
  lessons: (alliance_id: string, query: Paging & TaughtQuery) =>
    dataOf(client.get("/api/alliances/{alliance_id}/lessons", { path: { alliance_id }, query })),
  lessonsExportUrl: (alliance_id: string, query: TaughtQuery, format: Format) =>
    linkTo("/api/alliances/{alliance_id}/lessons/export", { path: { alliance_id }, query: { ...query, format } }),
};

/** Whose an agreement is. */
export type Owner = { alliance_id: string } | { pairing_id: string };

export const agreements = {
  read: (path: Owner): Promise<AgreementFile> =>
    "alliance_id" in path
      ? dataOf(client.get("/api/alliances/{alliance_id}/agreement", { path }))
      : dataOf(client.get("/api/pairings/{pairing_id}/agreement", { path })),
  attach: (path: Owner, file: File): Promise<AgreementFile> => {
    const asking = { query: { name: file.name }, file };
    return "alliance_id" in path
      ? dataOf(client.post("/api/alliances/{alliance_id}/agreement", { path, ...asking }))
      : dataOf(client.post("/api/pairings/{pairing_id}/agreement", { path, ...asking }));
  },
  fileUrl: (path: Owner): string =>
    "alliance_id" in path
      ? linkTo("/api/alliances/{alliance_id}/agreement/file", { path })
      : linkTo("/api/pairings/{pairing_id}/agreement/file", { path }),
};

export const pairings = {
  list: (query: Paging & PairingQuery) => dataOf(client.get("/api/pairings", { query })),
  exportUrl: (query: PairingQuery, format: Format) =>
    linkTo("/api/pairings/export", { query: { ...query, format } }),
  add: (json: Schemas["PairingIn"]) => dataOf(client.post("/api/pairings", { json })),
  /** A draft alone can be changed. */
  edit: ({ id, version }: Pairing, json: Schemas["PairingIn"]) =>
    dataOf(client.put("/api/pairings/{pairing_id}", { path: { pairing_id: id }, json, ifMatch: etagOf(version) })),
  one: (pairing_id: string) => dataOf(client.get("/api/pairings/{pairing_id}", { path: { pairing_id } })),
  /** A step from what was read: who agrees agrees to that. */
  move: ({ id, version }: Pairing, json: Schemas["MoveIn"]) =>
    dataOf(
      client.post("/api/pairings/{pairing_id}/moves", { path: { pairing_id: id }, json, ifMatch: etagOf(version) }),
    ),
  history: (pairing_id: string) =>
    dataOf(client.get("/api/pairings/{pairing_id}/history", { path: { pairing_id } })),
  tracks: (pairing_id: string) =>
    dataOf(client.get("/api/pairings/{pairing_id}/tracks", { path: { pairing_id } })),
  lessons: (pairing_id: string, query: Paging & TaughtQuery) =>
    dataOf(client.get("/api/pairings/{pairing_id}/lessons", { path: { pairing_id }, query })),
  lessonsExportUrl: (pairing_id: string, query: TaughtQuery, format: Format) =>
    linkTo("/api/pairings/{pairing_id}/lessons/export", { path: { pairing_id }, query: { ...query, format } }),
};

/** A track of a pairing, as the addresses of its events name it. */
interface TrackPath {
  pairing_id: string;
  track: EnteredTrack;
}

export const trackEvents = {
  list: (path: TrackPath, query: Paging) =>
    dataOf(client.get("/api/pairings/{pairing_id}/events/{track}", { path, query })),
  exportUrl: (path: TrackPath, format: Format) =>
    linkTo("/api/pairings/{pairing_id}/events/{track}/export", { path, query: { format } }),
  handIn: (pairing_id: string, file: File) =>
    dataOf(
      client.post("/api/pairings/{pairing_id}/evidence", { path: { pairing_id }, query: { name: file.name }, file }),
    ),
  evidenceUrl: (path: TrackPath, event_id: string) =>
    linkTo("/api/pairings/{pairing_id}/events/{track}/{event_id}/file", { path: { ...path, event_id } }),
  enter: (path: TrackPath, json: Schemas["TrackEventIn"]) =>
    dataOf(client.post("/api/pairings/{pairing_id}/events/{track}", { path, json })),
  withdraw: (path: TrackPath, event_id: string, reason: string) =>
    dataOf(
      client.post("/api/pairings/{pairing_id}/events/{track}/{event_id}/withdraw", {
        path: { ...path, event_id },
        json: { reason },
      }),
    ),
};

export interface NeedQuery {
  school_id?: string;
  subject?: string;
  state?: NeedState;
}

export const needs = {
  list: (query: Paging & NeedQuery) => dataOf(client.get("/api/needs", { query })),
  exportUrl: (query: NeedQuery, format: Format) => linkTo("/api/needs/export", { query: { ...query, format } }),
  post: (json: Schemas["NeedIn"]) => dataOf(client.post("/api/needs", { json })),
  edit: ({ id, version }: Need, json: Schemas["NeedIn"]) =>
    dataOf(client.put("/api/needs/{need_id}", { path: { need_id: id }, json, ifMatch: etagOf(version) })),
  one: (need_id: string) => dataOf(client.get("/api/needs/{need_id}", { path: { need_id } })),
  withdraw: ({ id, version }: Need) =>
    dataOf(client.post("/api/needs/{need_id}/withdraw", { path: { need_id: id }, ifMatch: etagOf(version) })),
  matchesUrl: (need_id: string, format: Format) =>
    linkTo("/api/needs/{need_id}/matches/export", { path: { need_id }, query: { format } }),
  matches: (need_id: string) => dataOf(client.get("/api/needs/{need_id}/matches", { path: { need_id } })),
  /** Both as they were read: who accepts accepts that. */
  accept: ({ id, version }: Need, { id: offer_id, version: offer_version }: Offer, school_id: string) =>
    dataOf(
      client.post("/api/needs/{need_id}/accept", {
        path: { need_id: id },
        json: { offer_id, offer_version, school_id },
        ifMatch: etagOf(version),
      }),
    ),
};

export interface OfferQuery {
  school_id?: string;
  subject?: string;
}

export const offers = {
  list: (query: Paging & OfferQuery) => dataOf(client.get("/api/hub-offers", { query })),
  exportUrl: (query: OfferQuery, format: Format) =>
    linkTo("/api/hub-offers/export", { query: { ...query, format } }),
  add: (json: Schemas["OfferIn"]) => dataOf(client.post("/api/hub-offers", { json })),
  edit: ({ id, version }: Offer, json: Schemas["OfferIn"]) =>
    dataOf(client.put("/api/hub-offers/{offer_id}", { path: { offer_id: id }, json, ifMatch: etagOf(version) })),
};
