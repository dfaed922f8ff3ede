import { describe, expect, it } from "vitest";
import { comingDays, isOff, saidOf, type ComingLesson } from "../src/views/classroom/coming";

const NOON = Date.parse("2026-03-02T04:00:00Z");

function lesson(given: Partial<ComingLesson> = {}): ComingLesson {
  return {
    id: "l",
    title: "小雨沙沙",
    subject: "音乐",
    grade: "三年级",
    hub_school: "中心小学",
    lecturer: "王老师",
    planned_start: "2026-03-02T05:00:00Z",
    planned_end: "2026-03-02T05:40:00Z",
    day: "2026-03-02",
    state: "PUBLISHED",
    moved_from: null,
    moved_to: null,
    cancelled_because: null,
    instead_of: null,
    makes_up: null,
    made_up_on: null,
    ...given,
  };
}
const keys = (given: Partial<ComingLesson>): string[] =>
  saidOf(lesson(given)).map(({ key }) => key.replace("classroom.change.", ""));

describe("the coming lessons", () => {
  it("stand under their days, today and tomorrow by their words, without what is over", () => {
    const week = {
      today: "2026-03-02",
      lessons: [
        lesson({ id: "over", planned_end: "2026-03-02T03:00:00Z" }),
        lesson({ id: "today" }),
        lesson({ id: "tomorrow", day: "2026-03-03", planned_end: "2026-03-03T05:40:00Z" }),
        lesson({
          id: "later",
          day: "2026-03-05",
          planned_start: "2026-03-05T05:00:00Z",
          planned_end: "2026-03-05T05:40:00Z",
        }),
      ],
    };
    const days = comingDays(week, NOON);
    expect(days.map((day) => day.lessons.map(({ id }) => id))).toEqual([["today"], ["tomorrow"], ["later"]]);
    expect(days.map(({ name }) => ("key" in name ? name.key : name.text))).toEqual([
      "classroom.today",
      "classroom.tomorrow",
      expect.stringContaining("3月5日"),
    ]);
  });

  it("say nothing when they are as planned", () => {
    expect(keys({})).toEqual([]);
  });

  it("are off at the time they were moved away from, which says where they went", () => {
    const moved_to = "2026-03-12T05:00:00Z";
    expect(saidOf(lesson({ moved_to, instead_of: "赵老师" }))).toEqual([
      { key: "classroom.change.moved_to", words: { when: expect.stringContaining("3月12日") } },
      { key: "classroom.change.instead", words: { name: "赵老师" } },
    ]);
    expect(isOff(lesson({ moved_to }))).toBe(true);
    expect(isOff(lesson())).toBe(false);
    expect(keys({ moved_to, state: "CANCELLED", cancelled_because: "大雪" })).toEqual(["cancelled"]);
    expect(isOff(lesson({ state: "CANCELLED" }))).toBe(true);
  });

  it("say what became of them, and of one that is off nothing but that", () => {
    const moved_from = "2026-03-01T05:00:00Z";
    expect(keys({ moved_from, instead_of: "赵老师", makes_up: moved_from })).toEqual(["moved", "makes_up", "instead"]);
    expect(keys({ state: "CANCELLED", cancelled_because: "大雪", moved_from })).toEqual(["cancelled"]);
    expect(keys({ state: "MISSED", instead_of: "赵老师" })).toEqual(["missed"]);
    expect(keys({ state: "MADE_UP", cancelled_because: "大雪", made_up_on: moved_from })).toEqual(["cancelled", "made_up"]);
  });
});
