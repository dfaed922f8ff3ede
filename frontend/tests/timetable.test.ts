import { describe, expect, it } from "vitest";
import type { CountyWeek, PlannedLesson, Week, WeekLesson } from "../src/timetable";
import { countyDays, countyRows } from "../src/views/timetable/county-week";
import { daysShown, isAhead, isGivenUp, rowsOf } from "../src/views/timetable/standing";

const DAYS = [2, 3, 4, 5, 6, 7, 8].map((n) => `2026-03-0${n}`);

function lesson(state: PlannedLesson["state"] = "PUBLISHED"): PlannedLesson {
  return { id: "l", state, planned_end: "2026-03-02T03:00:00Z" } as PlannedLesson;
}

function at(day: string, period: number | null): WeekLesson {
  return { lesson: lesson(), day, period, gives: true };
}

function week(lessons: WeekLesson[]): Week {
  const bell = (number: number, from: string, to: string): Week["periods"][number] => ({
    number,
    kind: "LESSON",
    starts_at: `2026-03-02T${from}:00+08:00`,
    ends_at: `2026-03-02T${to}:00+08:00`,
  });
  return {
    name: "",
    school: null,
    first_day: "2026-03-02",
    week_number: 2,
    days: DAYS.map((day, n) => ({ day, runs: n < 5 ? n + 1 : null, why_not: n < 5 ? null : "WEEKEND", name: "" })),
    periods: [bell(1, "08:40", "09:20"), bell(2, "09:30", "10:10"), bell(3, "14:30", "15:10")],
    lessons,
  };
}

describe("a week", () => {
  it("has a row for each bell, and marks the one after the long break", () => {
    const rows = rowsOf(week([]));
    expect(rows.map((row) => [row.period?.number, row.isAfterBreak])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  it("puts a lesson under its day and beside its bell", () => {
    const rows = rowsOf(week([at("2026-03-04", 2)]));
    expect(rows.map((row) => row.cells.map((cell) => cell.length))).toEqual([
      [0, 0, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
  });

  it("keeps what meets no bell in a last row", () => {
    const last = rowsOf(week([at("2026-03-03", null)])).at(-1);
    expect(last?.period).toBeNull();
    expect(last?.cells[1]).toHaveLength(1);
  });

  it("shows the weekend only when something is in it", () => {
    expect(daysShown(week([]))).toHaveLength(5);
    expect(daysShown(week([at("2026-03-07", null)])).map((day) => day.day)).toContain("2026-03-07");
  });
});

describe("a planned lesson", () => {
  const before = Date.parse("2026-03-02T02:00:00Z");

  it("can be changed until its time is over or it has begun", () => {
    expect(isAhead(lesson(), before)).toBe(true);
    expect(isAhead(lesson(), Date.parse("2026-03-02T03:00:00Z"))).toBe(false);
    expect(isAhead(lesson("LIVE"), before)).toBe(false);
    expect(isAhead(lesson("CANCELLED"), before)).toBe(false);
  });

  it("is given up when it was cancelled, missed or made up", () => {
    expect((["CANCELLED", "MISSED", "MADE_UP", "ENDED", "PUBLISHED"] as const).filter(isGivenUp)).toEqual([
      "CANCELLED",
      "MISSED",
      "MADE_UP",
    ]);
  });
});

describe("the week of all schools", () => {
  const of = (id: string, planned_start: string): PlannedLesson => ({ ...lesson(), id, planned_start });
  const county = (lessons: PlannedLesson[]): CountyWeek => ({
    first_day: "2026-03-02",
    next_cursor: null,
    lessons,
    items: [
      { id: "a", name: "甲", detail: "", lesson_ids: lessons.map(({ id }) => id) },
      { id: "b", name: "乙", detail: "", lesson_ids: lessons.slice(0, 1).map(({ id }) => id) },
    ],
  });

  it("has the weekend only when something is in it", () => {
    expect(countyDays(county([]))).toEqual(DAYS.slice(0, 5));
    expect(countyDays(county([of("x", "2026-03-07T01:00:00Z")]))).toEqual(DAYS.slice(0, 6));
  });

  it("puts a lesson under the schools' day in every row that names it", () => {
    // 23:30 in UTC is the next morning at the schools.
    const rows = countyRows(county([of("x", "2026-03-02T23:30:00Z"), of("y", "2026-03-03T01:00:00Z")]));
    expect(rows.map((row) => row.cells.map((cell) => cell.map(({ id }) => id)))).toEqual([
      [[], ["x", "y"], [], [], []],
      [[], ["x"], [], [], []],
    ]);
  });
});
