/** Files of captions in words: their languages, and what is wrong with one. */
import type { Problem } from "@/api";
import type { AnswerOf } from "@/client";
import { currentLocale } from "@/i18n";
import type { paths } from "@/openapi";

type List = NonNullable<AnswerOf<paths["/api/sessions/{session_id}/captions"]["get"]>>;
export type CaptionsFile = List["items"][number];

/** What is wrong in which line; the page has words for each `problem`. */
export interface Fault {
  line: number;
  problem: string;
}

/** The browser's word for a language, in the language of the page. */
export function languageText(tag: string): string {
  const names = new Intl.DisplayNames(currentLocale() === "zh" ? "zh-CN" : "en", { type: "language" });
  return names.of(tag) ?? tag;
}

/** What the server found in a file that it refused: the first faults, and how many there are beside. */
export function faultsOf(problem: Problem): { faults: Fault[]; more: number } {
  if (problem.type !== "captions-refused") return { faults: [], more: 0 };
  return { faults: problem.extra.faults as Fault[], more: problem.extra.more as number };
}
