import { describe, expect, it } from "vitest";
import type { MinuteSums } from "../src/attendance";
import { columnsOf, MOST_NAMED, type Look } from "../src/components/office/chart";
import { readRowQuery } from "../src/views/attendance/query";
import {
  daysOf,
  measuredOf,
  MINUTES,
  schoolGroup,
  stacked,
  tenthsText,
  weekGroup,
} from "../src/views/attendance/minutes";
import { sharesOf } from "../src/views/coverage/chart";

const HOUR_MS = 3_600_000;
const look: Look = { colour: (name) => name, isStill: true };
const words = { audible: "A", degraded: "D", lost: "L", offline: "O" };

function sums(changes: Partial<MinuteSums> = {}): MinuteSums {
  return {
    rows: 3,
    unmeasured: 1,
    audible_ms: 6 * HOUR_MS,
    degraded_ms: 2 * HOUR_MS,
    lost_ms: HOUR_MS,
    offline_ms: HOUR_MS / 2,
    ...changes,
  };
}

interface Drawn {
  series: { name?: string; stack?: string; data: { key: string; value: number; itemStyle?: { color: string } }[] }[];
  xAxis: { data: string[]; axisLabel: { show: boolean } };
}

describe("the days minutes are added up between", () => {
  it("are those asked for", () => {
    expect(daysOf({ from: "2026-03-03", to: "2026-03-05" }, "2026-11-27")).toEqual({ from: "2026-03-03", to: "2026-03-05" });
  });

  it("are eight whole weeks until today, or until the last day asked for", () => {
    expect(daysOf({}, "2026-11-27")).toEqual({ from: "2026-10-05", to: "2026-11-27" });
    expect(daysOf({ to: "2026-03-08" }, "2026-11-27")).toEqual({ from: "2026-01-12", to: "2026-03-08" });
  });

  it("never end before they begin", () => {
    expect(daysOf({ from: "2026-12-01" }, "2026-11-27")).toEqual({ from: "2026-12-01", to: "2026-12-01" });
    expect(daysOf({ from: "2026-11-01" }, "2026-11-27")).toEqual({ from: "2026-11-01", to: "2026-11-27" });
  });
});

describe("a column of minutes", () => {
  const wanted = readRowQuery({ subject: "音乐", is_counted: "false", cursor: "abc" });

  it("of a week leads to the schools in it, with the filters and without the page", () => {
    const days = { from: "2026-03-04", to: "2026-03-20" };
    const group = weekGroup({ monday: "2026-03-09", ...sums() }, wanted, days);
    expect(group.rows).toEqual({
      subject: "音乐",
      is_counted: "false",
      from: "2026-03-09",
      to: "2026-03-15",
      by: "school",
    });
    expect(group.sums).toEqual(sums());
  });

  it("of a week that was asked about in part leads to that part", () => {
    const days = { from: "2026-03-04", to: "2026-03-05" };
    const { name, rows } = weekGroup({ monday: "2026-03-02", ...sums() }, wanted, days);
    expect([name, rows.from, rows.to]).toEqual(["03-04", "2026-03-04", "2026-03-05"]);
  });

  it("of a school leads to its weeks, of the same days", () => {
    const asked = { ...wanted, from: "2026-03-02", to: "2026-03-08" };
    const group = schoolGroup({ school: { id: "s1", name: "竹溪教学点" }, ...sums() }, asked);
    expect(group.rows).toEqual({
      subject: "音乐",
      is_counted: "false",
      from: "2026-03-02",
      to: "2026-03-08",
      school_id: "s1",
      by: "week",
    });
  });

  it("has its four parts one upon the other, in hours", () => {
    const groups = ["s1", "s2"].map((id) => schoolGroup({ school: { id, name: id }, ...sums() }, wanted));
    const drawn = stacked(groups, words)(look) as unknown as Drawn;
    expect(drawn.series.map(({ name }) => name)).toEqual(["A", "D", "L", "O"]);
    expect(new Set(drawn.series.map(({ stack }) => stack)).size).toBe(1);
    expect(drawn.series.map(({ data }) => data[1])).toEqual(
      [6, 2, 1, 0.5].map((value) => ({ key: "s2", name: "s2", value })),
    );
    expect(drawn.xAxis.data).toEqual(["s1", "s2"]);
    expect(measuredOf(sums())).toBe(9.5 * HOUR_MS);
    expect(MINUTES.map((minute) => tenthsText(sums()[`${minute}_ms`]))).toEqual(["6.0", "2.0", "1.0", "0.5"]);
  });
});

describe("columns of numbers", () => {
  it("are named while their names fit", () => {
    const many = (n: number) => Array.from({ length: n }, (_, at) => ({ key: `${at}`, name: `${at}`, value: at, text: "" }));
    for (const [n, isNamed] of [
      [MOST_NAMED, true],
      [MOST_NAMED + 1, false],
    ] as const) {
      expect((columnsOf(many(n))(look) as unknown as Drawn).xAxis.axisLabel.show).toBe(isNamed);
    }
  });
});

describe("columns of shares", () => {
  it("stand out below the share of all together", () => {
    const bars = [
      { key: "a", name: "A", permille: 400 },
      { key: "b", name: "B", permille: 600 },
      { key: "c", name: "C", permille: null },
    ];
    const drawn = sharesOf(bars, { permille: 500, name: "All" })(look) as unknown as Drawn;
    expect(drawn.series[0]?.data.map(({ key, value, itemStyle }) => [key, value, itemStyle?.color])).toEqual([
      ["b", 60, "song"],
      ["a", 40, "amber"],
      ["c", 0, "song"],
    ]);
  });
});
