/** What the classroom's screen announces: its lessons by day, and what is said of changes. Pure. */
import type { components } from "@/openapi";
import { dayOf, shiftDate, timeOf } from "@/components/office/times";

export type ClassroomWeek = components["schemas"]["ClassroomWeek"];
export type ComingLesson = components["schemas"]["ComingLesson"];

export interface ComingDay {
  day: string;
  /** The key of the day's word, or its date. */
  name: { key: string } | { text: string };
  lessons: ComingLesson[];
}

/** The days that have lessons, today first; of today what is still to come or was given up. */
export function comingDays(week: ClassroomWeek, nowMs: number): ComingDay[] {
  const shown = week.lessons.filter((lesson) => Date.parse(lesson.planned_end) > nowMs);
  return [...new Set(shown.map(({ day }) => day))].map((day) => {
    const lessons = shown.filter((lesson) => lesson.day === day);
    if (day === week.today) return { day, name: { key: "classroom.today" }, lessons };
    if (day === shiftDate(week.today, 1)) return { day, name: { key: "classroom.tomorrow" }, lessons };
    return { day, name: { text: dayOf(lessons[0]?.planned_start ?? day) }, lessons };
  });
}

export interface Said {
  key: string;
  words: Record<string, string>;
}

const moment = (iso: string): string => `${dayOf(iso)} ${timeOf(iso)}`;

/** Nobody need come to it at the time it stands under. */
export function isOff(lesson: ComingLesson): boolean {
  return lesson.moved_to !== null || isGivenUp(lesson);
}

function isGivenUp(lesson: ComingLesson): boolean {
  return lesson.state === "CANCELLED" || lesson.state === "MISSED" || lesson.state === "MADE_UP";
}

/** What is said of a lesson that is not as it was planned, what matters most first. */
export function saidOf(lesson: ComingLesson): Said[] {
  const said: Said[] = [];
  const say = (key: string, words: Record<string, string> = {}): void => {
    said.push({ key: `classroom.change.${key}`, words });
  };
  if (lesson.cancelled_because !== null) say("cancelled", { reason: lesson.cancelled_because });
  else if (lesson.state === "MISSED") say("missed");
  if (lesson.made_up_on !== null) say("made_up", { when: moment(lesson.made_up_on) });
  if (isGivenUp(lesson)) return said;
  if (lesson.moved_to !== null) say("moved_to", { when: moment(lesson.moved_to) });
  if (lesson.moved_from !== null) say("moved", { when: moment(lesson.moved_from) });
  if (lesson.makes_up !== null) say("makes_up", { when: dayOf(lesson.makes_up) });
  if (lesson.instead_of !== null) say("instead", { name: lesson.instead_of });
  return said;
}
