/** A running lesson that is looked back at: what begins meanwhile, a line that is lost, the end. */
import { createPinia } from "pinia";
import { createApp, h, nextTick, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ShiftLane } from "../src/api";
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
let isOver: boolean;
let refusal: Response | null;
let told: number[];

beforeEach(async () => {
  [asked, lanes, isOver, refusal, told] = [0, [CAMERA], false, null, []];
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("fetch", (path: string) => {
    if (path !== ASKS) return Promise.resolve(refusal?.clone() ?? new Response(PLAYLIST));
    asked += 1;
    return Promise.resolve(refusal?.clone() ?? Response.json({ lanes, chapters: [], is_over: isOver }));
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
const button = (says: string) => [...page.querySelectorAll("button")].find((each) => each.textContent.includes(says));

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
