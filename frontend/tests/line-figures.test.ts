import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMON_MBPS, kbpsOf, LEAST_KBPS, mbpsOf, MOST_KBPS, rateText } from "../src/line-figures";

describe("a line's figures", () => {
  it.each([
    [64, "64 kbit/s"],
    [99.6, "100 kbit/s"],
    [100, "0.1 Mbit/s"],
    [512, "0.5 Mbit/s"],
    [1_000, "1 Mbit/s"],
    [3_640, "3.6 Mbit/s"],
    [9_960, "10 Mbit/s"],
    [20_400, "20 Mbit/s"],
  ])("says %d kbit/s as %s", (kbps, text) => {
    expect(rateText(kbps)).toBe(text);
  });

  it.each([
    ["4", 4_000],
    [" 0.512 ", 512],
    ["0,5", 500],
    ["０.５", 500],
    ["0.064", LEAST_KBPS],
    ["1000", MOST_KBPS],
    ["", null],
    ["  ", null],
  ])("reads %j", (typed, kbps) => {
    expect(kbpsOf(typed)).toBe(kbps);
  });

  it.each(["0.063", "1000.001", "0", "-4", "4M", "four", "1e3", "4.0001", "4.5.6", "99999"])(
    "refuses %j",
    (typed) => {
      expect(kbpsOf(typed)).toBeUndefined();
    },
  );

  it("gives back for editing exactly what was declared", () => {
    for (const kbps of [64, 512, 1_001, 4_000, 1_000_000]) expect(kbpsOf(mbpsOf(kbps))).toBe(kbps);
    expect(mbpsOf(null)).toBe("");
  });

  it("keeps the server's bounds and common choices within them", () => {
    const models = readFileSync(resolve(import.meta.dirname, "../../app/schools/models.py"), "utf8");
    const bounds = /LEAST_KBPS, MOST_KBPS = ([\d_]+), ([\d_]+)/.exec(models);
    expect([bounds?.[1], bounds?.[2]].map((text) => Number(text?.replaceAll("_", "")))).toEqual([
      LEAST_KBPS,
      MOST_KBPS,
    ]);
    for (const mbps of [...COMMON_MBPS.down, ...COMMON_MBPS.up]) expect(kbpsOf(mbps)).toBe(Number(mbps) * 1000);
  });
});
