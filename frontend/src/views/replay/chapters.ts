/** From chapter to chapter of a replay. Which there are says the server, as in the lesson's file. */
import type { Chapter } from "@/api";

/** Going back from as far in as this is going to the beginning of the same chapter. */
const BEGUN_MS = 3_000;

/** Where the next chapter begins; undefined: there is none. */
export function nextChapter(chapters: readonly Chapter[], ms: number): number | undefined {
  return chapters.find((chapter) => chapter.from_ms > ms)?.from_ms;
}

/** Where the chapter before begins, or this one again once it has gone on for a while; else the lesson. */
export function previousChapter(chapters: readonly Chapter[], ms: number): number {
  return chapters.findLast((chapter) => chapter.from_ms < ms - BEGUN_MS)?.from_ms ?? 0;
}
