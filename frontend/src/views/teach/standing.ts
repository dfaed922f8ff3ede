/** Where a lesson of the day stands for its lecturer, and which lesson is the large one. */
import type { LessonCard } from "@/api";

export type Standing =
  | "live"
  | "startable"
  | "early"
  /** Its time passed without anybody starting it. */
  | "lapsed"
  | "over"
  | "called_off";

const LIVE = new Set(["LIVE", "PAUSED_ALL"]);
const STARTABLE = new Set(["PUBLISHED", "READY", "PLANNED"]);

/** `now` is the server's clock in milliseconds, or lessons would start by the clock of a school PC. */
export function standingOf(lesson: LessonCard, now: number): Standing {
  if (LIVE.has(lesson.state)) return "live";
  if (lesson.state === "CANCELLED") return "called_off";
  if (lesson.state === "MISSED") return "lapsed";
  if (!STARTABLE.has(lesson.state)) return "over";
  if (now >= Date.parse(lesson.planned_end)) return "lapsed";
  return lesson.can_start || now >= Date.parse(lesson.can_start_from) ? "startable" : "early";
}

/** The lesson to show large: the live one, else that whose time is nearest, else the next to come. */
export function largeLesson(lessons: readonly LessonCard[], now: number): LessonCard | null {
  const distance = (lesson: LessonCard): number => Math.abs(Date.parse(lesson.planned_start) - now);
  const nearest = [...lessons].sort((a, b) => distance(a) - distance(b));
  for (const wanted of ["live", "startable", "early"]) {
    const found = nearest.find((lesson) => standingOf(lesson, now) === wanted);
    if (found !== undefined) return found;
  }
  return null;
}

export type Clock =
  | { say: "in" | "late" | "running"; minutes: number }
  | { say: "begins_now" }
  | null;

/** What the clock says of a lesson: begins in, late, running for; in whole minutes. */
export function clockOf(lesson: LessonCard, now: number): Clock {
  const sinceStartMs = now - Date.parse(lesson.planned_start);
  const minutes = Math.floor(Math.abs(sinceStartMs) / 60_000);
  switch (standingOf(lesson, now)) {
    case "live":
      return { say: "running", minutes: Math.max(0, Math.floor(sinceStartMs / 60_000)) };
    case "early":
    case "startable":
      if (sinceStartMs < 0) return { say: "in", minutes: minutes + 1 };
      return minutes === 0 ? { say: "begins_now" } : { say: "late", minutes };
    default:
      return null;
  }
}
