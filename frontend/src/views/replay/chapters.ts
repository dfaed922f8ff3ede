/** The chapters of a replay: who was on stage, what was shared, pauses, and where the teacher is not seen. */
import type { Replay } from "@/api";
import { endOf, holesOf, HUB } from "./lanes";

export type ChapterKind = "stage" | "screen" | "second_camera" | "pause" | "hole";

export interface Chapter {
  kind: ChapterKind;
  fromMs: number;
  toMs: number;
  /** Who was on stage. */
  name: string;
}

/** What is shared goes on over a gap as short as this: a new clip begins where the format changes. */
const GOES_ON_MS = 3_000;
/** A hole shorter than this is no chapter. */
const LEAST_HOLE_MS = 5_000;
/** Going back from as far in as this is going to the beginning of the same chapter. */
const BEGUN_MS = 3_000;

/** In the order they begin in. */
export function chaptersOf(replay: Pick<Replay, "clips" | "stage" | "pauses" | "duration_ms">): Chapter[] {
  const chapters: Chapter[] = [
    ...replay.stage.map((span) => ({ kind: "stage" as const, fromMs: span.from_ms, toMs: span.to_ms, name: span.name })),
    ...replay.pauses.map((span) => ({ kind: "pause" as const, fromMs: span.from_ms, toMs: span.to_ms, name: "" })),
    ...holesOf(replay.clips, replay.duration_ms)
      .filter((hole) => hole.to_ms - hole.from_ms >= LEAST_HOLE_MS)
      .map((hole) => ({ kind: "hole" as const, fromMs: hole.from_ms, toMs: hole.to_ms, name: "" })),
    ...sharedOf(replay, "screen"),
    ...sharedOf(replay, "second_camera"),
  ];
  return chapters.sort((a, b) => a.fromMs - b.fromMs);
}

/** When the teacher shared a screen or a second picture; what others share is seen while they are on stage. */
function sharedOf(replay: Pick<Replay, "clips">, kind: "screen" | "second_camera"): Chapter[] {
  const shared: Chapter[] = [];
  const clips = replay.clips.filter((clip) => clip.seat_id === HUB && clip.group === kind && clip.has_video);
  for (const clip of [...clips].sort((a, b) => a.start_ms - b.start_ms)) {
    const last = shared.at(-1);
    if (last !== undefined && clip.start_ms - last.toMs <= GOES_ON_MS) last.toMs = Math.max(last.toMs, endOf(clip));
    else shared.push({ kind, fromMs: clip.start_ms, toMs: endOf(clip), name: "" });
  }
  return shared;
}

/** Where the next chapter begins; undefined: there is none. */
export function nextChapter(chapters: readonly Chapter[], ms: number): number | undefined {
  return chapters.find((chapter) => chapter.fromMs > ms)?.fromMs;
}

/** Where the chapter before begins, or this one again once it has gone on for a while; else the lesson. */
export function previousChapter(chapters: readonly Chapter[], ms: number): number {
  return chapters.findLast((chapter) => chapter.fromMs < ms - BEGUN_MS)?.fromMs ?? 0;
}
