/** Recordings that are published to somebody, how long recordings are kept, and that they are gone. */
import { client, dataOf, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Kept = Schemas["KeptOut"];
export type Hold = Schemas["HoldOut"];
export type Purpose = Schemas["RecordingPurpose"];
export type DeletionReason = Schemas["DeletionReason"];
export type Certificate = Schemas["CertificateOut"];

export const published = (query: Paging & { q?: string }) => dataOf(client.get("/api/recordings/published", { query }));

const of = (session_id: string) => ({ path: { session_id } });

/** 保留: what a recording is kept for, until when, and who holds it. */
export const keeping = {
  read: (session: string) => client.get("/api/admin/sessions/{session_id}/recording/keeping", of(session)),
  changePurpose: (session: string, purpose: Purpose, ifMatch: string) =>
    client.put("/api/admin/sessions/{session_id}/recording/purpose", { ...of(session), json: { purpose }, ifMatch }),
  hold: (session: string, reason: string) =>
    client.post("/api/admin/sessions/{session_id}/recording/holds", { ...of(session), json: { reason } }),
  lift: (session_id: string, hold_id: string) =>
    client.post("/api/admin/sessions/{session_id}/recording/holds/{hold_id}/lift", { path: { session_id, hold_id } }),
};

/** Of the days of the removal, both included. */
export interface CertificateQuery {
  from?: string;
  to?: string;
  school_id?: string;
  reason?: DeletionReason;
}

/** 销毁记录. */
export const certificates = {
  list: (query: CertificateQuery & Paging) => dataOf(client.get("/api/admin/deletion-certificates", { query })),
  exportUrl: (query: CertificateQuery, format: Format) =>
    linkTo("/api/admin/deletion-certificates/export", { query: { ...query, format } }),
};
