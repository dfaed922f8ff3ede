/** On the page of a replay one thing sounds: the replay, a micro-lesson below it, or a file of the whole lesson. */
import ElementPlus from "element-plus";
import { createPinia } from "pinia";
import { createApp, effectScope, h, type App, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Replay } from "../src/api";
import { i18n } from "../src/i18n";
import LessonFiles from "../src/views/replay/LessonFiles.vue";
import type { MicroLesson } from "../src/views/replay/micro-lessons";
import MicroLessonRow from "../src/views/replay/MicroLessonRow.vue";
import { useReplay, type Player } from "../src/views/replay/useReplay";

/** A replay with nothing in it plays as its clock does. */
const REPLAY = { session_id: "0193", clips: [], stage: [], pauses: [], chapters: [], duration_ms: 60_000 };
const PIECE = { id: "1", title: "第一句", from_ms: 0, until_ms: 5_000, maker: "王老师", url: "/piece", bytes: 1 };
const FILE = { form: "LESSON", state: "READY", url: "/film", bytes: 1, speed: 2 };

let scope: EffectScope;
let replay: Player;
let apps: App[];
/** What was told to pause, by its address. */
let paused: string[];

beforeEach(() => {
  [apps, paused] = [[], []];
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ items: [FILE] })));
  vi.spyOn(HTMLMediaElement.prototype, "pause").mockImplementation(function (this: HTMLMediaElement) {
    paused.push(this.getAttribute("src") ?? "");
    this.dispatchEvent(new Event("pause"));
  });
  scope = effectScope();
  replay = scope.run(() => useReplay(REPLAY as unknown as Replay)) as Player;
});
afterEach(() => {
  scope.stop();
  for (const app of apps) app.unmount();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Open a part of the page, press its button, and return what it plays. */
async function played(part: Parameters<typeof h>[0], props: Record<string, unknown>): Promise<HTMLMediaElement> {
  const place = document.createElement("div");
  const app = createApp(() => h(part as never, props));
  app.use(i18n).use(createPinia()).use(ElementPlus).mount(place);
  apps.push(app);
  const press = (): HTMLButtonElement | undefined =>
    [...place.querySelectorAll("button")].find((each) => each.textContent.trim() === "播放");
  await expect.poll(press).toBeDefined();
  press()?.click();
  const element = (): HTMLMediaElement | null => place.querySelector("video[autoplay]");
  await expect.poll(element).not.toBeNull();
  return element() as HTMLMediaElement;
}

function begins(element: HTMLMediaElement): void {
  element.dispatchEvent(new Event("play"));
}

describe("what begins to play", () => {
  it("pauses what was playing, whichever of them it is", async () => {
    const row = { piece: PIECE as unknown as MicroLesson, mayChange: false, isBegun: false };
    const piece = await played(MicroLessonRow, row);
    const film = await played(LessonFiles, { sessionId: "0193" });
    replay.play();
    expect(replay.isPlaying.value).toBe(true);
    expect(paused).toEqual([]);
    begins(piece);
    expect(replay.isPlaying.value).toBe(false);
    begins(film);
    expect(paused).toEqual(["/piece"]);
    replay.play();
    expect(paused).toEqual(["/piece", "/film"]);
    expect(replay.isPlaying.value).toBe(true);
  });

  it("lets what is paused already be, and goes on where it was paused by itself", async () => {
    const piece = await played(MicroLessonRow, { piece: PIECE, mayChange: false, isBegun: false });
    begins(piece);
    piece.dispatchEvent(new Event("pause"));
    replay.play();
    expect(replay.isPlaying.value).toBe(true);
    begins(piece);
    expect(replay.isPlaying.value).toBe(false);
    piece.dispatchEvent(new Event("pause"));
    begins(piece);
    expect(paused).toEqual([]);
  });
});
