/** What is played over a line: the pictures as they were recorded, one small picture, or sound alone. */
import type { Clip } from "@/api";
import { HUB } from "./lanes";
import type { LessonFile } from "./lesson-files";

export const LINES = ["FULL", "SMALL", "SOUND"] as const;
export type Line = (typeof LINES)[number];

const KEPT_AS = "classrooms.line";

function isLine(value: unknown): value is Line {
  return LINES.includes(value as Line);
}

function kept(): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "{}");
    return typeof read === "object" && read !== null && !Array.isArray(read) ? { ...read } : {};
  } catch {
    return {}; // what another version wrote is worth no more than a choice made again
  }
}

/** What somebody chose in this browser; who chose nothing has the pictures as they were recorded. */
export function lineOf(personId: string): Line {
  const line = kept()[personId];
  return isLine(line) ? line : "FULL";
}

export function keepLine(personId: string, line: Line): void {
  localStorage.setItem(KEPT_AS, JSON.stringify({ ...kept(), [personId]: line }));
}

/** A file of the whole lesson as the one clip of a replay; undefined while it is not made. */
export function clipOf(file: LessonFile | undefined, name: string): Clip | undefined {
  if (file?.url == null || file.duration_ms == null) return undefined;
  return {
    id: file.form,
    seat_id: HUB,
    name,
    group: "camera",
    mime: file.form === "SOUND" ? "audio/mp4" : "video/mp4",
    start_ms: 0,
    duration_ms: file.duration_ms,
    has_audio: true,
    has_video: file.form !== "SOUND",
    url: file.url,
  };
}
