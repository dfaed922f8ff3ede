/** Jobs in words: what they do, how they stand, why they did not come to their end. */
import type { Tone } from "@/components/office/StateTag.vue";
import { i18n, translate } from "@/i18n";
import { IMPORT_KINDS, type Job, type JobState } from "@/registry";

const TONES: Record<JobState, Tone> = {
  QUEUED: "waiting",
  RUNNING: "waiting",
  DONE: "good",
  FAILED: "bad",
  DEAD: "bad",
  CANCELLED: "plain",
};
export const STATES = Object.keys(TONES) as JobState[];
/** What people ask for that takes long. */
export const ASKED_KINDS: readonly string[] = [
  ...IMPORT_KINDS.map((kind) => `${kind}.import`),
  "planning.plan",
  "attendance.lock",
  "coverage.sheet",
  "coverage.check",
  "coverage.report",
];

/** How a job stands. An import that came to its end and wrote nothing is not called done. */
export function standingOf({ kind, state, result }: Pick<Job, "kind" | "state" | "result">): { tone: Tone; word: string } {
  if (state === "DONE" && kind.endsWith(".import") && result?.is_written === false) {
    return result.left_out === 0
      ? { tone: "waiting", word: translate("registry.import.checked") }
      : { tone: "bad", word: translate("registry.import.refused") };
  }
  return { tone: TONES[state], word: translate(`registry.job.state.${state}`) };
}

/** A newer server may know a kind of job this page does not. */
export function kindWord(kind: string): string {
  const key = `registry.job.kind.${kind.replace(".", "_")}`;
  return i18n.global.te(key) ? translate(key) : kind;
}

/** Why a job was refused or given up on; the server's own words where there are no others. */
export function reasonOf(job: Job): string {
  if (job.problem === null) return "";
  const key = `registry.refused.${job.problem.type}`;
  return i18n.global.te(key) ? translate(key) : job.problem.detail;
}

/** What came of a job that is done, in a line; "" where its page says it all. */
export function outcomeOf(job: Job): string {
  const result = job.result;
  if (!job.kind.endsWith(".import") || result === null || typeof result.rows !== "number") return "";
  const { rows, created = 0, changed = 0, left_out = 0, is_written } = result;
  return translate(is_written ? "registry.import.wrote" : "registry.import.would", {
    rows,
    created,
    changed,
    left_out,
  });
}
