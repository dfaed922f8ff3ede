/** What is named of a lesson or a course when somebody else changed it while a form over it was open. */
import { dateOf, timeOf } from "@/components/office/times";
import { translate } from "@/i18n";
import type { Offering, PlannedLesson } from "@/timetable";
import type { Fact } from "../registry/common";
import { roomNamed, whenOf } from "./standing";

type Site = PlannedLesson["sites"][number];

/** The classroom, and all that differs from plainly listening: `云岭教学点 教室 (录播, 三年级1班)`. */
function siteText(site: Site, sites: readonly Site[]): string {
  const parts = [
    site.mode === "LIVE" ? "" : translate(`timetable.modes.${site.mode}`),
    site.school_class?.name,
    site.assistant?.name,
    site.through_id ? translate("timetable.site.has_through", { name: roomNamed(sites, site.through_id) }) : "",
  ].filter(Boolean);
  const name = `${site.school.name} ${site.classroom.name}`;
  return parts.length === 0 ? name : `${name} (${parts.join(", ")})`;
}

function sitesText(sites: readonly Site[]): string {
  return sites.map((site) => siteText(site, sites)).join("; ") || translate("timetable.lesson.no_sites");
}

export function factsOfLesson(of: PlannedLesson): Fact[] {
  return [
    [translate("timetable.offering.name"), of.title],
    [translate("timetable.offering.state"), translate(`general.lesson_state.${of.state}`)],
    [translate("timetable.lesson.time"), `${whenOf(of.planned_start)}–${timeOf(of.planned_end)}`],
    [translate("timetable.lesson.lecturer"), of.lecturer.name],
    [translate("timetable.offering.hub_room"), of.hub_classroom?.name ?? "–"],
    [translate("timetable.lesson.sites"), sitesText(of.sites)],
  ];
}

/** `word`: what the code of a subject or a language is called; `grade`: what a grade is. */
export function factsOfOffering(
  of: Offering,
  { word, grade }: { word: (code: string) => string; grade: (no: number) => string },
): Fact[] {
  return [
    [translate("timetable.offering.name"), of.name],
    [translate("timetable.offering.state"), translate(`timetable.offering.states.${of.state}`)],
    [translate("timetable.offering.kind"), translate(`general.kind.${of.kind}`)],
    [translate("timetable.offering.term"), of.term.name],
    [translate("timetable.lesson.hub"), of.hub_school.name],
    [translate("timetable.lesson.lecturer"), of.lecturer.name],
    [translate("timetable.offering.hub_room"), of.hub_classroom?.name ?? "–"],
    [translate("timetable.offering.subject"), word(of.subject)],
    [translate("timetable.offering.grade"), grade(of.grade_no)],
    [translate("timetable.offering.language"), word(of.language)],
    [translate("timetable.offering.periods"), String(of.periods_a_week)],
    [translate("timetable.offering.minutes"), String(of.minutes)],
    [translate("timetable.offering.textbook"), of.textbook || "–"],
    [translate("timetable.offering.after_school"), translate(of.is_after_school ? "timetable.yes" : "timetable.no")],
    [translate("timetable.offering.sites"), sitesText(of.sites)],
  ];
}

/** When a lesson is, as it is typed: a day and a time at the schools, and how long it lasts. */
export interface LessonTime {
  date: string;
  starts: string;
  minutes: number;
}

export function timeOfLesson({ planned_start, planned_end }: PlannedLesson): LessonTime {
  return {
    date: dateOf(new Date(planned_start)),
    starts: timeOf(planned_start),
    minutes: (Date.parse(planned_end) - Date.parse(planned_start)) / 60_000,
  };
}
