/** The week of all schools as a grid: rows of schools or teachers, days across. Pure. */
import { dateOf, shiftDate, weekdayOf } from "@/components/office/times";
import type { CountyWeek, PlannedLesson } from "@/timetable";

export interface CountyRow {
  id: string;
  name: string;
  detail: string;
  /** The lessons of each day shown, in order of time. */
  cells: PlannedLesson[][];
}

const dayOfLesson = (lesson: PlannedLesson): string => dateOf(new Date(lesson.planned_start));

/** The days shown: Monday to Friday, and those of the weekend that have a lesson. */
export function countyDays(week: CountyWeek): string[] {
  const taught = new Set(week.lessons.map(dayOfLesson));
  return [0, 1, 2, 3, 4, 5, 6]
    .map((n) => shiftDate(week.first_day, n))
    .filter((day) => weekdayOf(day) <= 5 || taught.has(day));
}

export function countyRows(week: CountyWeek): CountyRow[] {
  const days = countyDays(week);
  const byId = new Map(week.lessons.map((lesson) => [lesson.id, lesson]));
  return week.items.map(({ id, name, detail, lesson_ids }) => {
    const own = lesson_ids.flatMap((lessonId) => byId.get(lessonId) ?? []);
    return { id, name, detail, cells: days.map((day) => own.filter((lesson) => dayOfLesson(lesson) === day)) };
  });
}
