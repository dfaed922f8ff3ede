/** What was recorded is played from its parts while there is no replay: on request, and until somebody opens the replay. */
import { createPinia } from "pinia";
import { createApp, h, nextTick, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import RecordingLoader from "../src/views/replay/RecordingLoader.vue";

const REPLAY = "/api/sessions/0193/replay";
const PARTS = "/api/sessions/0193/timeshift";
const CLIP = { id: "1", seat_id: "hub", group: "camera", start_ms: 0, duration_ms: 60_000 };

let asked: string[];
let answer: () => Response;
let opened: unknown[][];
let app: App;
let page: HTMLElement;

beforeEach(async () => {
  asked = [];
  opened = [];
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return Promise.resolve(path === PARTS ? Response.json({ lanes: [] }) : answer());
  });
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: { render: () => null } }] });
  await router.push("/");
  page = document.createElement("div");
  app = createApp(() => h(RecordingLoader, { sessionId: "0193", onReady: (...told: unknown[]) => opened.push(told) }));
  app.use(i18n).use(createPinia()).use(router);
});
afterEach(() => {
  app.unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function stands(state: string, problem: string | null = null): void {
  answer = () =>
    Response.json(
      { type: "recording-not-ready", title: "", status: 409, state, problem, waits_until: null },
      { status: 409, headers: { "Content-Type": "application/problem+json" } },
    );
}
const offer = () => page.querySelector<HTMLButtonElement>(".offer button");
const parts = () => page.querySelector("section.parts");

it.each([
  ["SEALED", null, "录像正在整理"],
  ["PROCESSING", null, "录像正在整理"],
  ["PROCESSING", "kept_for_lessons", "录像排队等待整理"],
  ["BROKEN", "disk_full", "录像没有整理成功"],
  ["RECORDING", null, "这节课还在上"],
] as const)("offers what was recorded while it is %s (%s), and looks at it only when asked to", async (state, problem, says) => {
  stands(state, problem);
  app.mount(page);
  await expect.poll(() => page.textContent).toContain(says);
  expect(page.textContent).toContain(state === "RECORDING" ? "已经录下的部分现在就能看" : "已经录下的内容现在就能看");
  expect(asked).toEqual([REPLAY]);
  offer()?.click();
  await expect.poll(() => asked).toEqual([REPLAY, PARTS]);
  expect(page.textContent).toContain(says);
  expect(offer()).toBeNull();
});

it.each([
  ["BROKEN", "no_media"],
  ["WITHDRAWN", null],
  ["EXPIRED", null],
  ["PURGED", null],
])("offers nothing of one that is %s (%s)", async (state, problem) => {
  stands(state, problem);
  app.mount(page);
  await expect.poll(() => page.querySelector("svg")).not.toBeNull();
  expect(offer()).toBeNull();
});

it("offers nothing to whom the recording is not shown", async () => {
  answer = () => Response.json({ type: "not-found", title: "", status: 404 }, { status: 404 });
  app.mount(page);
  await expect.poll(() => page.textContent).toContain("看不到这段录像");
  expect(offer()).toBeNull();
});

it("leaves who watches the parts there when the replay is made, and lets her go on in it", async () => {
  stands("PROCESSING");
  app.mount(page);
  await expect.poll(offer).not.toBeNull();
  offer()?.click();
  await expect.poll(() => asked).toContain(PARTS);
  answer = () => Response.json({ clips: [CLIP] });
  vi.advanceTimersByTime(4_000);
  await expect.poll(() => page.textContent).toContain("录像整理好了");
  expect(parts()).not.toBeNull();
  expect(opened).toEqual([]);
  page.querySelector<HTMLButtonElement>(".made button")?.click();
  await nextTick();
  expect(opened).toEqual([[{ clips: [CLIP] }, 0]]);
});

it("opens the replay by itself when nobody watches the parts", async () => {
  stands("PROCESSING");
  app.mount(page);
  await expect.poll(offer).not.toBeNull();
  answer = () => Response.json({ clips: [CLIP] });
  vi.advanceTimersByTime(4_000);
  await expect.poll(() => opened).toEqual([[{ clips: [CLIP] }, null]]);
  expect(parts()).toBeNull();
});

it("takes the parts away when the recording is withdrawn meanwhile", async () => {
  stands("PROCESSING");
  app.mount(page);
  await expect.poll(offer).not.toBeNull();
  offer()?.click();
  await expect.poll(parts).not.toBeNull();
  stands("WITHDRAWN");
  vi.advanceTimersByTime(4_000);
  await expect.poll(parts).toBeNull();
  expect(page.textContent).toContain("不能再回看");
});
