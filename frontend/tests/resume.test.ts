import { beforeEach, expect, it } from "vitest";
import { stopAt, stoppedAt } from "@/views/replay/resume";

const LONG = 45 * 60_000;
beforeEach(() => localStorage.clear());

it("goes on where this person stopped in this lesson", () => {
  stopAt("li", "one", 600_000.4, LONG);
  stopAt("li", "two", 60_000, LONG);
  expect(stoppedAt("li", "one")).toBe(600_000);
  expect(stoppedAt("li", "two")).toBe(60_000);
  expect(stoppedAt("wang", "one")).toBe(0);
  expect(stoppedAt("li", "three")).toBe(0);
});

it("begins anew what was only just begun or watched to its end", () => {
  stopAt("li", "one", 14_000, LONG);
  expect(stoppedAt("li", "one")).toBe(0);
  stopAt("li", "one", 600_000, LONG);
  stopAt("li", "one", 0.98 * LONG, LONG);
  expect(stoppedAt("li", "one")).toBe(0);
});

it("forgets the lessons watched longest ago", () => {
  for (let i = 0; i < 60; i++) stopAt("li", `lesson ${i}`, 60_000, LONG);
  expect(stoppedAt("li", "lesson 9")).toBe(0);
  expect(stoppedAt("li", "lesson 10")).toBe(60_000);
});

it("takes nothing from what it does not understand", () => {
  for (const text of ["{", "7", '[["li/one"], [1, 2], null]']) {
    localStorage.setItem("classrooms.stopped", text);
    expect(stoppedAt("li", "one")).toBe(0);
  }
  stopAt("li", "one", 60_000, LONG);
  expect(stoppedAt("li", "one")).toBe(60_000);
});
