/**
 * What a page knows of the live room: a pure reducer from facts to state.
 *
 * Nothing here talks to anybody. A fact whose `seq` is not the next one leaves `hasGap`
 * set until a whole `room_state` arrives; the owner then sends `get_room_state` once.
 * Facts are absolute, so one that follows a gap may still be applied.
 */
import type {
  ChatLine,
  EndReason,
  LessonInfo,
  LinkMeasured,
  Permissions,
  QuickMessage as SentQuickMessage,
  QuickMessageKind,
  RecordingLight,
  Role,
  Seat,
  ServerMessage,
} from "./protocol";

/** The page keeps as many lines and messages as the server does; older ones are dropped. */
export const MAX_CHAT_LINES = 200;
export const MAX_QUICK_MESSAGES = 100;

/** The lesson clock: `clockMs` was right at `at` (milliseconds on the page's monotonic clock). */
export interface LessonClock {
  readonly clockMs: number;
  readonly at: number;
}

export interface QuickMessage {
  readonly number: number;
  readonly seatId: string;
  readonly kind: QuickMessageKind;
  readonly clockMs: number;
  readonly isHandled: boolean;
}

export interface Room {
  readonly you: string;
  readonly role: Role;
  readonly lesson: LessonInfo;
  readonly clock: LessonClock;
  readonly isPaused: boolean;
  readonly classPermissions: Permissions;
  readonly stage: readonly string[];
  readonly stageLimit: number;
  readonly hands: readonly string[];
  /** In the server's order; a seat met later is appended. */
  readonly seats: readonly Seat[];
  readonly chat: readonly ChatLine[];
  readonly recording: RecordingLight;
  /** The last figures of each line, by seat. */
  readonly links: Readonly<Record<string, LinkMeasured>>;
  readonly quickMessages: readonly QuickMessage[];
  readonly ended: { readonly reason: EndReason; readonly clockMs: number } | null;
  readonly lastSeq: number;
  readonly hasGap: boolean;
}

function isFact(message: ServerMessage): message is ServerMessage & { readonly seq: number } {
  return "seq" in message;
}

/**
 * Return the room after `message`, which arrived at `now` (monotonic milliseconds).
 * Before the first `room_state` there is no room: facts are ignored and null is returned.
 */
export function reduceRoom(room: Room | null, message: ServerMessage, now: number): Room | null {
  if (message.type === "room_state") {
    return {
      you: message.you,
      role: message.role,
      lesson: message.lesson,
      clock: { clockMs: message.clock_ms, at: now },
      isPaused: message.is_paused,
      classPermissions: message.class_permissions,
      stage: message.stage,
      stageLimit: message.stage_limit,
      hands: message.hands,
      seats: message.seats,
      chat: message.chat,
      recording: message.recording,
      links: withoutAbsent(room?.links ?? {}, message.seats),
      quickMessages: message.quick_messages.reduce(withUnknown, room?.quickMessages ?? []),
      ended: null,
      lastSeq: message.seq,
      hasGap: false,
    };
  }
  if (room === null) return null;
  if (!isFact(message)) {
    if (message.type !== "pong") return room;
    return { ...room, clock: { clockMs: message.clock_ms, at: now } };
  }
  const hasGap = room.hasGap || message.seq !== room.lastSeq + 1;
  return { ...applyFact(room, message), lastSeq: message.seq, hasGap };
}

function applyFact(room: Room, fact: Exclude<ServerMessage, { type: "room_state" }>): Room {
  switch (fact.type) {
    case "seat_changed":
      return {
        ...room,
        seats: withSeat(room.seats, fact.seat),
        links: withoutAbsent(room.links, [fact.seat]),
      };
    case "hands_changed":
      return { ...room, hands: fact.hands };
    case "stage_changed":
      return { ...room, stage: fact.stage, stageLimit: fact.stage_limit };
    case "class_permissions_changed":
      return { ...room, classPermissions: fact.permissions };
    case "pause_changed":
      return { ...room, isPaused: fact.is_paused };
    case "recording_changed":
      return { ...room, recording: fact.recording };
    case "link_measured":
      return { ...room, links: { ...room.links, [fact.seat_id]: fact } };
    case "chat_said":
      return { ...room, chat: [...room.chat, fact.line].slice(-MAX_CHAT_LINES) };
    case "quick_message_sent":
      return { ...room, quickMessages: withQuickMessage(room.quickMessages, fact) };
    case "lesson_ended":
      return { ...room, ended: { reason: fact.reason, clockMs: fact.clock_ms } };
    default:
      // Answers carry no seq and never come here.
      return room;
  }
}

