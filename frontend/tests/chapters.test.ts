import { createApp, h, type App } from "vue";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Chapter } from "../src/api";
import { i18n } from "../src/i18n";
import ChapterList from "../src/views/replay/ChapterList.vue";
import { nextChapter, previousChapter } from "../src/views/replay/chapters";
import { stepOf } from "../src/views/replay/keys";

let app: App | null = null;
afterEach(() => {
  app?.unmount();
  app = null;
});

function show(chapters: Chapter[], positionMs: number, onSeek: (ms: number) => void): HTMLElement {
  const place = document.createElement("div");
  app = createApp(() => h(ChapterList, { chapters, positionMs, onSeek }));
  app.use(i18n).mount(place);
  return place;
}

describe("the chapters of a replay", () => {
  it("are listed as the server says them, each a button that leads to its beginning", () => {
    const onSeek = vi.fn();
    const page = show(
      [
        { kind: "SCREEN", from_ms: 12_000, to_ms: 20_000, name: null },
        { kind: "STAGE", from_ms: 15_000, to_ms: 30_000, name: "示范一村小" },
        { kind: "HOLE", from_ms: 40_000, to_ms: 60_000, name: null },
      ],
      14_000,
      onSeek,
    );
    const buttons = [...page.querySelectorAll("button")];
    expect(buttons.map((each) => each.textContent.trim())).toEqual([
      expect.stringContaining("共享屏幕"),
      expect.stringContaining("示范一村小 上台"),
      expect.stringContaining("没有老师的画面"),
    ]);
    expect(buttons.map((each) => each.getAttribute("aria-current"))).toEqual(["true", "false", "false"]);
    buttons[1]?.click();
    expect(onSeek.mock.calls).toEqual([[15_000]]);
  });

  it("are none where nothing went on but the lesson", () => {
    const page = show([], 0, vi.fn());
    expect(page.textContent).toContain("这节课没有上台, 共享屏幕和暂停");
    expect(page.querySelector("button")).toBeNull();
  });

  it("are gone to by keys: the next, the one before, and the beginning of one that has gone on for a while", () => {
    const chapters = [10_000, 20_000].map((from_ms) => ({ kind: "PAUSE" as const, from_ms, to_ms: from_ms + 1_000, name: null }));
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
