/** The REST interface of alliances, pairings, needs and calendars. Days are `2026-03-02`. */
import { get, post, queryOf, send, type Named, type Page } from "./api";

export interface Alliance {
  id: string;
  region: Named;
  name: string;
  purpose: string;
  starts_on: string;
  ends_on: string | null;
  hubs: Named[];
  members: number;
  is_kept: boolean;
  version: number;
}

export type MemberRole = "HUB" | "MEMBER" | "OBSERVER";

export interface Member {
  id: string;
  school: Named;
  region: Named;
  role: MemberRole;
  from_on: string;
  to_on: string | null;
  is_outside: boolean;
  version: number;
}

export interface AgreementFile {
  name: string;
  media_type: string;
  size_bytes: number;
  sha256: string;
  attached_at: string;
}

export interface TrackCounts {
  preparations: number;
  lessons: number;
  deliveries: number;
  resources: number;
  trainings: number;
}

export interface TermPlan {
  id: string;
  term: Named;
  starts_on: string;
  ends_on: string;
  text: string;
  targets: Omit<TrackCounts, "deliveries">;
  counts: TrackCounts;
  version: number;
}

export type PairingState = "DRAFT" | "PROPOSED" | "ACCEPTED" | "ACTIVE" | "SUSPENDED" | "ENDED" | "ARCHIVED";
export type PairingKind = "DELIVERY" | "INTERACTIVE_1N" | "SCHOOL_AID" | "TEACHER_MENTOR";

export interface Party {
  school: Named;
  side: "HUB" | "PARTNER";
  person: Named | null;
  school_class: Named | null;
  agreed_at: string | null;
}

export interface Pairing {
  id: string;
  alliance: Named | null;
  kind: PairingKind;
  name: string;
  hub: Party;
  partners: Party[];
  subjects: string[];
  periods_a_week: number;
  starts_on: string;
  ends_on: string | null;
  state: PairingState;
  possible: PairingState[];
  active_days: number;
  acts_for: Named[];
  version: number;
}

export interface DaySpan {
  first: string;
  last: string;
}

export interface PairingStep {
  number: number;
  at: string;
  on: string;
  from_state: PairingState;
  to_state: PairingState;
  by: string;
  for_school: string | null;
  reason: string;
}

export interface Tracks {
  first: string;
  last: string;
  active_days: number;
  active: DaySpan[];
  counts: TrackCounts;
}

export type EnteredTrack = "PREPARATION" | "RESOURCE" | "TRAINING";

export interface TrackEvent {
  id: string;
  track: EnteredTrack;
  held_on: string;
  title: string;
  people: number | null;
  link: string | null;
  file: string | null;
  entered_at: string;
  entered_by: string;
  counts: boolean;
  withdrawn: string | null;
}

export interface TaughtLesson {
  lesson_id: string;
  origin_id: string;
  session_id: string;
  day: string;
  title: string;
  subject: string;
  hub: Named;
  site: Named;
  connected_minutes: number;
}

export interface Need {
  id: string;
  school: Named;
  subject: string;
  grade_no: number;
  language: string;
  periods_a_week: number;
  weekdays: number[];
  earliest: string;
  latest: string;
  starts_on: string;
  ends_on: string;
  note: string;
  state: "OPEN" | "MATCHED" | "WITHDRAWN";
  posted_at: string;
  pairing_id: string | null;
  is_own: boolean;
  version: number;
}

export interface MatchReason {
  kind: "SUBJECT" | "LANGUAGE" | "BELLS" | "DISTANCE" | "LOAD";
  points: number;
  most: number;
  /** The name of its sentence in `alliances.why`. */
  says: string;
  values: Record<string, unknown>;
}

export interface Offer {
  id: string;
  school: Named;
  subject: string;
  grade_from: number;
  grade_to: number;
  language: string;
  periods_a_week: number;
  valid_from: string;
  valid_to: string | null;
  version: number;
}

export interface Candidate {
  offer: Offer;
  score: number;
  reasons: MatchReason[];
  acts_for: Named[];
}

