/** Where somebody stopped watching: kept in this browser, for each person and lesson. */
const KEPT_AS = "classrooms.stopped";
const MOST_KEPT = 50;
/** Who has only just begun, or is as good as through, begins at the beginning. */
const BEGUN_MS = 15_000;
const THROUGH = 0.97;

type Kept = [lesson: string, ms: number][];

function kept(): Kept {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
    return Array.isArray(read) ? read.filter(isKept) : [];
  } catch {
    return []; // what another version wrote is worth no more than a place in a lesson
  }
}

function isKept(each: unknown): each is Kept[number] {
  return Array.isArray(each) && typeof each[0] === "string" && typeof each[1] === "number";
}

/** Where to go on, in ms; 0: at the beginning. */
export function stoppedAt(personId: string, sessionId: string): number {
  const lesson = `${personId}/${sessionId}`;
  return kept().find(([each]) => each === lesson)?.[1] ?? 0;
}

/** Remember where somebody is; the lessons watched longest ago are forgotten. */
export function stopAt(personId: string, sessionId: string, ms: number, durationMs: number): void {
  const lesson = `${personId}/${sessionId}`;
  const others = kept().filter(([each]) => each !== lesson);
  const isBetween = ms >= BEGUN_MS && ms < THROUGH * durationMs;
  const all: Kept = isBetween ? [[lesson, Math.round(ms)], ...others] : others;
  localStorage.setItem(KEPT_AS, JSON.stringify(all.slice(0, MOST_KEPT)));
}
