import { beforeEach, describe, expect, it } from "vitest";
import { findChosen, keepChoice, keptChoices, problemOf } from "../src/media/devices";
import { levelOf } from "../src/media/sound";

describe("the chosen device", () => {
  const devices = [
    { id: "a", label: "USB 摄像头" },
    { id: "b", label: "内置摄像头" },
    { id: "c", label: "" },
  ];

  it("is found by id, else by name, as after plugging it into another port", () => {
    expect(findChosen(devices, { id: "b", label: "USB 摄像头" })?.id).toBe("b");
    expect(findChosen(devices, { id: "gone", label: "USB 摄像头" })?.id).toBe("a");
  });

  it("is none when it is away, or was never chosen, and no name is not a name", () => {
    expect(findChosen(devices, { id: "gone", label: "投影仪" })).toBeNull();
    expect(findChosen(devices, { id: "gone", label: "" })).toBeNull();
    expect(findChosen(devices, undefined)).toBeNull();
  });
});

describe("the kept choices", () => {
  beforeEach(() => localStorage.clear());

  it("are kept one by one", () => {
    keepChoice({ camera: { id: "a", label: "USB 摄像头" } });
    keepChoice({ usesTestPicture: true });
    expect(keptChoices()).toEqual({
      camera: { id: "a", label: "USB 摄像头" },
      usesTestPicture: true,
    });
  });

  it("begin anew when what is kept cannot be read", () => {
    localStorage.setItem("classrooms.devices", "{cut");
    expect(keptChoices()).toEqual({});
  });
});

it.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "missing"],
  ["OverconstrainedError", "missing"],
  ["NotReadableError", "busy"],
  ["SomethingNew", "failed"],
])("the browser's %s is said as %s", (name, problem) => {
  expect(problemOf(new DOMException("", name))).toBe(problem);
});

it("the level is 0 in silence, 1 when loud, and rises in between", () => {
  const tone = (amplitude: number) =>
    Float32Array.from({ length: 1024 }, (_, at) => amplitude * Math.sin(at / 5));
  expect(levelOf(tone(0))).toBe(0);
  expect(levelOf(tone(1))).toBe(1);
  expect(levelOf(tone(0.02))).toBeGreaterThan(0.3);
  expect(levelOf(tone(0.2))).toBeGreaterThan(levelOf(tone(0.02)));
});
