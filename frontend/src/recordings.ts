/** Recordings that are published to somebody, how long recordings are kept by which rules, and that they are gone. */
import { client, dataOf, linkTo, type Format, type Paging } from "./client";
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Kept = Schemas["KeptOut"];
export type Hold = Schemas["HoldOut"];
export type Purpose = Schemas["RecordingPurpose"];
export type DeletionReason = Schemas["DeletionReason"];
export type View = Schemas["ViewOfOut"];
export type Certificate = Schemas["CertificateOut"];
export type RetentionRule = Schemas["RetentionRuleOut"];
export type RetentionEffect = Schemas["RetentionEffectOut"];
export type NewRetentionRule = Schemas["RetentionRuleIn"];

/** All there are, in the order in which they are offered. */
export const PURPOSES: readonly Purpose[] = ["LESSON", "RESEARCH", "RESOURCE"];

/** Of the days of the lesson, both included; `subject` and `grade` are the lesson's own words. */
export interface PublishedQuery {
  from?: string;
  to?: string;
  school_id?: string;
  subject?: string;
  grade?: string;
  q?: string;
}

/** 课堂回看: what is published to one. */
export const published = {
  list: (query: PublishedQuery & Paging) => dataOf(client.get("/api/recordings/published", { query })),
  exportUrl: (query: PublishedQuery, format: Format) =>
    linkTo("/api/recordings/published/export", { query: { ...query, format } }),
};

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

/** 保留规则: how long recordings of each purpose are kept, everywhere. */
export const retentionRules = {
  list: (query: Paging) => dataOf(client.get("/api/admin/retention-rules", { query })),
  exportUrl: (format: Format) => linkTo("/api/admin/retention-rules/export", { query: { format } }),
  /** What a rule would do to the recordings there are. */
  preview: ({ purpose, keep_days, grace_days, valid_from }: Omit<NewRetentionRule, "note">) =>
    dataOf(
      client.get("/api/admin/retention-rules/preview", {
        query: { purpose, grace_days, valid_from, ...(keep_days === null ? {} : { keep_days }) },
      }),
    ),
  add: (json: NewRetentionRule) => dataOf(client.post("/api/admin/retention-rules", { json })),
};

/** Of the days of the look, both included; `q`: letters of who looked. */
export interface ViewQuery {
  from?: string;
  to?: string;
  school_id?: string;
  session_id?: string;
  q?: string;
}

/** 观看记录: who looked at which recording, when. */
export const views = {
  list: (query: ViewQuery & Paging) => dataOf(client.get("/api/admin/recording-views", { query })),
  exportUrl: (query: ViewQuery, format: Format) =>
    linkTo("/api/admin/recording-views/export", { query: { ...query, format } }),
  ofSession: (session_id: string, query: Paging) =>
    dataOf(client.get("/api/admin/sessions/{session_id}/views", { path: { session_id }, query })),
};
