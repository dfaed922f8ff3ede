/**
 * Captions as the server writes them: WebVTT of times, words and `<b>`, `<i>`, `<u>`, `<v name>`.
 *
 * Our own, and not the browser's `<track>`: a lesson is many videos on one clock, and captions
 * belong to the clock.
 */

/** Words in one manner. `speaker`: who begins to speak with them. */
export interface Run {
  text: string;
  isBold: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
  speaker: string;
}
export interface Cue {
  from_ms: number;
  to_ms: number;
  lines: Run[][];
}

const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

function plain(text: string): string {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity);
}

function msOf(stamp: string): number {
  const [hours, minutes, seconds] = stamp.split(":");
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
}

/** The captions of a file, in its order. */
export function cuesOf(file: string): Cue[] {
  return file
    .split("\n\n")
    .slice(1)
    .map((block) => {
      const [times = "", ...words] = block.replace(/\n$/, "").split("\n");
      const [from = "", to = ""] = times.split(" --> ");
      return { from_ms: msOf(from), to_ms: msOf(to), lines: linesOf(words) };
    });
}

function linesOf(words: readonly string[]): Run[][] {
  const open: string[] = [];
  let speaker = "";
  return words.map((line) => {
    const runs: Run[] = [];
    for (const piece of line.split(/(<[^>]*>)/)) {
      if (!piece.startsWith("<")) {
        if (piece === "") continue;
        runs.push({
          text: plain(piece),
          isBold: open.includes("b"),
          isItalic: open.includes("i"),
          isUnderlined: open.includes("u"),
          speaker,
        });
        speaker = "";
      } else if (piece.startsWith("</")) open.pop();
      else {
        open.push(piece.charAt(1));
        if (piece.startsWith("<v ")) speaker = plain(piece.slice(3, -1));
      }
    }
    return runs;
  });
}

/** What is to be read at a moment, in the order it began. */
export function cuesAt(cues: readonly Cue[], ms: number): Cue[] {
  return cues.filter((cue) => cue.from_ms <= ms && ms < cue.to_ms);
}

const KEPT_AS = "classrooms.captions";

/** In which language somebody last read captions on this computer; null: she does not. */
export function keptLanguage(personId: string): string | null {
  return localStorage.getItem(`${KEPT_AS}.${personId}`);
}

export function keepLanguage(personId: string, language: string | null): void {
  if (language === null) localStorage.removeItem(`${KEPT_AS}.${personId}`);
  else localStorage.setItem(`${KEPT_AS}.${personId}`, language);
}
