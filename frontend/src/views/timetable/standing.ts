/** What a planned lesson looks like: its tone, whether it is given up, when it is. Pure. */
import type { Tone } from "@/components/office/StateTag.vue";
import { dayOf, timeOf } from "@/components/office/times";
import type { PlannedLesson, Week, WeekLesson, WeekPeriod } from "@/timetable";

type State = PlannedLesson["state"];

const TONES: Record<State, Tone> = {
  PLANNED: "plain",
  PUBLISHED: "waiting",
  READY: "waiting",
  LIVE: "live",
  PAUSED_ALL: "live",
  ENDED: "good",
  VERIFIED: "good",
  CREDITED: "good",
  STOPPED_INCIDENT: "bad",
  CANCELLED: "plain",
  MISSED: "bad",
  MADE_UP: "plain",
};

/** All there are, in the order of a lesson's life. */
export const STATES = Object.keys(TONES) as State[];

export function toneOf(state: State): Tone {
  return TONES[state];
}

/** Nobody comes to it: shown struck through. */
export function isGivenUp(state: State): boolean {
  return state === "CANCELLED" || state === "MISSED" || state === "MADE_UP";
}

/** It can still be moved, cancelled or given by another. */
export function isAhead(lesson: PlannedLesson, now: number): boolean {
  const isOpen = lesson.state === "PLANNED" || lesson.state === "PUBLISHED" || lesson.state === "READY";
  return isOpen && Date.parse(lesson.planned_end) > now;
}

/** `11月22日 周日 10:05` */
export function whenOf(iso: string): string {
  return `${dayOf(iso)} ${timeOf(iso)}`;
}

export interface Row {
  /** null: what meets no bell. */
  period: WeekPeriod | null;
  /** A long break lies before it: dinner, or the evening. */
  isAfterBreak: boolean;
  cells: WeekLesson[][];
}

const LONG_BREAK_MS = 60 * 60_000;

/** The days shown: the weekend only when something is in it. */
export function daysShown(week: Week): Week["days"] {
  return week.days.filter(
    (day, n) => n < 5 || day.runs !== null || week.lessons.some((each) => each.day === day.day),
  );
}

/** The rows of a week: one for each bell, and a last one for what meets none. */
export function rowsOf(week: Week): Row[] {
  const days = daysShown(week);
  const cellsOf = (period: number | null): WeekLesson[][] =>
    days.map((day) => week.lessons.filter((each) => each.day === day.day && each.period === period));
  const rows: Row[] = week.periods.map((period, n) => {
    const before = week.periods[n - 1];
    const pause = before ? Date.parse(period.starts_at) - Date.parse(before.ends_at) : 0;
    return { period, isAfterBreak: pause >= LONG_BREAK_MS, cells: cellsOf(period.number) };
  });
  const others = cellsOf(null);
  if (others.some((cell) => cell.length > 0)) rows.push({ period: null, isAfterBreak: rows.length > 0, cells: others });
  return rows;
}

/** What a classroom among the sites of a course or a lesson is called, with its school. */
export function roomNamed(sites: Readonly<PlannedLesson["sites"]>, id: string): string {
  const site = sites.find(({ classroom }) => classroom.id === id);
  return site ? `${site.school.name} ${site.classroom.name}` : "";
}
