/** A replay that is not there yet: what the page says of it, and when it asks again. */
import { createPinia } from "pinia";
import { createApp, h, nextTick, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Replay } from "../src/api";
import { i18n } from "../src/i18n";
import RecordingLoader from "../src/views/replay/RecordingLoader.vue";

const REPLAY = { session_id: "0193", clips: [{ id: "1" }] };

type Answer = { status: number; body: object };
const refusal = (status: number, type: string, extra: object = {}): Answer => ({
  status,
  body: { type, title: type, status, ...extra },
});
const notReady = (state: string, extra: object = {}): Answer => refusal(409, "recording-not-ready", { state, ...extra });
const waiting = (waits_until: string | null): Answer =>
  notReady("PROCESSING", { problem: "kept_for_lessons", waits_until });

describe("a replay that is fetched", () => {
  let app: App;
  let page: HTMLElement;
  let asked: number;
  let answer: Answer;
  let opened: Replay[];

  beforeEach(async () => {
    vi.useFakeTimers();
    [asked, opened] = [0, []];
    vi.stubGlobal("fetch", () => {
      asked += 1;
      const headers = { "content-type": answer.status === 200 ? "application/json" : "application/problem+json" };
      return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status, headers }));
    });
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [{ path: "/", component: { render: () => null } }],
    });
    await router.push("/");
    page = document.createElement("div");
    app = createApp(() => h(RecordingLoader, { sessionId: "0193", onReady: (replay) => opened.push(replay) }));
    app.use(i18n).use(createPinia()).use(router);
  });
  afterEach(() => {
    app.unmount();
    i18n.global.locale.value = "zh";
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  async function show(given: Answer, locale: "zh" | "en" = "zh"): Promise<string> {
    i18n.global.locale.value = locale;
    answer = given;
    app.mount(page);
    await settle();
    return page.textContent;
  }
  /** Let what was asked be answered and shown: none of it takes time. */
  async function settle(): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
    await nextTick();
  }

  it("says that it waits for the lessons of today, and until when at the schools", async () => {
    const said = await show(waiting("2026-11-27T09:30:00+00:00"));
    expect(said).toContain("录像排队等待整理");
    expect(said).toContain("最后一节 17:30 下课");
  });

  it("says how much of a replay is written while it is being made", async () => {
    const said = await show(notReady("PROCESSING", { problem: null, waits_until: null, percent: 42 }));
    expect(said).toContain("已整理 42%");
    expect(page.querySelector('[role="progressbar"]')?.getAttribute("aria-valuenow")).toBe("42");
  });

  it("names the step where nothing is written yet", async () => {
    const said = await show(notReady("SEALED", { problem: null, waits_until: null, percent: null }));
    expect(said).toContain("当前步骤");
    expect(page.querySelector('[role="progressbar"]')).toBeNull();
  });

  it("says it in English", async () => {
    const said = await show(waiting("2026-11-27T09:30:00Z"), "en");
    expect(said).toContain("The recording waits to be prepared");
    expect(said).toContain("is over at 17:30");
  });

  it("names no moment when no lesson is to come any more", async () => {
    const said = await show(waiting(null));
    expect(said).toContain("有了空间会自动整理");
    expect(said).not.toContain("{at}");
  });

  it.each([
    ["SEALED", {}, "录像正在整理"],
    ["PROCESSING", {}, "录像正在整理"],
    ["BROKEN", { problem: "build: died" }, "录像没有整理成功"],
    ["BROKEN", { problem: "no_media" }, "录像里没有画面和声音"],
    ["WITHDRAWN", {}, "这节课的录像不能再回看"],
    ["EXPIRED", {}, "这节课的录像不能再回看"],
    ["PURGED", {}, "这节课的录像不能再回看"],
  ])("of one that is %s %j it says %s", async (state, extra, says) => {
    expect(await show(notReady(state, extra))).toContain(says);
  });

  it("of one that is refused it says whom to ask", async () => {
    expect(await show(refusal(404, "not-found"))).toContain("看不到这段录像");
  });

  it("of one a school took its consent back from it names who gave the lesson", async () => {
    const said = await show(refusal(403, "consent-taken-back", { hub_school: "中心小学" }));
    expect(said).toContain("这段录像暂时不能回看");
    expect(said).toContain("中心小学");
  });

  it.each([
    ["is being made", notReady("SEALED"), 4_000],
    ["waits for room", waiting(null), 20_000],
    ["could not be made", notReady("BROKEN", { problem: "died" }), 20_000],
  ])("one that %s is asked for again by itself, and opened once it is there", async (_, given, everyMs) => {
    await show(given);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(everyMs - 1);
    expect(asked).toBe(1);
    answer = { status: 200, body: REPLAY };
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toBe(2);
    expect(opened).toEqual([REPLAY]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toBe(2); // each look is written down
  });

  it.each([
    ["has nothing in it", notReady("BROKEN", { problem: "no_media" })],
    ["was withdrawn", notReady("WITHDRAWN")],
    ["is not the caller's", refusal(404, "not-found")],
  ])("one that %s is not asked for again", async (_, given) => {
    await show(given);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toBe(1);
    expect(opened).toEqual([]);
  });

  it("one that could not be made is asked for at once by who does not want to wait", async () => {
    await show(notReady("BROKEN", { problem: "died" }));
    answer = waiting(null);
    page.querySelector("button")?.click();
    await settle();
    expect(asked).toBe(2);
    expect(page.textContent).toContain("录像排队等待整理");
  });
});
