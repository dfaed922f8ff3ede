/** 就绪: what a lesson about to begin lacks, in words; the server says what. */
import { translate } from "@/i18n";

export type Lack = "AWAY" | "UNCHECKED" | "NO_ROAD";

/** `lacks`: the hub's; null: nobody looks, the lesson is not about to begin. */
export interface Looked {
  lacks: readonly Lack[] | null;
  sites: readonly (Place & { lacks: readonly Lack[] })[];
}
interface Place {
  school: string;
  classroom: string;
}

/** What a classroom of a lesson is called: by its school, where two are of one school by itself too. */
export function placeName(site: Place, sites: readonly Place[]): string {
  const isOneOfTwo = sites.some((other) => other.school === site.school && other.classroom !== site.classroom);
  return isOneOfTwo ? `${site.school} ${site.classroom}` : site.school;
}

/** What the hub lacks, then what each classroom does, a line each; none: nothing lacks; null: nobody looks. */
export function lackSentences(lesson: Looked): string[] | null {
  if (lesson.lacks === null) return null;
  return [
    ...hubLacks(lesson.lacks),
    ...lesson.sites
      .filter(({ lacks }) => lacks.length > 0)
      .map((site) =>
        translate("general.lack.at", { place: placeName(site, lesson.sites), lack: siteLacks(site.lacks).join(", ") }),
      ),
  ];
}

export function hubLacks(lacks: readonly Lack[]): string[] {
  return lacks.map((lack) => translate(`general.lack.hub.${lack}`));
}

export function siteLacks(lacks: readonly Lack[]): string[] {
  return lacks.map((lack) => translate(`general.lack.site.${lack}`));
}
