/**
 * The REST interface, one function per endpoint. Times are ISO 8601 in UTC.
 *
 * A refusal (RFC 9457 problem+json) becomes a `Problem`; a server that cannot be reached
 * becomes a `Problem` of type `offline`. Unsafe methods carry the session's CSRF token.
 * Longer than a module should be: the whole interface in one place is what a reader looks for.
 */
import { once, wordsOf } from "./keys";
import type { Lack } from "./lacks";
import type { Road, RoadsToTry } from "./media/roads";

export type LessonKind = "DELIVERY" | "MASTER" | "ELITE";

export interface RoleHeld {
  role: "TEACHER" | "SUPERVISOR" | "ADMINISTRATOR";
  scope_name: string;
}

export interface Me {
  person: null | {
    id: string;
    name: string;
    school: string | null;
    roles: RoleHeld[];
    csrf_token: string;
    home: string;
  };
  device: null | {
    id: string;
    name: string;
    classroom: Named;
    school: Named;
    csrf_token: string;
  };
  demo: boolean;
}

export interface Named {
  id: string;
  name: string;
}

export interface LessonSite {
  id: string;
  classroom: string;
  school: string;
  state: string;
  light: "ready" | "offline" | "never";
  last_seen_at: string | null;
  lacks: Lack[];
}

/** `lacks`: what the hub lacks; null: nobody looks, the lesson is not about to begin. */
export interface LessonCard {
  id: string;
  kind: LessonKind;
  title: string;
  subject: string;
  grade: string;
  hub_school: string;
  lecturer: string;
  planned_start: string;
  planned_end: string;
  state: string;
  session_id: string | null;
  is_recorded: boolean;
  can_start: boolean;
  can_start_from: string;
  lacks: Lack[] | null;
  sites: LessonSite[];
}

export interface TeacherDay {
  date: string;
  now: string;
  lessons: LessonCard[];
}

/** A lesson that is over, and what this classroom's row says of it; null: not measured. */
export interface ToConfirm {
  lesson: LessonCard;
  headcount: number | null;
  planned_ms: number;
  connected_ms: number;
  audible_ms: number | null;
  is_counted: boolean | null;
}

export interface ClassroomToday {
  now: string;
  classroom: Named;
  school: Named;
  lessons: LessonCard[];
  current: LessonCard | null;
  next: LessonCard | null;
  to_confirm: null | ToConfirm;
}

export interface Ticket {
  ticket: string;
  session_id: string;
  websocket: string;
  protocol: string;
  expires_in_s: number;
  ice_servers: RTCIceServer[];
}

export type EnterAs = "lecturer" | "classroom" | "supervisor";

export type LinkRedeemed =
  | { purpose: "DEMONSTRATION"; home: string }
  | { purpose: "SET_PASSWORD"; username: string };

export interface SessionItem {
  id: string;
  lesson_id: string;
  title: string;
  kind: LessonKind;
  subject: string;
  grade: string;
  hub_school: string;
  lecturer: string;
  planned_start: string;
  planned_end: string;
  started_at: string;
  ended_at: string | null;
  end_reason: string | null;
  lesson_state: string;
  sites_total: number;
  sites_attended: number;
  headcount_total: number | null;
  recording_state: string | null;
  is_live: boolean;
}

export interface SessionQuery {
  from?: string;
  to?: string;
  school_id?: string;
  kind?: string;
  state?: string;
  subject?: string;
  grade?: string;
  q?: string;
  limit?: number;
  cursor?: string;
}

/** One page of a list; `next_cursor` asks for the next, null: it is the last. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface SessionFilters {
  kinds: string[];
  states: string[];
}

/** A correction: what held before, what holds instead, who says so and why. */
export interface Amendment {
  number: number;
  person: string;
  at: string;
  reason: string;
  old_is_counted: boolean | null;
  new_is_counted: boolean | null;
  old_headcount: number | null;
  new_headcount: number | null;
}

export interface AttendanceRow {
  record_id: string;
  site_id: string;
  classroom: string;
  school: string;
  planned_ms: number;
  connected_ms: number;
  first_joined_ms: number | null;
  last_left_ms: number | null;
  interruptions: number;
  headcount: number | null;
  headcount_source: string | null;
  /** Who reported it; null: not known, or not told. */
  headcount_by: string | null;
  state: string;
  /** Null where the lesson was closed before what a seat received was kept. */
  audible_ms: number | null;
  degraded_ms: number | null;
  lost_ms: number | null;
  offline_ms: number | null;
  visible_ms: number | null;
  is_counted: boolean | null;
  not_counted_reason: string | null;
  /** What the classroom says against the row, and nobody has answered. */
  objection: string | null;
  /** The last one is what holds, instead of `is_counted` and `headcount`. */
  amendments: Amendment[];
  /** The closed figures follow from the events. */
  agrees: boolean;
  bars: { from_ms: number; to_ms: number; kind: string }[];
  portions: { from_ms: number; to_ms: number; minute: string; is_visible: boolean }[];
}