export interface Term {
  id: string;
  region_id: string;
  region: string;
  name: string;
  starts_on: string;
  ends_on: string;
  weeks: number;
  version: number;
}

export interface CalendarDay {
  id: string;
  region_id: string | null;
  school_id: string | null;
  place: string | null;
  day: string;
  kind: "HOLIDAY" | "MAKE_UP";
  name: string;
  follows: number | null;
  version: number;
}

export interface Period {
  number: number;
  kind: "LESSON" | "SELF_STUDY" | "AFTER_SCHOOL";
  starts: string;
  ends: string;
}

export interface BellSchedule {
  id: string;
  school_id: string;
  school: string;
  name: string;
  season_from: string | null;
  season_to: string | null;
  valid_from: string;
  valid_to: string | null;
  periods: Period[];
  version: number;
}

export interface Code {
  code: string;
  label_zh: string;
  label_en: string;
}

export interface Paging {
  limit?: number;
  cursor?: string;
}
type Format = "csv" | "xlsx";

/** An edit of an older version than the one that was read is refused (412). */
const ifMatch = (version: number): Record<string, string> => ({ "If-Match": `"${version}"` });

async function put<T>(path: string, version: number, json: unknown): Promise<T> {
  return (await (await send(`/api${path}`, { method: "PUT", json, headers: ifMatch(version) })).json()) as T;
}

async function upload<T>(path: string, file: File): Promise<T> {
  const answer = await send(`/api${path}${queryOf({ name: file.name })}`, { method: "POST", body: file });
  return (await answer.json()) as T;
}

const of = encodeURIComponent;

export const alliances = {
  list: (query: Paging & { q?: string }) => get<Page<Alliance>>(`/alliances${queryOf(query)}`),
  exportUrl: (format: Format) => `/api/alliances/export${queryOf({ format })}`,
  add: (body: object) => post<Alliance>("/alliances", body),
  one: (id: string) => get<Alliance>(`/alliances/${of(id)}`),
  members: (id: string, query: Paging) => get<Page<Member>>(`/alliances/${of(id)}/members${queryOf(query)}`),
  membersExportUrl: (id: string, format: Format) => `/api/alliances/${of(id)}/members/export${queryOf({ format })}`,
  addMember: (id: string, body: object) => post<Member>(`/alliances/${of(id)}/members`, body),
  changeMember: (member: Member, body: object) =>
    put<Member>(`/alliance-members/${of(member.id)}`, member.version, body),
  plans: (id: string) => get<{ items: TermPlan[] }>(`/alliances/${of(id)}/term-plans`),
  savePlan: (id: string, term: string, version: number, body: object) =>
    put<TermPlan>(`/alliances/${of(id)}/term-plans/${of(term)}`, version, body),
  lessons: (id: string, query: Paging) => get<Page<TaughtLesson>>(`/alliances/${of(id)}/lessons${queryOf(query)}`),
};

/** The agreement of an alliance or a pairing; `owner` is `alliances/<id>` or `pairings/<id>`. */
export const agreements = {
  read: (owner: string) => get<AgreementFile>(`/${owner}/agreement`),
  attach: (owner: string, file: File) => upload<AgreementFile>(`/${owner}/agreement`, file),
  fileUrl: (owner: string) => `/api/${owner}/agreement/file`,
};

