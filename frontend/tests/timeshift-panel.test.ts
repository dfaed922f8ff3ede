/** A running lesson that is looked back at: what begins meanwhile, a line that is lost, the end. */
import { createPinia } from "pinia";
import { createApp, h, nextTick, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Chapter, ShiftLane } from "../src/api";
import { i18n } from "../src/i18n";
import TimeshiftPanel from "../src/views/replay/TimeshiftPanel.vue";

const PLAYLIST = "#EXTM3U\n#EXTINF:30.000000,\n/part/1\n#EXTINF:30.000000,\n/part/2\n";
const ASKS = "/api/sessions/0193/timeshift";

function lane(seat_id: string, name: string, group: string, from_ms = 0): ShiftLane {
  const tracks = [{ is_video: true, mimes: ["video/mp4"], url: `/list/${seat_id}/${group}` }];
  return { seat_id, name, group, from_ms, until_ms: 60_000, zero_ms: 0, hls: null, tracks };
}
const CAMERA = lane("hub", "王老师", "camera");
const SCREEN = lane("hub", "王老师", "screen");

let app: App;
let page: HTMLElement;
let asked: number;
let lanes: ShiftLane[];
let chapters: Chapter[];
let isOver: boolean;
let refusal: Response | null;
let told: number[];

beforeEach(async () => {
  [asked, lanes, chapters, isOver, refusal, told] = [0, [CAMERA], [], false, null, []];
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("fetch", (path: string) => {
    if (path !== ASKS) return Promise.resolve(refusal?.clone() ?? new Response(PLAYLIST));
    asked += 1;
    return Promise.resolve(refusal?.clone() ?? Response.json({ lanes, chapters, is_over: isOver }));
  });
  page = document.createElement("div");
  app = createApp(() => h(TimeshiftPanel, { sessionId: "0193", onPosition: (ms: number) => told.push(ms) }));
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: { render: () => null } }] });
  await router.push("/");
  app.use(i18n).use(createPinia()).use(router);
});
afterEach(() => {
  app.unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Let so much time go by, and what was asked in it be answered and shown. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < 10; i += 1) await nextTick();
  await vi.advanceTimersByTimeAsync(200);
  await nextTick();
}
const shown = () => [...page.querySelectorAll("figure:not(.hidden)")];
const names = () => shown().map((figure) => figure.querySelector("figcaption")?.textContent);
const mainName = () => page.querySelector("figure.main figcaption")?.textContent;
/** By what is written on it, or said of it. */
const button = (says: string) =>
  [...page.querySelectorAll("button")].find((each) => `${each.textContent}${each.getAttribute("aria-label") ?? ""}`.includes(says));
const key = (name: string): void =>
  void page.querySelector(".shift")?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));

async function open(): Promise<void> {
  app.mount(page);
  await expect.poll(() => page.querySelector(".shift")).not.toBeNull();
  await pass(4_000);
}

it("shows a screen that is shared later, and puts it in front, without leaving its place", async () => {
  await open();
  expect(names()).toEqual(["王老师"]);
  const player = page.querySelector(".shift");
  const picture = page.querySelector("video");
  page.querySelector('[role="slider"]')?.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
  await pass(0);
  expect(told.at(-1)).toBe(0);
  lanes = [CAMERA, SCREEN];
  await pass(6_000);
  expect(names()).toEqual(["王老师", "王老师 · 共享屏幕"]);
  expect(mainName()).toBe("王老师 · 共享屏幕");
  expect(page.querySelector(".shift")).toBe(player);
  expect(page.querySelector("video")).toBe(picture);
  expect(told.at(-1)).toBe(0);
});

it("keeps the picture somebody chose, until told to switch by itself again", async () => {
  lanes = [CAMERA, SCREEN];
  await open();
  expect(mainName()).toBe("王老师 · 共享屏幕");
  expect(button("自动切换画面")).toBeUndefined();
  page.querySelector<HTMLButtonElement>("figure:not(.main) button")?.click();
  await nextTick();
  expect(mainName()).toBe("王老师");
  button("自动切换画面")?.click();
  await nextTick();
  expect(mainName()).toBe("王老师 · 共享屏幕");
});

it("says that the line is lost, leaves what there is, and goes on by itself", async () => {
  await open();
  const player = page.querySelector(".shift");
  refusal = new Response("", { status: 502 });
  await pass(6_000);
  expect(page.querySelector('[role="alert"]')).not.toBeNull();
  expect(page.querySelector(".shift")).toBe(player);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  await pass(6_000);
  expect(page.querySelector('[role="alert"]')?.textContent).toContain("连接断了");
  expect(page.querySelector(".shift")).toBe(player);
  vi.stubGlobal("fetch", (path: string) =>
    Promise.resolve(path === ASKS ? Response.json({ lanes, chapters: [], is_over: false }) : new Response(PLAYLIST)),
  );
  await pass(6_000);
  await pass(4_000);
  expect(page.querySelector('[role="alert"]')).toBeNull();
});

it("takes away what may not be seen any more", async () => {
  await open();
  refusal = Response.json(
    { type: "not-found", title: "", status: 404 },
    { status: 404, headers: { "Content-Type": "application/problem+json" } },
  );
  await pass(6_000);
  expect(page.querySelector(".shift")).toBeNull();
  expect(page.textContent).toContain("看不到这段录像");
  const before = asked;
  await pass(30_000);
  expect(asked).toBe(before);
});