export interface StageSpan {
  seat_id: string;
  name: string;
  from_ms: number;
  to_ms: number;
}

export interface Span {
  from_ms: number;
  to_ms: number;
}

/** What was recorded and cannot be read: the picture or the sound of a seat. */
export interface Missing extends Span {
  name: string;
  group: string;
  kind: "audio" | "video";
}

export interface SessionDetail {
  session: SessionItem & { epoch: number; interruptions: number };
  lesson: LessonCard;
  duration_ms: number;
  planned_ms: number;
  attendance: AttendanceRow[];
  stage: StageSpan[];
  pauses: Span[];
  recording: null | {
    id: string;
    state: string;
    duration_ms: number;
    bytes: number;
    problem: string | null;
    missing: Missing[];
    rebuild: "QUEUED" | "RUNNING" | "DONE" | "FAILED" | "DEAD" | "CANCELLED" | null;
    /** It waits for more than its turn: for the lessons of today until they are over, or for somebody. */
    rebuild_waits: { waits_for: "LESSONS" | "ROOM" | "PLACE"; until: string | null } | null;
    refusing: string[];
  };
  incidents: Record<string, unknown>[];
  seats: { seat_id: string; name: string; role: string; school: string }[];
  lines: { seat_id: string; measured: LineFigures; budget_down_kbps: number | null; budget_up_kbps: number | null }[];
  chain: { events: number; is_intact: boolean; broken_at: number | null };
  live: null | { present: string[]; is_paused: boolean };
}

export interface SessionEvent {
  number: number;
  clock_ms: number;
  at: string;
  type: string;
  seat_id: string | null;
  seat_name: string | null;
  actor: string | null;
  actor_name: string | null;
  payload: Record<string, unknown>;
}

export interface EventPage {
  items: SessionEvent[];
  next: number | null;
  total: number;
}

export interface Clip {
  id: string;
  seat_id: string;
  name: string;
  group: string;
  mime: string;
  start_ms: number;
  duration_ms: number;
  has_audio: boolean;
  has_video: boolean;
  url: string;
}

/** Captions to show over a replay. `language`: BCP 47. */
export interface CaptionsTrack {
  id: string;
  language: string;
  label: string;
  url: string;
}

export interface Replay {
  session_id: string;
  title: string;
  state: string;
  duration_ms: number;
  clips: Clip[];
  captions: CaptionsTrack[];
  stage: StageSpan[];
  pauses: Span[];
  missing: Missing[];
  attended: number;
}

/** A picture or a sound to be played back from its parts; `url` is its playlist. */
export interface ShiftTrack {
  is_video: boolean;
  mime: string;
  url: string;
}

/** What is seen and heard as one of a seat; times on the lesson clock. */
export interface ShiftLane {
  seat_id: string;
  name: string;
  group: string;
  from_ms: number;
  until_ms: number;
  zero_ms: number;
  tracks: ShiftTrack[];
}

/** What a device check found, as it is kept. */
export interface CheckResult {
  is_udp_open: boolean;
  is_tcp_open: boolean;
  is_turn_open: boolean | null;
  rtt_ms: number | null;
  down_kbps: number | null;
  up_kbps: number | null;
}

export interface LineCheck extends CheckResult {
  checked_at: string;
  road: Road | "none";
}

/** A browser on a computer, a recorder with a browser in it, a camera. */
export type DeviceKind = "BROWSER" | "RECORDER" | "CAMERA";
export const DEVICE_KINDS: readonly DeviceKind[] = ["BROWSER", "RECORDER", "CAMERA"];

export interface ClassroomQuery {
  q?: string;
  school_id?: string;
  limit?: number;
  cursor?: string;
}

export interface ClassroomItem {
  id: string;
  name: string;
  school_id: string;
  school: string;
  region: string;
  category: string;
  /** A code of kind LINK; null: nobody has said what the line is. */
  link_kind: string | null;
  seats: number | null;
  cameras: number;
  displays: number;
  has_microphone_array: boolean;
  may_broadcast: boolean;
  version: number;
  budget_down_kbps: number | null;
  budget_up_kbps: number | null;
  /** The newest check of its line; null: nobody has checked it. */
  checked: LineCheck | null;
  devices: {
    id: string;
    name: string;
    kind: DeviceKind;
    state: string;
    last_seen_at: string | null;
    enrolled_at: string | null;
  }[];
  room_test: RoomTest | null;
}

/** What a classroom's sound test measured: dB below full scale; `echo_*` null: nothing came back. */
export interface RoomFigures {
  noise_db: number;
  heard_db: number;
  voice_db: number;
  clipped_percent: number;
  echo_db: number | null;
  echo_delay_ms: number | null;
}

