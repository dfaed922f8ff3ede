/** What of a replay is played over a line: chosen and remembered, or by itself where the line is too slow. */
import { createPinia } from "pinia";
import { createApp, h, nextTick, ref, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Clip, Replay } from "../src/api";
import { i18n } from "../src/i18n";
import LineNote from "../src/views/replay/LineNote.vue";
import { keepLine, lineOf } from "../src/views/replay/line";
import { useLine, type LineChoice } from "../src/views/replay/useLine";

const CLIP = { id: "1", seat_id: "hub", group: "camera" } as Clip;
const REPLAY = { session_id: "0193", clips: [CLIP], duration_ms: 60_000 } as Replay;
const LIGHT = "/api/sessions/0193/replay/light";

let asked: string[];
let states: Record<string, string>;
let app: App | null = null;
let page: HTMLElement;
let line: LineChoice;
const isStarved = ref(false);

beforeEach(() => {
  localStorage.clear();
  asked = [];
  states = { SMALL: "NONE", SOUND: "NONE" };
  isStarved.value = false;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.stubGlobal("fetch", (path: string, options?: RequestInit) => {
    const method = options?.method ?? "GET";
    asked.push(`${method} ${path}`);
    if (method === "POST") states[path.split("/").at(-1) ?? ""] = "WAITING";
    const items = Object.entries(states).map(([form, state]) =>
      state === "READY" ? { form, state, url: `/${form}`, duration_ms: 61_000 } : { form, state },
    );
    return Promise.resolve(Response.json({ items }));
  });
});
afterEach(() => {
  app?.unmount();
  app = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(): Promise<void> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: { render: () => null } }] });
  await router.push("/");
  page = document.createElement("div");
  app = createApp({
    setup() {
      line = useLine(REPLAY, "li", isStarved);
      return () => h(LineNote, { line });
    },
  });
  app.use(i18n).use(createPinia()).use(router).mount(page);
}
const played = () => line.clips.value.map((clip) => clip.url ?? clip.id);
const posts = () => asked.filter((each) => each.startsWith("POST"));

it("is what was recorded, and nothing is asked, while nobody chose and nothing is slow", async () => {
  await open();
  await nextTick();
  expect(line.clips.value).toEqual([CLIP]);
  expect(asked).toEqual([]);
  expect(page.textContent).toBe("");
});

it("is the small picture by itself where the line is too slow and it is made, until somebody wants the other", async () => {
  states.SMALL = "READY";
  await open();
  isStarved.value = true;
  await expect.poll(played).toEqual(["/SMALL"]);
  isStarved.value = false;
  await expect.poll(() => page.textContent).toContain("已换成小画面");
  expect(lineOf("li")).toBe("FULL"); // the next line may be a better one
  page.querySelector("button")?.click();
  await expect.poll(() => line.clips.value).toEqual([CLIP]);
  isStarved.value = true;
  await nextTick();
  await Promise.resolve();
  expect(line.wanted.value).toBe("FULL");
  expect(page.textContent).toBe("");
  expect(posts()).toEqual([]);
});

it("is offered to be made where the line is too slow and it is not, and goes on in it once it is", async () => {
  await open();
  isStarved.value = true;
  await expect.poll(() => page.textContent).toContain("网络带不动原画面");
  expect(posts()).toEqual([]);
  await expect.poll(() => asked).toEqual([`GET ${LIGHT}`]);
  page.querySelector("button")?.click();
  await expect.poll(posts).toEqual([`POST ${LIGHT}/SMALL`]);
  await expect.poll(() => page.textContent).toContain("正在做");
  expect(line.clips.value).toEqual([CLIP]);
  expect(lineOf("li")).toBe("SMALL");
  states.SMALL = "READY";
  vi.advanceTimersByTime(3_000);
  await expect.poll(played).toEqual(["/SMALL"]);
  const asks = asked.length;
  vi.advanceTimersByTime(30_000);
  expect(asked).toHaveLength(asks);
});

it("offers sound alone where even the small picture is too much", async () => {
  states = { SMALL: "READY", SOUND: "READY" };
  keepLine("li", "SMALL");
  await open();
  await expect.poll(played).toEqual(["/SMALL"]);
  isStarved.value = true;
  await expect.poll(() => page.textContent).toContain("连小画面也带不动");
  page.querySelector("button")?.click();
  await expect.poll(played).toEqual(["/SOUND"]);
  expect(line.clips.value[0]?.has_video).toBe(false);
});

it("is what this person chose before, made if it is not there, and for nobody else", async () => {
  keepLine("li", "SOUND");
  keepLine("wang", "SMALL");
  expect([lineOf("li"), lineOf("wang"), lineOf("zhao")]).toEqual(["SOUND", "SMALL", "FULL"]);
  await open();
  await expect.poll(posts).toEqual([`POST ${LIGHT}/SOUND`]);
});

it("is tried again by whoever chooses it when it could not be made, and not by itself", async () => {
  states.SMALL = "FAILED";
  keepLine("li", "SMALL");
  await open();
  await expect.poll(() => page.textContent).toContain("没有做成");
  expect(posts()).toEqual([]);
  page.querySelector("button")?.click();
  await expect.poll(posts).toEqual([`POST ${LIGHT}/SMALL`]);
});

it("takes nothing from what it does not understand", () => {
  for (const text of ["{", "7", "[1]", '{"li": "HUGE"}']) {
    localStorage.setItem("classrooms.line", text);
    expect(lineOf("li")).toBe("FULL");
  }
  keepLine("li", "SMALL");
  expect(lineOf("li")).toBe("SMALL");
});
