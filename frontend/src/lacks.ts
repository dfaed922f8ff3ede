/** 就绪: what a lesson about to begin lacks, in words; the server says what. */
import { translate } from "@/i18n";

export type Lack = "AWAY" | "UNCHECKED" | "NO_ROAD";

/** `lacks`: the hub's; null: nobody looks, the lesson is not about to begin. */
export interface Looked {
  lacks: readonly Lack[] | null;
  sites: readonly { school: string; lacks: readonly Lack[] }[];
}

/** What the hub lacks, then what each classroom does, a line each; none: nothing lacks; null: nobody looks. */
export function lackSentences(lesson: Looked): string[] | null {
  if (lesson.lacks === null) return null;
  return [
    ...hubLacks(lesson.lacks),
    ...lesson.sites
      .filter(({ lacks }) => lacks.length > 0)
      .map(({ school, lacks }) => translate("general.lack.at", { school, lack: siteLacks(lacks).join(", ") })),
  ];
}

export function hubLacks(lacks: readonly Lack[]): string[] {
  return lacks.map((lack) => translate(`general.lack.hub.${lack}`));
}

export function siteLacks(lacks: readonly Lack[]): string[] {
  return lacks.map((lack) => translate(`general.lack.site.${lack}`));
}
