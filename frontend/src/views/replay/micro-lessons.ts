/** Micro-lessons (微课) in words and figures. */
import type { AnswerOf } from "@/client";
import type { paths } from "@/openapi";
import { shareOf as shareOfFile, stepKey as stepKeyOfFile, type LessonFile } from "./lesson-files";

type Answer = NonNullable<AnswerOf<paths["/api/sessions/{session_id}/micro-lessons"]["get"]>>;
export type MicroLesson = Answer["items"][number];

/** What the server takes at least, and at most of a title. */
export const LEAST_MS = 1_000;
export const MOST_TITLE = 60;
/** Putting the film of the lesson together takes nearly all of the time; cutting is copying. */
const FILM_SHARE = 0.95;
const TENTHS = /^(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?$/;

export function isBeingMade(piece: MicroLesson): boolean {
  return piece.state === "WAITING" || piece.state === "RUNNING";
}

function asFile(piece: MicroLesson): LessonFile {
  return { ...piece, form: "LESSON" };
}

/** The key of the words for what is done now: with it, or with the film it is cut out of. */
export function stepKey(piece: MicroLesson): string {
  if (piece.state === "RUNNING" && piece.step === "cutting") return "micro.cutting";
  return stepKeyOfFile(asFile(piece));
}

/** How much of the whole work is done, from 0 to 1. */
export function shareOf(piece: MicroLesson): number {
  if (piece.state === "RUNNING" && piece.step === "cutting") {
    return FILM_SHARE + (piece.total ? Math.min(1, (piece.done ?? 0) / piece.total) : 0) * (1 - FILM_SHARE);
  }
  return shareOfFile(asFile(piece)) * FILM_SHARE;
}

/** A moment of a lesson to a millisecond, as it is typed: `12:34.5`, `1:02:03`. */
export function timeText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, seconds] = [
    Math.floor(whole / 3_600_000),
    Math.floor((whole % 3_600_000) / 60_000),
    Math.floor((whole % 60_000) / 1000),
  ];
  const part = String(whole % 1000).padStart(3, "0").replace(/0+$/, "");
  return `${hours > 0 ? `${hours}:` : ""}${two(minutes)}:${two(seconds)}${part === "" ? "" : `.${part}`}`;
}

/** The moment that was typed, in ms; null: it is none. Also `75:10`, of who counts in minutes. */
export function readTime(text: string): number | null {
  const found = TENTHS.exec(text.trim().replaceAll("：", ":"));
  if (found === null) return null;
  const [hours, minutes, seconds] = [found[1] ?? "0", found[2], found[3]].map(Number) as [number, number, number];
  if (seconds >= 60 || (found[1] !== undefined && minutes >= 60)) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number((found[4] ?? "").padEnd(3, "0"));
}

/** Which mark a key makes; keys that belong to a field stay its own. */
export function markOf(
  event: Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "target">,
): "in" | "out" | null {
  const tag = (event.target as { tagName?: string } | null)?.tagName ?? "";
  if (event.altKey || event.ctrlKey || event.metaKey || ["INPUT", "SELECT", "TEXTAREA"].includes(tag)) return null;
  return ({ i: "in", o: "out" } as const)[event.key.toLowerCase() as "i" | "o"] ?? null;
}

/** What is wrong with two marks, as the server would call it; null: they mark a piece. */
export function faultOf(fromMs: number | null, untilMs: number | null, lengthMs: number): string | null {
  if (fromMs === null || untilMs === null) return "not-a-time";
  if (fromMs >= untilMs) return "marks-reversed";
  if (untilMs > lengthMs) return "marks-outside";
  return untilMs - fromMs < LEAST_MS ? "piece-too-short" : null;
}
