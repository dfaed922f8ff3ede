/** Events of a lesson in sentences. The types are those of `signaling/ports.py`, kept for ever. */
import type { LineFigures, SessionEvent } from "@/api";
import { i18n, translate } from "@/i18n";
import { waitText } from "@/views/live/line-words";
import { clockText } from "@/views/live/words";
import { measuredDown, measuredUp, qualityText } from "./line-text";

export type EventSort = "lesson" | "presence" | "floor" | "technical";

export const SORT_OF: Readonly<Record<string, EventSort>> = {
  lesson_started: "lesson",
  lesson_ended: "lesson",
  seat_joined: "presence",
  seat_left: "presence",
  hand_raised: "floor",
  hand_lowered: "floor",
  stage_granted: "floor",
  stage_released: "floor",
  permissions_set: "lesson",
  paused_all: "lesson",
  restored_all: "lesson",
  muted: "technical",
  chat: "floor",
  quick_message: "floor",
  headcount: "floor",
  attendance_confirmed: "lesson",
  attendance_amended: "lesson",
  attendance_locked: "lesson",
  saving_set: "technical",
  ejected: "presence",
  unblocked: "presence",
  incident: "lesson",
  link_changed: "technical",
  link_summary: "technical",
  reception: "technical",
  echo_detected: "technical",
  echo_cleared: "technical",
  track_started: "technical",
  track_stopped: "technical",
  recording_started: "technical",
  recording_failed: "technical",
  recording_recovered: "technical",
  recording_stopped: "technical",
};

export const PERMISSIONS = ["video", "audio", "annotate", "screen", "file", "text"] as const;

type Event = Pick<SessionEvent, "type" | "seat_id" | "seat_name" | "actor" | "actor_name" | "payload">;