it("opens by itself when there is something, and asks no more when the recording is whole", async () => {
  lanes = [];
  app.mount(page);
  await expect.poll(() => page.textContent).toContain("还没有可以回看的部分");
  lanes = [CAMERA];
  await pass(6_000);
  expect(page.querySelector(".shift")).not.toBeNull();
  expect(button("追上直播")).toBeDefined();
  isOver = true;
  await pass(6_000);
  expect(button("追上直播")).toBeUndefined();
  const before = asked;
  await pass(30_000);
  expect(asked).toBe(before);
});

/** A browser that lets one thing be as large as the screen. */
function openFull(): { root: () => Element | null; ask: () => void; leave: () => void } {
  let large: Element | null = null;
  const turn = (element: Element | null): Promise<void> => {
    large = element;
    document.dispatchEvent(new Event("fullscreenchange"));
    return Promise.resolve();
  };
  Object.defineProperty(document, "fullscreenElement", { configurable: true, get: () => large });
  document.exitFullscreen = () => turn(null);
  Element.prototype.requestFullscreen = function ask(this: Element) {
    return turn(this);
  };
  return { root: () => large, ask: () => button("全屏")?.click(), leave: () => void turn(null) };
}

const SOUND = { is_video: false, mimes: ["audio/mp4"], url: "/list/hub/sound" };

it("is made louder, softer and silent, by button, slider and key, also what begins later", async () => {
  lanes = [{ ...CAMERA, tracks: [...CAMERA.tracks, SOUND] }];
  await open();
  const sounds = () => [...page.querySelectorAll("audio")].map((each) => [each.muted, each.volume]);
  expect(sounds()).toEqual([[false, 1]]);
  button("静音")?.click();
  await nextTick();
  expect(sounds()).toEqual([[true, 1]]);
  expect(button("打开声音")?.getAttribute("aria-pressed")).toBe("true");
  const slider = page.querySelector<HTMLInputElement>("input.volume");
  if (slider) slider.value = "0.25";
  slider?.dispatchEvent(new Event("input"));
  await nextTick();
  expect(sounds()).toEqual([[false, 0.25]]);
  key("ArrowUp");
  await nextTick();
  expect(sounds()).toEqual([[false, 0.35]]);
  lanes = [...lanes, { ...SCREEN, tracks: [...SCREEN.tracks, { ...SOUND, url: "/list/screen/sound" }] }];
  await pass(6_000);
  expect(sounds()).toEqual([
    [false, 0.35],
    [false, 0.35],
  ]);
  expect(page.querySelector("video")?.muted).toBe(true);
  key("m");
  await nextTick();
  expect(sounds().map(([muted]) => muted)).toEqual([true, true]);
});

it("is as large as the screen by button and key, and small again, also by the browser's own way", async () => {
  const full = openFull();
  await open();
  full.ask();
  await nextTick();
  expect(full.root()).toBe(page.querySelector(".shift"));
  expect(page.querySelector(".shift.full")).not.toBeNull();
  button("退出全屏")?.click();
  await nextTick();
  expect(full.root()).toBeNull();
  expect(page.querySelector(".shift.full")).toBeNull();
  key("f");
  await nextTick();
  expect(page.querySelector(".shift.full")).not.toBeNull();
  full.leave();
  await nextTick();
  expect(button("退出全屏")).toBeUndefined();
});

it("is played at the speeds of a replay, and as fast as the lesson where it meets it", async () => {
  await open();
  const speed = page.querySelector<HTMLSelectElement>("select.speed");
  const choose = async (value: string): Promise<void> => {
    if (speed) speed.value = value;
    speed?.dispatchEvent(new Event("change"));
    await nextTick();
  };
  expect([...(speed?.options ?? [])].map((each) => each.value)).toEqual(["0.5", "0.75", "1", "1.25", "1.5", "2"]);
  await choose("1.5");
  expect(button("追上直播")?.disabled).toBe(true);
  await choose("0.5");
  expect(button("追上直播")?.disabled).toBe(false);
  button("追上直播")?.click();
  await nextTick();
  expect([speed?.value, button("追上直播")?.disabled]).toEqual(["1.25", true]);
  key("End");
  await pass(0);
  expect([speed?.value, button("追上直播")?.disabled]).toEqual(["1", false]);
  await choose("2");
  expect(speed?.value).toBe("1");
});

it("marks on its axis who was on stage, pauses and where there was no picture, and goes from one to the next", async () => {
  lanes = [{ ...CAMERA, from_ms: 5_000 }];
  chapters = [
    { kind: "HOLE", from_ms: 12_000, to_ms: 18_000, name: null },
    { kind: "STAGE", from_ms: 20_000, to_ms: 30_000, name: "示范一村小" },
    { kind: "PAUSE", from_ms: 40_000, to_ms: 41_000, name: null },
    { kind: "SCREEN", from_ms: 45_000, to_ms: 50_000, name: null },
    { kind: "STAGE", from_ms: 80_000, to_ms: 81_000, name: "还没有的" },
  ];
  await open();
  const marks = (kind: string) => [...page.querySelectorAll(`.bar .${kind}`)].map((each) => each.getAttribute("title"));
  expect(marks("stage")).toEqual(["00:20 示范一村小 上台"]);
  expect(marks("pause")).toEqual(["00:40 已暂停互动"]);
  expect(marks("hole")).toHaveLength(2);
  key("Home");
  key("n");
  await pass(0);
  expect(told.at(-1)).toBe(12_000);
  key("n");
  key("n");
  await pass(0);
  expect(told.at(-1)).toBe(40_000);
  key("p");
  await pass(0);
  expect(told.at(-1)).toBe(20_000);
});