export interface RoomTest extends RoomFigures {
  taken_at: string;
}

/** What a line was in one lesson: the middle of each figure and its worse end; null: not measured. */
export interface LineFigures {
  measured_at: string;
  reports: number;
  estimate_down_kbps: number | null;
  estimate_down_low_kbps: number | null;
  down_kbps: number | null;
  down_high_kbps: number | null;
  up_kbps: number | null;
  up_high_kbps: number | null;
  rtt_ms: number | null;
  rtt_high_ms: number | null;
  loss_down_permille: number | null;
  loss_down_high_permille: number | null;
  loss_up_permille: number | null;
  loss_up_high_permille: number | null;
}

/** What a classroom's line is declared to carry; null: not declared. */
export interface DeclaredLine {
  budget_down_kbps: number | null;
  budget_up_kbps: number | null;
}

/** A request that was refused or did not arrive. `type` is the short code of RFC 9457's `type`. */
export class Problem extends Error {
  constructor(
    readonly type: string,
    readonly title: string,
    readonly status: number,
    readonly detail: string = "",
    /** The extension members, e.g. `retry_after_s`, `reasons`. */
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

interface CsrfTokens {
  person: string | null;
  device: string | null;
}
/** As whom a request is made. */
export type Caller = keyof CsrfTokens;

let csrfTokens: CsrfTokens = { person: null, device: null };

export function setCsrfTokens(tokens: CsrfTokens): void {
  csrfTokens = tokens;
}

async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("json")) return new Problem("unexpected", response.statusText, response.status);
  const body = (await response.json()) as Record<string, unknown>;
  return new Problem(
    typeof body.type === "string" ? body.type : "unexpected",
    typeof body.title === "string" ? body.title : response.statusText,
    response.status,
    typeof body.detail === "string" ? body.detail : "",
    body,
  );
}

interface Sending {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  json?: unknown;
  body?: Blob | FormData;
  headers?: Record<string, string>;
  as?: Caller;
  signal?: AbortSignal;
  /** It makes something: sent again after an answer that was lost, it makes nothing twice. */
  isOnce?: boolean;
}

/** Whether a request that failed so may have had its effect all the same. */
function isInDoubt(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500 || error.type === "still-running";
}

/** Send a request and return the response, or throw a `Problem`. `path` begins with `/api`. */
export function send(path: string, options: Sending = {}): Promise<Response> {
  if (options.isOnce !== true) return attempt(path, options);
  return once(
    // The same step from another version is another wish: its opposite may lie between the two.
    [path, options.as ?? "person", options.headers?.["If-Match"] ?? "", wordsOf(options.body ?? options.json)].join("\n"),
    (key) => attempt(path, { ...options, headers: { ...options.headers, "Idempotency-Key": key } }),
    isInDoubt,
  );
}

async function attempt(path: string, options: Sending): Promise<Response> {
  const headers = new Headers({ Accept: "application/json", ...options.headers });
  if (options.json !== undefined) headers.set("Content-Type", "application/json");
  if ((options.method ?? "GET") !== "GET") {
    const caller = options.as ?? "person";
    const token = csrfTokens[caller] ?? csrfTokens.person ?? csrfTokens.device;
    if (token !== null) headers.set("X-CSRF-Token", token);
  }
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.json !== undefined ? JSON.stringify(options.json) : options.body,
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem("offline", "offline", 0);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await send(`/api${path}`, { signal })).json()) as T;
}

async function post<T>(
  path: string,
  json: unknown = {},
  as: Caller = "person",
  signal?: AbortSignal,
): Promise<T> {
  return (await (await send(`/api${path}`, { method: "POST", json, as, signal })).json()) as T;
}

/** Post what makes or changes something, where the server keeps the promise of a key. */
async function make<T>(path: string, json: unknown = {}, as: Caller = "person", version?: number): Promise<T> {
  const headers = version === undefined ? undefined : { "If-Match": `"${version}"` };
  return (await (await send(`/api${path}`, { method: "POST", json, as, headers, isOnce: true })).json()) as T;
}

/** Post where the answer has no body (204). */
async function tell(path: string, as: Caller = "person"): Promise<void> {
  await send(`/api${path}`, { method: "POST", json: {}, as });
}

