import { describe, expect, it } from "vitest";
import type { Clip } from "../src/api";
import { chaptersOf, nextChapter, previousChapter, type Chapter } from "../src/views/replay/chapters";
import { stepOf } from "../src/views/replay/keys";

function clip(change: Partial<Clip>): Clip {
  return {
    id: "1",
    seat_id: "hub",
    name: "王老师",
    group: "camera",
    mime: "video/mp4",
    start_ms: 0,
    duration_ms: 60_000,
    has_audio: true,
    has_video: true,
    url: "/clip",
    ...change,
  };
}
const NONE = { clips: [clip({})], stage: [], pauses: [], duration_ms: 60_000 };
const brief = (chapters: Chapter[]) => chapters.map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs]);

describe("the chapters of a replay", () => {
  it("are who was on stage, what was shared, pauses and where the teacher is not seen, in order", () => {
    const chapters = chaptersOf({
      clips: [
        clip({ duration_ms: 40_000 }),
        clip({ group: "second_camera", start_ms: 5_000, duration_ms: 2_000 }),
        clip({ group: "screen", start_ms: 12_000, duration_ms: 8_000 }),
      ],
      stage: [{ seat_id: "site-a", name: "示范一村小", from_ms: 20_000, to_ms: 30_000 }],
      pauses: [{ from_ms: 10_000, to_ms: 11_000 }],
      duration_ms: 60_000,
    });
    expect(brief(chapters)).toEqual([
      ["second_camera", 5_000, 7_000],
      ["pause", 10_000, 11_000],
      ["screen", 12_000, 20_000],
      ["stage", 20_000, 30_000],
      ["hole", 40_000, 60_000],
    ]);
    expect(chapters[3]?.name).toBe("示范一村小");
    expect(chaptersOf(NONE)).toEqual([]);
  });

  it("have one for a screen whose file changes while it is shared, and two where it was away", () => {
    const screens = [
      [30_000, 5_000],
      [10_000, 10_000],
      [22_000, 3_000],
    ].map(([start_ms, duration_ms]) => clip({ group: "screen", start_ms, duration_ms }));
    expect(brief(chaptersOf({ ...NONE, clips: [clip({}), ...screens] }))).toEqual([
      ["screen", 10_000, 25_000],
      ["screen", 30_000, 35_000],
    ]);
  });

  it("leave out what others share, which is seen while they are on stage, and moments without a picture", () => {
    const clips = [clip({ duration_ms: 30_000 }), clip({ start_ms: 34_000, duration_ms: 26_000 })];
    const others = clip({ seat_id: "site-a", group: "screen", start_ms: 5_000, duration_ms: 5_000 });
    expect(chaptersOf({ ...NONE, clips: [...clips, others] })).toEqual([]);
  });

  it("are gone to by keys: the next, the one before, and the beginning of one that has gone on for a while", () => {
    const chapters = [10_000, 20_000].map((fromMs) => ({ kind: "pause" as const, fromMs, toMs: fromMs + 1_000, name: "" }));
    expect(nextChapter(chapters, 0)).toBe(10_000);
    expect(nextChapter(chapters, 10_000)).toBe(20_000);
    expect(nextChapter(chapters, 20_000)).toBeUndefined();
    expect(previousChapter(chapters, 26_000)).toBe(20_000);
    expect(previousChapter(chapters, 22_000)).toBe(10_000);
    expect(previousChapter(chapters, 12_000)).toBe(0);
    const key = (text: string) => stepOf({ key: text, altKey: false, ctrlKey: false, metaKey: false, target: null });
    expect(key("n")).toEqual({ do: "next" });
    expect(key("P")).toEqual({ do: "previous" });
  });
});
