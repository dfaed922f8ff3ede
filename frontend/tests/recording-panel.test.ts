/** The recording of a session: looking at it is written down, so nothing looks at it by itself. */
import ElementPlus from "element-plus";
import { createPinia } from "pinia";
import { createApp, h, nextTick, shallowRef, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Me, Missing, SessionDetail } from "../src/api";
import { i18n } from "../src/i18n";
import { useSession } from "../src/session";
import RecordingPanel from "../src/views/admin/RecordingPanel.vue";

const SESSION = "0193";
type Recording = NonNullable<SessionDetail["recording"]>;
const detailOf = (
  isLive: boolean,
  missing: Missing[] = [],
  rebuild: Recording["rebuild"] = null,
  rebuild_waits: Recording["rebuild_waits"] = null,
): SessionDetail =>
  ({
    session: { id: SESSION },
    live: isLive ? { is_paused: false, present: [] } : null,
    recording: { state: "READY", problem: null, bytes: 0, missing, rebuild, rebuild_waits, refusing: [] },
  }) as unknown as SessionDetail;

describe("the recording of a session", () => {
  let asked: string[];
  let app: App;
  let page: HTMLElement;
  const detail = shallowRef(detailOf(true));

  beforeEach(async () => {
    asked = [];
    detail.value = detailOf(true);
    vi.stubGlobal("fetch", (path: string) => {
      // What files there are of it, and how long it is kept, is no look at the recording.
      if (path.endsWith("/downloads")) return Promise.resolve(Response.json({ items: [] }));
      if (path.endsWith("/keeping")) return Promise.resolve(Response.json({ type: "not-found" }, { status: 404 }));
      asked.push(path);
      if (path.endsWith("/replay")) {
        const refusal = { type: "recording-not-ready", title: "", status: 409, state: "SEALED", problem: null };
        return Promise.resolve(
          Response.json(refusal, { status: 409, headers: { "Content-Type": "application/problem+json" } }),
        );
      }
      return Promise.resolve(Response.json({ lanes: [], clips: [] }));
    });
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [
        { path: "/", component: { render: () => null } },
        { path: "/replay/:sessionId", name: "replay", component: { render: () => null } },
      ],
    });
    await router.push("/");
    page = document.createElement("div");
    app = createApp(() => h(RecordingPanel, { detail: detail.value }));
    const pinia = createPinia();
    app.use(i18n).use(pinia).use(router).use(ElementPlus).mount(page);
    const administrator = { person: { roles: [{ role: "ADMINISTRATOR" }] }, device: null };
    useSession(pinia).me = administrator as unknown as Me;
  });
  afterEach(() => {
    app.unmount();
    vi.unstubAllGlobals();
  });

  it("is looked back at until its end when the lesson ends meanwhile, and then in its replay", async () => {
    page.querySelector("button")?.click();
    await expect.poll(() => asked).toEqual([`/api/sessions/${SESSION}/timeshift`]);
    expect(page.textContent).not.toContain("下课了");
    detail.value = detailOf(false);
    await expect.poll(() => asked).toEqual([`/api/sessions/${SESSION}/timeshift`, `/api/sessions/${SESSION}/replay`]);
    expect(page.querySelector("button.poster")).toBeNull();
    await expect.poll(() => page.textContent).toContain("下课了");
    expect(page.textContent).toContain("录像正在整理");
  });

  it("is not opened by itself when the lesson ends and nobody looks back in it", async () => {
    detail.value = detailOf(false);
    await nextTick();
    expect(asked).toEqual([]);
    page.querySelector<HTMLButtonElement>("button.poster")?.click();
    await expect.poll(() => asked).toEqual([`/api/sessions/${SESSION}/replay`]);
  });

  it("is made again by who administers, who is told what came of it", async () => {
    const missing: Missing[] = [{ name: "老师", group: "screen", kind: "video", from_ms: 0, to_ms: 8_000 }];
    const mending = () => page.querySelector(".mending");
    detail.value = detailOf(false, missing);
    await nextTick();
    mending()?.querySelector("button")?.click();
    await expect.poll(() => asked).toEqual([`/api/admin/sessions/${SESSION}/recording/rebuild`]);
    for (const [standing, says] of [
      ["RUNNING", "正在再整理"],
      ["DONE", "没有补全"],
      ["FAILED", "没有做成"],
    ] as const) {
      detail.value = detailOf(false, missing, standing);
      await nextTick();
      expect(mending()?.textContent).toContain(says);
      expect(mending()?.querySelector("button") === null).toBe(standing === "RUNNING");
    }
  });

  it("is withdrawn also while it has no replay, and published once it has one", async () => {
    const offered = () => [...page.querySelectorAll(".acts button")].map((button) => button.textContent.trim());
    const withdraw = i18n.global.t("admin.recording.withdraw");
    const publish = i18n.global.t("admin.recording.publish");
    for (const [state, both] of [
      ["FINALISING", []],
      ["SEALED", [withdraw]],
      ["PROCESSING", [withdraw]],
      ["BROKEN", [withdraw]],
      ["READY", [publish, withdraw]],
      ["REPAIRED", [publish, withdraw]],
      ["PUBLISHED", [withdraw]],
      ["EXPIRED", [withdraw]],
      ["WITHDRAWN", []],
      ["PURGED", []],
    ] as const) {
      const { recording, ...rest } = detailOf(false);
      detail.value = { ...rest, recording: { ...recording, state } } as SessionDetail;
      await nextTick();
      expect(offered(), state).toEqual(both);
    }
  });

  it("says what making it again waits for, and until when", async () => {
    const missing: Missing[] = [{ name: "老师", group: "screen", kind: "video", from_ms: 0, to_ms: 8_000 }];
    for (const [waits_for, until, says] of [
      ["LESSONS", "2026-11-27T09:30:00Z", "最后一节 17:30 下课"],
      ["LESSONS", null, "磁盘空间要先留给今天的课。每十分钟看一次"],
      ["ROOM", null, "请系统管理员腾出空间"],
      ["PLACE", null, "第二存放处"],
    ] as const) {
      detail.value = detailOf(false, missing, "QUEUED", { waits_for, until });
      await nextTick();
      const mending = page.querySelector(".mending");
      expect(mending?.textContent).toContain("排队等待再整理");
      expect(mending?.textContent).toContain(says);
      expect(mending?.querySelector("button")).toBeNull();
    }
  });

  it("says of whom and from when to when something is missing, before it is opened", async () => {
    expect(page.querySelector(".missing")).toBeNull();
    const missing: Missing[] = Array.from({ length: 8 }, (_, i) => ({
      name: "示范村小 多媒体教室",
      group: "screen",
      kind: "audio",
      from_ms: i * 60_000,
      to_ms: i * 60_000 + 8_000,
    }));
    detail.value = detailOf(false, missing);
    await nextTick();
    const lines = [...page.querySelectorAll(".missing li")].map((line) => line.textContent.trim());
    expect(lines).toHaveLength(7);
    expect(lines[1]).toBe("01:00 – 01:08 示范村小 多媒体教室 · 共享屏幕 的声音");
    expect(lines[6]).toBe("还有 2 处");
    expect(asked).toEqual([]);
  });
});
