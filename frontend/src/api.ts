/**
 * What people, classrooms and lessons ask the server, one function per endpoint, through the
 * generated client. Times are ISO 8601 in UTC.
 */
import { client, dataOf, etagOf, linkTo, type Format } from "./client";
import type { Road } from "./media/roads";
import type { components } from "./openapi";
import { send, type Caller } from "./sending";

export { Problem, send, setCsrfTokens, type Caller } from "./sending";

type Schemas = components["schemas"];
export type LessonKind = Schemas["LessonKind"];
export type Me = Schemas["Me"];
export type RoleHeld = Schemas["PersonOut"]["roles"][number];
export type Named = Schemas["Named"];
export type LessonSite = Schemas["SiteCard"];
/** `lacks`: what the hub lacks; null: nobody looks, the lesson is not about to begin. */
export type LessonCard = Schemas["LessonCard"];
export type TeacherDay = Schemas["TeacherDay"];
export type ClassroomToday = Schemas["ClassroomDay"];
/** A lesson that is over, and what this classroom's row says of it; null: not measured. */
export type ToConfirm = NonNullable<ClassroomToday["to_confirm"]>;
export type Ticket = Schemas["TicketOut"];
export type EnterAs = Schemas["TicketIn"]["as"];
export type LinkRedeemed = Schemas["RedeemedOut"];
export type SessionItem = Schemas["SessionItem"];
export type SessionFilters = Schemas["Filters"];
/** A correction: what held before, what holds instead, who says so and why. */
export type Amendment = Schemas["AmendmentOut"];
/** The last of `amendments` is what holds, instead of `is_counted` and `headcount`. */
export type AttendanceRow = Schemas["AttendanceOut"];
export type StageSpan = Schemas["StageOut"];
export type Span = Schemas["SpanOut"];
/** What was recorded and cannot be read: the picture or the sound of a seat. */
export type Missing = Schemas["MissingOut"];
export type SessionDetail = Schemas["SessionDetail"];
export type EventPage = Schemas["EventsOut"];
export type SessionEvent = EventPage["items"][number];
export type Clip = Schemas["ClipOut"];
/** Captions to show over a replay. `language`: BCP 47. */
export type CaptionsTrack = Schemas["CaptionsTrackOut"];
export type Replay = Schemas["ReplayOut"];
export type Chapter = Schemas["ChapterOut"];
/** What of a lesson can be played from its recording so far. `is_over`: no more will come. */
export type LookBack = Schemas["TimeshiftOut"];
/** What is seen and heard as one of a seat; times on the lesson clock. */
export type ShiftLane = Schemas["ShiftLaneOut"];
/** A picture or a sound to be played back from its parts; `url` is its playlist. */
export type ShiftTrack = ShiftLane["tracks"][number];
/** What a device check found, as it is kept. */
export type CheckResult = Schemas["CheckResultIn"];
export type LineCheck = Schemas["LineCheckOut"];
/** A browser on a computer, a recorder with a browser in it, a camera. */
export type DeviceKind = Schemas["DeviceKind"];
export const DEVICE_KINDS: readonly DeviceKind[] = ["BROWSER", "RECORDER", "CAMERA"];
export type ClassroomItem = Schemas["ClassroomOut"];
/** What a classroom's sound test measured: dB below full scale; `echo_*` null: nothing came back. */
export type RoomFigures = Schemas["RoomTestIn"];
export type RoomTest = Schemas["RoomTestOut"];
/** What a line was in one lesson: the middle of each figure and its worse end; null: not measured. */
export type LineFigures = Schemas["LineFigures"];
/** What a classroom's line is declared to carry; null: not declared. */
export type DeclaredLine = Schemas["LineIn"];

/** One page of a list; `next_cursor` asks for the next, null: it is the last. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The filters of the list of sessions, as its address says them: kinds and states by their words. */
export interface SessionQuery {
  from?: string;
  to?: string;
  school_id?: string;
  kind?: LessonKind;
  state?: LessonCard["state"];
  subject?: string;
  grade?: string;
  q?: string;
  limit?: number;
  cursor?: string;
}
export interface ClassroomQuery {
  q?: string;
  school_id?: string;
  limit?: number;
  cursor?: string;
}

const inSession = (session_id: string) => ({ path: { session_id } });
const inLesson = (lesson_id: string) => ({ path: { lesson_id } });
/** What makes nothing, or what a server that keeps no keys answers: asked anew, it is done anew. */
const anew = { isOnce: false };

