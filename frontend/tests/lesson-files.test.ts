/** How far the file of a whole lesson is. */
import { describe, expect, it } from "vitest";
import { i18n } from "../src/i18n";
import { isBeingMade, shareOf, stepKey, whyKey, type LessonFile } from "../src/views/replay/lesson-files";

function file(fields: Partial<LessonFile>): LessonFile {
  return { form: "LESSON", state: "RUNNING", step: "", done: 0, total: null, ...fields } as LessonFile;
}

describe("the file of a whole lesson", () => {
  it("is asked for again while it is waited for or made", () => {
    const states = ["NONE", "WAITING", "RUNNING", "READY", "FAILED"] as const;
    expect(states.filter((state) => isBeingMade(file({ state })))).toEqual(["WAITING", "RUNNING"]);
  });

  it("moves forward from step to step", () => {
    const steps = [
      file({ state: "WAITING" }),
      file({ step: "fetching", done: 1, total: 2 }),
      file({ step: "measuring", done: 50, total: 100 }),
      file({ step: "measuring", done: 100, total: 100 }),
      file({ step: "composing", done: 0, total: 100 }),
      file({ step: "composing", done: 50, total: 100 }),
      file({ step: "composing", done: 100, total: 100 }),
    ].map(shareOf);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(1);
  });

  it("says what is done, and waits where it does not know the step", () => {
    expect(stepKey(file({ step: "measuring" }))).toBe("replay.files.step.measuring");
    expect(stepKey(file({ step: "new-step" }))).toBe("replay.files.step.waiting");
    expect(stepKey(file({ state: "WAITING", step: "composing" }))).toBe("replay.files.step.waiting");
    const waits = file({ state: "WAITING", problem: "kept_for_lessons" });
    expect(stepKey(waits)).toBe("replay.files.step.kept_for_lessons");
    expect(stepKey({ ...waits, state: "RUNNING" })).toBe("replay.files.step.waiting");
    expect(stepKey(file({ state: "WAITING", ahead: 2 }))).toBe("replay.files.step.behind");
    expect(stepKey({ ...waits, ahead: 2 })).toBe("replay.files.step.kept_for_lessons");
    const { t } = i18n.global;
    i18n.global.locale.value = "en";
    expect([1, 2].map((n) => t("replay.files.step.behind", n))).toEqual([
      "Waiting for its turn, behind 1 other",
      "Waiting for its turn, behind 2 others",
    ]);
    i18n.global.locale.value = "zh";
    expect(t("replay.files.step.behind", 2)).toBe("排队中, 前面还有 2 项");
  });

  it("has words for what hindered it", () => {
    expect(whyKey(file({ state: "FAILED", problem: "no_sound" }))).toBe("replay.files.why.no_sound");
    expect(whyKey(file({ state: "FAILED", problem: null }))).toBe("replay.files.why.other");
  });
});