function queryOf(values: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function id(value: string): string {
  return encodeURIComponent(value);
}

export const api = {
  me: () => get<Me>("/me"),
  signIn: (username: string, password: string) => post<Me>("/sign-in", { username, password }),
  signOut: () => tell("/sign-out"),
  redeemLink: (token: string) => post<LinkRedeemed>("/links/redeem", { token }),
  setPassword: (token: string, password: string) =>
    post<Me>("/links/set-password", { token, password }),
  enrolDevice: (code: string) => post<Me>("/devices/enrol", { code }, "device"),
  forgetDevice: () => tell("/devices/me/forget", "device"),

  teacherLessons: (date?: string) => get<TeacherDay>(`/teacher/lessons${queryOf({ date })}`),
  startLesson: (lesson: string) =>
    post<{ lesson: LessonCard; session_id: string }>(`/lessons/${id(lesson)}/start`),
  endLesson: (lesson: string) => post<LessonCard>(`/lessons/${id(lesson)}/end`),
  /**
   * A single-use ticket for one WebSocket; each (re)connection needs its own. `drawn`: one that the
   * page has drawn, 256 random bits, and opens its WebSocket with meanwhile.
   */
  ticket: (lesson: string, as: EnterAs, signal?: AbortSignal, drawn?: string) => {
    const caller = as === "classroom" ? "device" : "person";
    return post<Ticket>(`/lessons/${id(lesson)}/tickets`, { as, ticket: drawn }, caller, signal);
  },

  classroomToday: () => get<ClassroomToday>("/classroom/today"),
  confirmHeadcount: (lesson: string, count: number, objection: string | null = null) =>
    make<unknown>(`/classroom/lessons/${id(lesson)}/headcount`, { count, objection }, "device"),

  keepRoomTest: (figures: RoomFigures) =>
    make<RoomTest>("/classroom/room-tests", { ...figures }, "device"),

  checkPing: async (): Promise<void> => {
    await send("/api/check/ping");
  },
  checkRoads: () => get<RoadsToTry>("/check/roads"),
  checkMedia: (road: Road, sdp: string, sources: Record<string, string>, as: Caller) =>
    post<{ sdp: string }>("/check/media", { road, sdp, sources }, as),
  checkResult: async (result: CheckResult, as: Caller): Promise<void> => {
    await send("/api/check/result", { method: "POST", json: result, as });
  },
  checkDownload: async (bytes: number, signal?: AbortSignal): Promise<ArrayBuffer> =>
    (await send(`/api/check/download${queryOf({ bytes })}`, { signal })).arrayBuffer(),
  /** Send a body of at most 2 MiB, which is thrown away. */
  checkUpload: async (body: Blob, as: Caller, signal?: AbortSignal): Promise<void> => {
    await send("/api/check/upload", { method: "POST", body, as, signal });
  },

  sessions: (query: SessionQuery) => get<Page<SessionItem>>(`/admin/sessions${queryOf(query)}`),
  /** All pages of the list as a file. */
  sessionsExportUrl: (query: SessionQuery, format: "csv" | "xlsx") =>
    `/api/admin/sessions/export${queryOf({ ...query, limit: undefined, cursor: undefined, format })}`,
  sessionFilters: () => get<SessionFilters>("/admin/filters"),
  session: (session: string) => get<SessionDetail>(`/admin/sessions/${id(session)}`),
  sessionEvents: (session: string, after = 0, limit = 200) =>
    get<EventPage>(`/admin/sessions/${id(session)}/events${queryOf({ after, limit })}`),
  attendanceExportUrl: (session: string, format: "csv" | "xlsx") =>
    `/api/admin/sessions/${id(session)}/attendance/export${queryOf({ format })}`,
  /** To the staff of the schools that took part, if those whose pupils are in it consent. */
  publishRecording: (session: string) => make<unknown>(`/admin/sessions/${id(session)}/recording/publish`, {}),
  /** What could not be read may be readable now. */
  rebuildRecording: (session: string) => make<unknown>(`/admin/sessions/${id(session)}/recording/rebuild`, {}),
  /** Nobody is shown it from now on, and every copy is removed. */
  withdrawRecording: (session: string, reason: string) =>
    make<unknown>(`/admin/sessions/${id(session)}/recording/withdraw`, { reason }),
  endSession: (session: string, reason: string) =>
    post<unknown>(`/admin/sessions/${id(session)}/end`, { reason }),
  replay: (session: string) => get<Replay>(`/sessions/${id(session)}/replay`),
  timeshift: (session: string) => get<{ lanes: ShiftLane[] }>(`/sessions/${id(session)}/timeshift`),

  classrooms: (query: ClassroomQuery) => get<Page<ClassroomItem>>(`/classrooms${queryOf(query)}`),
  createEnrolmentCode: (classroom: string, kind: DeviceKind) =>
    post<{ code: string; expires_at: string }>(`/admin/classrooms/${id(classroom)}/enrolment-codes${queryOf({ kind })}`),
  /** Over what was read of the classroom. */
  declareLine: (classroom: Pick<ClassroomItem, "id" | "version">, line: DeclaredLine) =>
    make<DeclaredLine>(`/admin/classrooms/${id(classroom.id)}/line`, line, "person", classroom.version),
  revokeDevice: (device: string) => make<unknown>(`/admin/devices/${id(device)}/revoke`),
};
