/** The list of micro-lessons: when it says that something of the lesson was made beside them. */
import ElementPlus from "element-plus";
import { createPinia } from "pinia";
import { createApp, h, nextTick, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import MicroLessons from "../src/views/replay/MicroLessons.vue";

const PIECE = {
  id: "1",
  session_id: "0193",
  title: "第一句怎么唱",
  from_ms: 0,
  until_ms: 5_000,
  maker: "王老师",
  version: 1,
  is_outdated: false,
  step: "",
  done: 0,
  total: null,
  problem: null,
  url: null,
  take_url: null,
};

describe("the micro-lessons of a lesson", () => {
  let app: App;
  let items: object[];
  let worked: number;

  beforeEach(async () => {
    vi.useFakeTimers();
    [items, worked] = [[], 0];
    vi.stubGlobal("fetch", () =>
      Promise.resolve(
        new Response(JSON.stringify({ items, may_change: true }), {
          status: 200,
          headers: { "content-type": "application/json" },
        }),
      ),
    );
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [{ path: "/", component: { render: () => null } }],
    });
    await router.push("/");
    const given = { sessionId: "0193", positionMs: 0, durationMs: 60_000, onWorked: () => (worked += 1) };
    app = createApp(() => h(MicroLessons, given));
    app.use(i18n).use(createPinia()).use(router).use(ElementPlus);
  });
  afterEach(() => {
    app.unmount();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  async function pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await nextTick();
  }

  it("say so at each step of a piece, and not when the page is opened or nothing has changed", async () => {
    items = [{ ...PIECE, state: "WAITING", problem: "film" }];
    app.mount(document.createElement("div"));
    await pass(0);
    expect(worked).toBe(0);
    await pass(3_000);
    expect(worked).toBe(0);
    items = [{ ...PIECE, state: "RUNNING", step: "composing", done: 1, total: 3 }];
    await pass(1_000);
    expect(worked).toBe(1);
    items = [{ ...PIECE, state: "RUNNING", step: "composing", done: 2, total: 3 }];
    await pass(1_000);
    expect(worked).toBe(1);
    items = [{ ...PIECE, state: "READY", bytes: 1, duration_ms: 5_000, url: "/film" }];
    await pass(1_000);
    expect(worked).toBe(2);
  });
});
