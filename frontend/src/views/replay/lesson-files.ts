/** The files of a whole lesson in words and figures. */
import type { AnswerOf } from "@/client";
import type { paths } from "@/openapi";

type Answer = AnswerOf<paths["/api/sessions/{session_id}/downloads"]["get"]>;
export type LessonFile = NonNullable<Answer>["items"][number];

const STEPS = ["fetching", "measuring", "composing"];
/** Finding out how loud everybody is takes about this share of the work. */
const MEASURING_SHARE = 0.1;

export function isBeingMade(file: LessonFile): boolean {
  return file.state === "WAITING" || file.state === "RUNNING";
}

/** The key of the words for what is done now. */
export function stepKey(file: LessonFile): string {
  if (file.state === "WAITING" && file.problem === "kept_for_lessons") return "replay.files.step.kept_for_lessons";
  const isKnown = file.state === "RUNNING" && STEPS.includes(file.step ?? "");
  if (isKnown) return `replay.files.step.${file.step}`;
  return file.state === "WAITING" && file.ahead ? "replay.files.step.behind" : "replay.files.step.waiting";
}

/** How much of the whole work is done, from 0 to 1; it never goes back from step to step. */
export function shareOf(file: LessonFile): number {
  const share = file.total ? Math.min(1, (file.done ?? 0) / file.total) : 0;
  if (file.state !== "RUNNING") return 0;
  if (file.step === "measuring") return share * MEASURING_SHARE;
  return file.step === "composing" ? MEASURING_SHARE + share * (1 - MEASURING_SHARE) : 0;
}

/** The key of the words for why it could not be made; there may be none. */
export function whyKey(file: LessonFile): string {
  return `replay.files.why.${file.problem ?? "other"}`;
}