/** The word at `key`, or `text` itself where a newer server says what this page does not know. */
function wordOr(key: string, text: string): string {
  return i18n.global.te(key) ? translate(key) : text;
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function reasonText(reason: unknown): string {
  return wordOr(`admin.reason.${text(reason)}`, text(reason));
}

function problemText(problem: unknown): string {
  return wordOr(`live.recording.problem.${text(problem)}`, text(problem));
}

function permissionsText(payload: Record<string, unknown>): string {
  const names = (isOn: boolean): string =>
    PERMISSIONS.filter((each) => payload[each] === isOn)
      .map((each) => translate(`live.permission.${each}`))
      .join(", ");
  const parts = [];
  if (names(true) !== "") parts.push(translate("admin.event.permission_on", { names: names(true) }));
  if (names(false) !== "") parts.push(translate("admin.event.permission_off", { names: names(false) }));
  return parts.join("; ");
}

function ejectedText(who: string, payload: Record<string, unknown>): string {
  const what = translate(payload.is_blocked === true ? "admin.event.ejected_blocked" : "admin.event.ejected", { who });
  const reason = text(payload.reason);
  return reason === "" ? what : translate("admin.event.ejected_because", { what, reason });
}

function incidentText(by: string, payload: Record<string, unknown>): string {
  const key = `admin.event.incident_${text(payload.action)}`;
  const known = i18n.global.te(key) ? key : "admin.event.incident_failure";
  return translate(known, { by, reason: reasonText(payload.reason) });
}

/** What was wrong with a line from then on, or that it was well again. */
function linkText(who: string, payload: Record<string, unknown>): string {
  const key = `live.cause.record.${text(payload.cause)}`;
  if (!i18n.global.te(key)) {
    const link = wordOr(`live.link.${text(payload.link)}`, text(payload.link));
    return translate("admin.event.link_changed", { who, link });
  }
  const loss = payload.cause === "loss_up" ? payload.loss_up : payload.loss_down;
  const n = Math.round(Number(loss ?? 0) * 100);
  return translate("admin.event.link_trouble", {
    who,
    what: translate(key, { n, time: waitText(Number(payload.rtt_ms ?? 0)) }),
  });
}

/** What a seat's line was in this lesson, written down when it left. */
function summaryText(who: string, measured: LineFigures): string {
  return translate("admin.event.link_summary", {
    who,
    both: translate("admin.line.both", { down: measuredDown(measured), up: measuredUp(measured) }),
    quality: qualityText(measured),
  });
}

/** How long a classroom heard the hub, in the stretch this event is about. */
function receptionText(who: string, payload: Record<string, unknown>): string {
  const spans = (payload.spans ?? []) as [number, number, string, number][];
  const seconds = (words: string[]): number =>
    Math.round(
      spans.filter((span) => words.includes(span[2])).reduce((sum, span) => sum + span[1] - span[0], 0) / 1000,
    );
  return translate("admin.event.reception", {
    who,
    from: clockText(spans[0]?.[0] ?? 0),
    to: clockText(spans.at(-1)?.[1] ?? 0),
    audible: seconds(["audible", "silent"]),
    degraded: seconds(["degraded"]),
    lost: seconds(["lost"]),
  });
}

function headcountText(who: string, payload: Record<string, unknown>): string {
  const words = { who, n: Number(payload.count), objection: text(payload.objection) };
  if (words.objection !== "") return translate("admin.event.headcount_objected", words);
  return translate(payload.is_confirmation === true ? "admin.event.headcount_confirmed" : "admin.event.headcount", words);
}

/** What a correction changed, old and new. */
function amendedText(payload: Record<string, unknown>): string {
  const verdict = (value: unknown): string =>
    typeof value === "boolean" ? translate(`admin.attendance.${value ? "is_counted" : "is_not_counted"}`) : "–";
  const heads = (value: unknown): string => (typeof value === "number" ? String(value) : "–");
  const changes: [unknown, unknown, (value: unknown) => string][] = [
    [payload.old_is_counted, payload.new_is_counted, verdict],
    [payload.old_headcount, payload.new_headcount, heads],
  ];
  return changes
    .filter(([old, now]) => old !== now)
    .map(([old, now, word]) => `${word(old)} → ${word(now)}`)
    .join(", ");
}

/** With a reason worth reading, the sentence that gives it. */
function withReason(key: string, who: string, reason: unknown): string {
  return text(reason) === ""
    ? translate(key, { who })
    : translate(`${key}_because`, { who, reason: reasonText(reason) });
}

/** What happened, in a sentence of the page's language. */
export function eventText(event: Event): string {
  const { payload } = event;
  const who = event.seat_name ?? event.seat_id ?? translate("admin.server");
  const by = event.actor_name ?? event.actor ?? translate("admin.server");
  const source = wordOr(`admin.source.${text(payload.source)}`, text(payload.source));
  switch (event.type) {
    case "lesson_ended":
      return translate("admin.event.lesson_ended", { reason: reasonText(payload.reason) });
    case "seat_left":
      // "left" is the plain case, a page that was closed: nothing to explain.
      return withReason("admin.event.seat_left", who, payload.reason === "left" ? "" : payload.reason);
    case "stage_released":
      return withReason("admin.event.stage_released", who, payload.reason);
    case "hand_lowered":
      return translate(payload.reason === "invited" ? "admin.event.hand_invited" : "admin.event.hand_lowered", { who });
    case "permissions_set":
      return translate(event.seat_id === null ? "admin.event.permissions_class" : "admin.event.permissions_seat", {
        who,
        permissions: permissionsText(payload),
      });
    case "muted":
      return translate(payload.is_muted === true ? "admin.event.muted" : "admin.event.unmuted", { who, source });
    case "chat":
      return translate("admin.event.chat", { who, text: text(payload.text) });
    case "quick_message":
      return translate("admin.event.quick_message", {
        who,
        message: wordOr(`live.quick.${text(payload.kind)}`, text(payload.kind)),
      });
    case "headcount":
      return headcountText(who, payload);
    case "attendance_confirmed":
      return translate("admin.event.attendance_confirmed", { who, by });
    case "attendance_amended":
      return translate("admin.event.attendance_amended", { who, by, what: amendedText(payload), reason: text(payload.reason) });
    case "attendance_locked":
      return translate("admin.event.attendance_locked", { by, term: text(payload.term) });
    case "ejected":
      return ejectedText(who, payload);
    case "incident":
      return incidentText(by, payload);
    case "saving_set":
      return translate(payload.is_saving === true ? "admin.event.saving_set" : "admin.event.saving_ended", { who });
    case "link_summary":
      return summaryText(who, payload as unknown as LineFigures);
    case "reception":
      return receptionText(who, payload);
    case "link_changed":
      return linkText(who, payload);
    case "recording_failed":
      return translate("admin.event.recording_failed", { problem: problemText(payload.problem) });
    case "recording_stopped":
      return translate("admin.event.recording_stopped", { time: clockText(Number(payload.stored_s) * 1000) });
    default:
      return event.type in SORT_OF
        ? translate(`admin.event.${event.type}`, { who, by, source })
        : translate("admin.event.unknown", { type: event.type });
  }
}
