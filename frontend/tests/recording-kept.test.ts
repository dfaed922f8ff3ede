/** How long a recording is kept: what is said of it, and who is offered to change it. */
import ElementPlus, { ElMessageBox } from "element-plus";
import { createApp, h, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { createPinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import type { Hold, Kept } from "../src/recordings";
import RecordingKept from "../src/views/admin/RecordingKept.vue";

const PATH = "/api/admin/sessions/0193/recording";
const HELD: Hold = {
  id: "h1",
  reason: "家长有异议",
  placed_at: "2026-03-02T02:00:00Z",
  placed_by: "王管理员",
  is_of_office: false,
  lifted_at: null,
  lifted_by: null,
  may_lift: true,
};
const RULE = { number: 4, valid_from: "2026-01-01", keep_days: 180, grace_days: 14 };
const KEPT: Kept = {
  state: "READY",
  purpose: "LESSON",
  kept_until: "2026-08-29T02:00:00Z",
  rule: RULE,
  purposes: [
    { purpose: "LESSON", kept_until: "2026-08-29T02:00:00Z", rule: RULE },
    { purpose: "RESEARCH", kept_until: "2029-03-01T02:00:00Z", rule: { ...RULE, number: 2, keep_days: 1095 } },
    { purpose: "RESOURCE", kept_until: null, rule: { ...RULE, number: 3, keep_days: null } },
  ],
  hidden_at: null,
  hidden_note: null,
  removed_after: null,
  holds: [],
  certificate: null,
  may_change: true,
};

describe("how long a recording is kept", () => {
  let app: App;
  let page: HTMLElement;
  let kept: Kept;
  let sent: [string, string, unknown][];

  async function show(): Promise<void> {
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [
        { path: "/", component: { render: () => null } },
        { path: "/certificates", name: "admin-certificates", component: { render: () => null } },
        { path: "/rules", name: "admin-retention-rules", component: { render: () => null } },
      ],
    });
    await router.push("/");
    page = document.createElement("div");
    app = createApp(() => h(RecordingKept, { sessionId: "0193", state: kept.state }));
    app.use(i18n).use(createPinia()).use(router).use(ElementPlus).mount(page);
    await expect.poll(() => page.querySelector(".kept")).not.toBeNull();
  }
  const buttons = () => [...page.querySelectorAll("button")].map((button) => button.textContent.trim());
  const press = (label: string) =>
    [...page.querySelectorAll("button")].find((button) => button.textContent.trim() === label)?.click();

  beforeEach(() => {
    sent = [];
    kept = KEPT;
    vi.stubGlobal("fetch", (path: string, { method, body }: RequestInit) => {
      if (method !== "GET") sent.push([method ?? "", path, body === undefined ? null : JSON.parse(body as string)]);
      return Promise.resolve(Response.json(kept, { headers: { ETag: '"LESSON.READY.0.0"' } }));
    });
  });
  afterEach(() => {
    app.unmount();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("is said with what it is kept for, and changed by who may", async () => {
    await show();
    expect(page.textContent).toContain("保留到 2026-08-29");
    expect(page.textContent).toContain("按保留规则 4: 从上课起 180 天, 到期 14 天后销毁");
    expect(page.querySelector(".el-select")).not.toBeNull();
    expect(buttons()).toEqual(["保留这段录像"]);
  });

  it("is not offered to be changed to who may only look", async () => {
    kept = { ...KEPT, may_change: false, holds: [{ ...HELD, may_lift: false }] };
    await show();
    expect(page.textContent).toContain("课后回看");
    expect(page.textContent).toContain("王管理员 2026-03-02 10:00 保留");
    expect(page.querySelector(".el-select")).toBeNull();
    expect(buttons()).toEqual([]);
  });

  it("is held with the reason that is given", async () => {
    vi.spyOn(ElMessageBox, "prompt").mockResolvedValue({ value: " 检查 ", action: "confirm" } as never);
    await show();
    kept = { ...KEPT, holds: [HELD] };
    press("保留这段录像");
    await expect.poll(() => sent).toEqual([["POST", `${PATH}/holds`, { reason: "检查" }]]);
    await expect.poll(() => page.textContent).toContain("家长有异议");
  });

  it("is let go when that is confirmed, and only then", async () => {
    const confirm = vi.spyOn(ElMessageBox, "confirm").mockRejectedValueOnce("cancel");
    kept = { ...KEPT, holds: [HELD] };
    await show();
    press("取消保留");
    await expect.poll(() => confirm).toHaveBeenCalledTimes(1);
    confirm.mockResolvedValue("confirm" as never);
    press("取消保留");
    await expect.poll(() => sent).toEqual([["POST", `${PATH}/holds/h1/lift`, null]]);
  });

  it("names the office that holds it to the school, which cannot lift that", async () => {
    kept = { ...KEPT, holds: [{ ...HELD, is_of_office: true, may_lift: false, placed_by: null }] };
    await show();
    expect(page.textContent).toContain("系统管理员");
    expect(page.textContent).toContain("由上级保留");
    expect(buttons()).toEqual(["保留这段录像"]);
  });

  it("is over: when the copies go, that a hold keeps them, or that they are gone", async () => {
    const hidden = { state: "WITHDRAWN", hidden_at: "2026-03-02T02:00:00Z", hidden_note: "家长要求" } as const;
    kept = { ...KEPT, ...hidden, rule: null, removed_after: "2026-03-02T03:00:00Z" };
    await show();
    expect(page.textContent).not.toContain("按保留规则");
    expect(page.textContent).toContain("家长要求");
    expect(page.textContent).toContain("2026-03-02 11:00 以后销毁所有副本");
    app.unmount();
    kept = { ...kept, holds: [HELD] };
    await show();
    expect(page.textContent).toContain("取消保留以前不会销毁");
    app.unmount();
    const certificate = { removed_at: "2026-03-02T04:00:00Z", files: 3, bytes: 17 } as Kept["certificate"];
    kept = { ...KEPT, ...hidden, state: "PURGED", certificate };
    await show();
    expect(page.textContent).toContain("2026-03-02 12:00 所有副本已销毁: 3 个文件, 17 B。");
    expect(buttons()).toEqual([]);
  });
});
