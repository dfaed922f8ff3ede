/** The marks and the making of micro-lessons. */
import { describe, expect, it } from "vitest";
import { faultOf, isBeingMade, markOf, readTime, shareOf, stepKey, timeText, type MicroLesson } from "../src/views/replay/micro-lessons";

function piece(fields: Partial<MicroLesson>): MicroLesson {
  return { state: "RUNNING", step: "", done: 0, total: null, problem: null, ...fields } as MicroLesson;
}

describe("the times of marks", () => {
  it("are read as they are written", () => {
    for (const ms of [0, 1, 999, 61_000, 754_500, 3_599_999, 3_600_000, 3_723_040]) {
      expect(readTime(timeText(ms))).toBe(ms);
    }
    expect(timeText(754_500)).toBe("12:34.5");
    expect(timeText(3_723_040)).toBe("1:02:03.04");
    expect(timeText(59_999.6)).toBe("01:00");
  });

  it("are read as people type them", () => {
    expect(readTime(" 1:5 ")).toBe(65_000);
    expect(readTime("75：10")).toBe(4_510_000);
    expect(readTime("0:00,25")).toBe(250);
  });

  it("are none where nobody can know what is meant", () => {
    for (const text of ["", "12", "1:60", "1:60:00", "a:b", "1:2:3:4", "-1:00", "1:00.1234", "1e3:00"]) {
      expect(readTime(text), text).toBeNull();
    }
  });

  it("mark a piece, or say what is wrong", () => {
    expect(faultOf(1_000, 2_000, 2_000)).toBeNull();
    expect(faultOf(null, 2_000, 9_000)).toBe("not-a-time");
    expect(faultOf(2_000, 2_000, 9_000)).toBe("marks-reversed");
    expect(faultOf(2_000, 9_001, 9_000)).toBe("marks-outside");
    expect(faultOf(2_000, 2_999, 9_000)).toBe("piece-too-short");
  });
});

describe("the keys of marks", () => {
  function press(key: string, tagName = "DIV", ctrlKey = false): ReturnType<typeof markOf> {
    return markOf({ key, altKey: false, ctrlKey, metaKey: false, target: { tagName } as unknown as EventTarget });
  }

  it("are I and O, but not in a field and not with another key", () => {
    expect([press("i"), press("O"), press("i", "BUTTON")]).toEqual(["in", "out", "in"]);
    expect([press("i", "INPUT"), press("o", "DIV", true), press("x"), press("Escape")]).toEqual([null, null, null, null]);
  });
});

describe("a micro-lesson that is made", () => {
  it("moves forward, from the film that is made first to the cut", () => {
    const steps = [
      piece({ state: "WAITING" }),
      piece({ step: "measuring", done: 1, total: 2 }),
      piece({ step: "composing", done: 0, total: 2 }),
      piece({ step: "composing", done: 2, total: 2 }),
      piece({ step: "cutting", done: 1, total: 2 }),
      piece({ step: "cutting", done: 2, total: 2 }),
    ].map(shareOf);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect([steps[0], steps.at(-1)]).toEqual([0, 1]);
  });

  it("says what is done", () => {
    expect(stepKey(piece({ step: "cutting" }))).toBe("micro.cutting");
    expect(stepKey(piece({ step: "composing" }))).toBe("replay.files.step.composing");
    expect(stepKey(piece({ state: "WAITING", problem: "kept_for_lessons" }))).toBe("replay.files.step.kept_for_lessons");
    expect(stepKey(piece({ state: "WAITING", problem: "film" }))).toBe("replay.files.step.waiting");
    expect(["WAITING", "RUNNING", "READY", "FAILED"].filter((state) => isBeingMade(piece({ state } as MicroLesson)))).toEqual([
      "WAITING",
      "RUNNING",
    ]);
  });
});