export const api = {
  me: () => dataOf(client.get("/api/me")),
  signIn: (username: string, password: string) =>
    dataOf(client.post("/api/sign-in", { json: { username, password }, ...anew })),
  signOut: async (): Promise<void> => {
    await client.post("/api/sign-out", anew);
  },
  redeemLink: (token: string) => dataOf(client.post("/api/links/redeem", { json: { token }, ...anew })),
  setPassword: (token: string, password: string) =>
    dataOf(client.post("/api/links/set-password", { json: { token, password }, ...anew })),
  enrolDevice: (code: string) =>
    dataOf(client.post("/api/devices/enrol", { json: { code }, as: "device", ...anew })),
  forgetDevice: async (): Promise<void> => {
    await client.post("/api/devices/me/forget", { as: "device", ...anew });
  },

  teacherLessons: (date?: string) => dataOf(client.get("/api/teacher/lessons", { query: { date } })),
  startLesson: (lesson: string) =>
    dataOf(client.post("/api/lessons/{lesson_id}/start", { ...inLesson(lesson), ...anew })),
  endLesson: (lesson: string) =>
    dataOf(client.post("/api/lessons/{lesson_id}/end", { ...inLesson(lesson), ...anew })),
  /**
   * A single-use ticket for one WebSocket; each (re)connection needs its own. `drawn`: one that the
   * page has drawn, 256 random bits, and opens its WebSocket with meanwhile.
   */
  ticket: (lesson: string, as: EnterAs, signal?: AbortSignal, drawn?: string) =>
    dataOf(
      client.post("/api/lessons/{lesson_id}/tickets", {
        ...inLesson(lesson),
        json: { as, ticket: drawn },
        as: as === "classroom" ? "device" : "person",
        signal,
        ...anew,
      }),
    ),

  classroomToday: () => dataOf(client.get("/api/classroom/today")),
  confirmHeadcount: (lesson: string, count: number, objection: string | null = null) =>
    dataOf(
      client.post("/api/classroom/lessons/{lesson_id}/headcount", {
        ...inLesson(lesson),
        json: { count, objection },
        as: "device",
      }),
    ),

  keepRoomTest: (figures: RoomFigures) =>
    dataOf(client.post("/api/classroom/room-tests", { json: { ...figures }, as: "device" })),

  checkPing: async (): Promise<void> => {
    await send("/api/check/ping");
  },
  checkRoads: () => dataOf(client.get("/api/check/roads")),
  checkMedia: (road: Road, sdp: string, sources: Schemas["CheckMediaIn"]["sources"], as: Caller) =>
    dataOf(client.post("/api/check/media", { json: { road, sdp, sources }, as, ...anew })),
  checkResult: async (json: CheckResult, as: Caller): Promise<void> => {
    await client.post("/api/check/result", { json, as, ...anew });
  },
  checkDownload: async (bytes: number, signal?: AbortSignal): Promise<ArrayBuffer> =>
    (await send(linkTo("/api/check/download", { query: { bytes } }), { signal })).arrayBuffer(),
  /** Send a body of at most 2 MiB, which is thrown away. */
  checkUpload: async (body: Blob, as: Caller, signal?: AbortSignal): Promise<void> => {
    await send("/api/check/upload", { method: "POST", body, as, signal });
  },

  sessions: (query: SessionQuery) => dataOf(client.get("/api/admin/sessions", { query })),
  /** All pages of the list as a file. */
  sessionsExportUrl: (wanted: SessionQuery, format: Format) => {
    const query = { ...wanted, limit: undefined, cursor: undefined, format };
    return linkTo("/api/admin/sessions/export", { query });
  },
  sessionFilters: () => dataOf(client.get("/api/admin/filters")),
  session: (session: string) => dataOf(client.get("/api/admin/sessions/{session_id}", inSession(session))),
  sessionEvents: (session: string, after = 0, limit = 200) =>
    dataOf(client.get("/api/admin/sessions/{session_id}/events", { ...inSession(session), query: { after, limit } })),
  attendanceExportUrl: (session: string, format: Format) =>
    linkTo("/api/admin/sessions/{session_id}/attendance/export", { ...inSession(session), query: { format } }),
  /** To the staff of the schools that took part, if those whose pupils are in it consent. */
  publishRecording: (session: string) =>
    dataOf(client.post("/api/admin/sessions/{session_id}/recording/publish", inSession(session))),
  /** What could not be read may be readable now. */
  rebuildRecording: (session: string) =>
    dataOf(client.post("/api/admin/sessions/{session_id}/recording/rebuild", inSession(session))),
  /** Nobody is shown it from now on, and every copy is removed. */
  withdrawRecording: (session: string, reason: string) =>
    dataOf(client.post("/api/admin/sessions/{session_id}/recording/withdraw", { ...inSession(session), json: { reason } })),
  endSession: (session: string, reason: string) =>
    dataOf(client.post("/api/admin/sessions/{session_id}/end", { ...inSession(session), json: { reason }, ...anew })),
  replay: (session: string) => dataOf(client.get("/api/sessions/{session_id}/replay", inSession(session))),
  timeshift: (session: string) => dataOf(client.get("/api/sessions/{session_id}/timeshift", inSession(session))),

  classrooms: (query: ClassroomQuery) => dataOf(client.get("/api/classrooms", { query })),
  createEnrolmentCode: (classroom_id: string, kind: DeviceKind) =>
    dataOf(
      client.post("/api/admin/classrooms/{classroom_id}/enrolment-codes", {
        path: { classroom_id },
        query: { kind },
        ...anew,
      }),
    ),
  /** Over what was read of the classroom. */
  declareLine: ({ id, version }: Pick<ClassroomItem, "id" | "version">, json: DeclaredLine) =>
    dataOf(
      client.post("/api/admin/classrooms/{classroom_id}/line", {
        path: { classroom_id: id },
        json,
        ifMatch: etagOf(version),
      }),
    ),
  revokeDevice: (device_id: string) =>
    dataOf(client.post("/api/admin/devices/{device_id}/revoke", { path: { device_id } })),
};