/** What was measured of a line counts for as long as its seat is here; then it is measured anew. */
function withoutAbsent(links: Room["links"], seats: readonly Seat[]): Room["links"] {
  const absent = new Set(seats.filter((seat) => !seat.is_present).map((seat) => seat.seat_id));
  if (!Object.keys(links).some((seatId) => absent.has(seatId))) return links;
  return Object.fromEntries(Object.entries(links).filter(([seatId]) => !absent.has(seatId)));
}

function withSeat(seats: readonly Seat[], seat: Seat): readonly Seat[] {
  const isKnown = seats.some((known) => known.seat_id === seat.seat_id);
  if (!isKnown) return [...seats, seat];
  return seats.map((known) => (known.seat_id === seat.seat_id ? seat : known));
}

/** Return what names a quick message everywhere: on this page, after a reload, at the server. */
export function quickMessageKey(message: QuickMessage): string {
  return `${message.seatId}/${message.kind}/${message.clockMs}`;
}

/** A message that `room_state` lists is added unless it is known; it may be known as handled. */
function withUnknown(
  messages: readonly QuickMessage[],
  sent: SentQuickMessage,
): readonly QuickMessage[] {
  const isKnown = messages.some(
    (known) =>
      known.seatId === sent.seat_id &&
      known.kind === sent.kind &&
      known.clockMs === sent.clock_ms,
  );
  return isKnown ? messages : withQuickMessage(messages, sent);
}

function withQuickMessage(
  messages: readonly QuickMessage[],
  fact: SentQuickMessage,
): readonly QuickMessage[] {
  const number = (messages.at(-1)?.number ?? 0) + 1;
  const added: QuickMessage = {
    number,
    seatId: fact.seat_id,
    kind: fact.kind,
    clockMs: fact.clock_ms,
    isHandled: false,
  };
  return [...messages, added].slice(-MAX_QUICK_MESSAGES);
}

/** The lecturer has seen to a quick message. This is kept on the page only. */
export function withHandled(room: Room, number: number): Room {
  return {
    ...room,
    quickMessages: room.quickMessages.map((message) =>
      message.number === number ? { ...message, isHandled: true } : message,
    ),
  };
}

/** Return the lesson clock in milliseconds at `now`. It never runs backwards from zero. */
export function clockAt(clock: LessonClock, now: number): number {
  return Math.max(0, clock.clockMs + (now - clock.at));
}

export function seatOf(room: Room, seatId: string): Seat | null {
  return room.seats.find((seat) => seat.seat_id === seatId) ?? null;
}

/**
 * Return what a seat is called on the pages: a classroom by its school, which is what a
 * teacher knows it by, with the classroom's own name where a school has several here.
 */
export function labelOf(room: Room, seatId: string): string {
  const seat = seatOf(room, seatId);
  if (seat === null) return seatId;
  if (seat.role !== "classroom" || seat.school === "") return seat.name;
  const isAlone = classroomsOf(room).filter((one) => one.school === seat.school).length === 1;
  return isAlone ? seat.school : `${seat.school} ${seat.name}`;
}

/** Return for how many seconds a seat has been away at `now`, by the lesson clock. */
export function awayForS(seat: Seat, room: Room, now: number): number {
  if (seat.away_since_ms === null) return 0;
  return Math.max(0, Math.floor((clockAt(room.clock, now) - seat.away_since_ms) / 1000));
}

/** What of a present seat's sending stands still: everything, its picture, or its sound. */
export type Standstill = "line" | "picture" | "sound";

/**
 * Return what of a seat stands still although it is meant to be sent, or null. A shared
 * screen is left out: one on which nothing moves sends next to nothing.
 */
export function standstillOf(seat: Seat): Standstill | null {
  if (!seat.is_present) return null;
  const sent = (["camera", "microphone"] as const).filter(
    (source) => seat.publishing.includes(source) && !seat.muted.includes(source),
  );
  const still = sent.filter((source) => seat.stalled.includes(source));
  if (still.length === 0) return null;
  if (still.length === sent.length) return "line";
  return still[0] === "camera" ? "picture" : "sound";
}

export function classroomsOf(room: Room): readonly Seat[] {
  return room.seats.filter((seat) => seat.role === "classroom");
}

export function lecturerOf(room: Room): Seat | null {
  return room.seats.find((seat) => seat.role === "lecturer") ?? null;
}
