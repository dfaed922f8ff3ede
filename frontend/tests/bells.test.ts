import { describe, expect, it } from "vitest";
import { isClock, isMonthDay, nextPeriod } from "../src/views/calendar/bells";

describe("bells as they are typed", () => {
  it("knows a clock and a day of the year from what only looks like one", () => {
    expect(["08:30", "00:00", "24:00"].every(isClock)).toBe(true);
    expect(["8:30", "24:01", "12:60", "", "08:30 "].some(isClock)).toBe(false);
    expect(["10-01", "02-29", "12-31"].every(isMonthDay)).toBe(true);
    expect(["02-30", "13-01", "1-1", "00-10"].some(isMonthDay)).toBe(false);
  });

  it("proposes the period after the last one", () => {
    const first = nextPeriod([]);
    expect(first).toEqual({ number: 1, kind: "LESSON", starts: "08:30", ends: "09:10" });
    expect(nextPeriod([first])).toEqual({ number: 2, kind: "LESSON", starts: "09:20", ends: "10:00" });
  });

  it("stays within the day, also after the last minute", () => {
    const late = { number: 16, kind: "LESSON", starts: "23:00", ends: "24:00" } as const;
    expect(nextPeriod([late])).toMatchObject({ number: 16, starts: "23:20", ends: "24:00" });
  });
});
