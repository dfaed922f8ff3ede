import { describe, expect, it } from "vitest";
import { arrange, gridOf, type Scene } from "../src/views/classroom/arrangement";

function scene(change: Partial<Scene> = {}): Scene {
  return { hub: "hub", stage: [], you: "me", hasSecond: false, hasOwn: true, ...change };
}

function kindsOf(change: Partial<Scene>): string[] {
  return arrange(scene(change)).cells.map((cell) => `${cell.kind}:${cell.seatId}`);
}

describe("the pictures on the classroom's screen", () => {
  it("are the teacher alone while nobody is on stage", () => {
    expect(kindsOf({})).toEqual(["teacher:hub"]);
  });

  it("are the teacher and everybody on stage, in the order of the stage", () => {
    expect(kindsOf({ stage: ["b", "a", "c"] })).toEqual([
      "teacher:hub",
      "stage:b",
      "stage:a",
      "stage:c",
    ]);
  });

  it("show this classroom small while it is on stage alone", () => {
    const { cells, isOwnSmall } = arrange(scene({ stage: ["me"] }));
    expect(cells).toHaveLength(1);
    expect(isOwnSmall).toBe(true);
  });

  it("show this classroom as one of several on stage, and not twice", () => {
    const { cells, isOwnSmall } = arrange(scene({ stage: ["a", "me"] }));
    expect(cells.map((cell) => cell.kind)).toEqual(["teacher", "stage", "own"]);
    expect(isOwnSmall).toBe(false);
  });

  it("leave out an own picture that no camera gives", () => {
    expect(kindsOf({ stage: ["a", "me"], hasOwn: false })).toEqual(["teacher:hub", "stage:a"]);
    expect(arrange(scene({ stage: ["me"], hasOwn: false })).isOwnSmall).toBe(false);
  });

  it("put the teacher's second picture beside the first", () => {
    expect(kindsOf({ hasSecond: true, stage: ["a"] })).toEqual([
      "teacher:hub",
      "second:hub",
      "stage:a",
    ]);
  });

  it("are the stage alone when the lesson has no lecturer's seat", () => {
    expect(kindsOf({ hub: null, hasSecond: true, stage: ["a"] })).toEqual(["stage:a"]);
  });
});

it("has a grid for every number of pictures that can come together", () => {
  expect([0, 1, 2, 3, 4, 5].map(gridOf)).toEqual(["full", "full", "pair", "lead", "square", "six"]);
});