export const pairings = {
  list: (query: Paging & { alliance_id?: string; state?: string }) =>
    get<Page<Pairing>>(`/pairings${queryOf(query)}`),
  exportUrl: (query: { alliance_id?: string; state?: string }, format: Format) =>
    `/api/pairings/export${queryOf({ ...query, format })}`,
  add: (body: object) => post<Pairing>("/pairings", body),
  one: (id: string) => get<Pairing>(`/pairings/${of(id)}`),
  move: (id: string, to: PairingState, school_id: string | null, reason: string) =>
    post<Pairing>(`/pairings/${of(id)}/moves`, { to, school_id, reason }),
  history: (id: string) => get<{ items: PairingStep[]; active: DaySpan[] }>(`/pairings/${of(id)}/history`),
  tracks: (id: string) => get<Tracks>(`/pairings/${of(id)}/tracks`),
  lessons: (id: string, query: Paging) => get<Page<TaughtLesson>>(`/pairings/${of(id)}/lessons${queryOf(query)}`),
  events: (id: string, track: EnteredTrack, query: Paging) =>
    get<Page<TrackEvent>>(`/pairings/${of(id)}/events/${track}${queryOf(query)}`),
  eventsExportUrl: (id: string, track: EnteredTrack, format: Format) =>
    `/api/pairings/${of(id)}/events/${track}/export${queryOf({ format })}`,
  evidence: (id: string, file: File) => upload<{ file_id: string }>(`/pairings/${of(id)}/evidence`, file),
  evidenceUrl: (id: string, event: TrackEvent) =>
    `/api/pairings/${of(id)}/events/${event.track}/${of(event.id)}/file`,
  enter: (id: string, track: EnteredTrack, body: object) =>
    post<{ id: string }>(`/pairings/${of(id)}/events/${track}`, body),
  withdraw: async (id: string, event: TrackEvent, reason: string): Promise<void> => {
    const path = `/api/pairings/${of(id)}/events/${event.track}/${of(event.id)}/withdraw`;
    await send(path, { method: "POST", json: { reason } });
  },
};

export const needs = {
  list: (query: Paging & { state?: string }) => get<Page<Need>>(`/needs${queryOf(query)}`),
  exportUrl: (query: { state?: string }, format: Format) => `/api/needs/export${queryOf({ ...query, format })}`,
  post: (body: object) => post<Need>("/needs", body),
  one: (id: string) => get<Need>(`/needs/${of(id)}`),
  withdraw: (id: string) => post<Need>(`/needs/${of(id)}/withdraw`),
  matches: (id: string) => get<{ items: Candidate[] }>(`/needs/${of(id)}/matches`),
  accept: (id: string, offer_id: string, school_id: string) =>
    post<{ pairing_id: string }>(`/needs/${of(id)}/accept`, { offer_id, school_id }),
};

export const offers = {
  list: (query: Paging) => get<Page<Offer>>(`/hub-offers${queryOf(query)}`),
  exportUrl: (format: Format) => `/api/hub-offers/export${queryOf({ format })}`,
  add: (body: object) => post<Offer>("/hub-offers", body),
};

export const calendar = {
  terms: (query: Paging) => get<Page<Term>>(`/terms${queryOf(query)}`),
  termsExportUrl: (format: Format) => `/api/terms/export${queryOf({ format })}`,
  addTerm: (body: object) => post<Term>("/terms", body),
  changeTerm: (term: Term, body: object) => put<Term>(`/terms/${of(term.id)}`, term.version, body),
  days: (query: Paging & { from?: string; to?: string }) => get<Page<CalendarDay>>(`/calendar-days${queryOf(query)}`),
  daysExportUrl: (query: { from?: string; to?: string }, format: Format) =>
    `/api/calendar-days/export${queryOf({ ...query, format })}`,
  addDay: (body: object) => post<CalendarDay>("/calendar-days", body),
  removeDay: async (day: CalendarDay): Promise<void> => {
    await send(`/api/calendar-days/${of(day.id)}`, { method: "DELETE", headers: ifMatch(day.version) });
  },
  bells: (query: Paging) => get<Page<BellSchedule>>(`/bell-schedules${queryOf(query)}`),
  bellsExportUrl: (format: Format) => `/api/bell-schedules/export${queryOf({ format })}`,
  addBells: (body: object) => post<BellSchedule>("/bell-schedules", body),
  changeBells: (bells: BellSchedule, body: object) =>
    put<BellSchedule>(`/bell-schedules/${of(bells.id)}`, bells.version, body),
  codes: (kind: "SUBJECT" | "LANGUAGE") => get<Page<Code>>(`/codes${queryOf({ kind, is_stored: true, limit: 200 })}`),
};

/** The regions in scope, from the top down. */
export const regionsInScope = () => get<Page<Named>>(`/regions${queryOf({ limit: 200 })}`);
