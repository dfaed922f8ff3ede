/** Rules of how long recordings are kept: what a new one would do is said, and it is saved only when that is known. */
import { ElMessageBox } from "element-plus";
import { createPinia } from "pinia";
import { createApp, h, nextTick, type App, type Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Me } from "../src/api";
import { dateOf, shiftDate } from "../src/components/office/times";
import { i18n } from "../src/i18n";
import type { RetentionEffect, RetentionRule } from "../src/recordings";
import { useSession } from "../src/session";
import { draftOf, sentencesOf, type RuleForm } from "../src/views/admin/retention";
import RetentionRuleDialog from "../src/views/admin/RetentionRuleDialog.vue";
import RetentionRulesPage from "../src/views/admin/RetentionRulesPage.vue";

const PATH = "/api/admin/retention-rules";
const TOMORROW = shiftDate(dateOf(new Date()), 1);
const FIRST_DAY = shiftDate(TOMORROW, 30);
const FIRST: RetentionRule = {
  number: 1,
  purpose: "LESSON",
  keep_days: 180,
  grace_days: 7,
  valid_from: "2000-01-01",
  replaced_from: FIRST_DAY,
  standing: "HOLDS",
  note: "默认规则",
  made_by: null,
  made_at: null,
};
const NEXT: RetentionRule = {
  ...FIRST,
  number: 4,
  keep_days: null,
  valid_from: FIRST_DAY,
  replaced_from: null,
  standing: "TO_COME",
  note: "县里决定",
  made_by: "王管理员",
  made_at: "2026-03-02T02:00:00Z",
};
const EFFECT: RetentionEffect = {
  valid_from: FIRST_DAY,
  notice_days: 30,
  instead_of: { number: 1, keep_days: 180, grace_days: 7, valid_from: "2000-01-01" },
  recordings: 5,
  sooner: 4,
  at_once: 3,
  held: 1,
  later: 0,
};

let app: App | null = null;
let asked: URL[];
let sent: unknown[];
/** What the server says to each question, by its path. */
let answer: (path: URL) => Response;

beforeEach(() => {
  asked = [];
  sent = [];
  answer = () => Response.json({ items: [NEXT, FIRST], next_cursor: null });
  vi.stubGlobal("fetch", (path: string, { method = "GET", body }: RequestInit = {}) => {
    const url = new URL(path, "http://classrooms.test");
    if (method !== "GET") {
      sent.push([method, url.pathname, JSON.parse(body as string)]);
      return Promise.resolve(Response.json(NEXT, { status: 201 }));
    }
    asked.push(url);
    return Promise.resolve(answer(url));
  });
});
afterEach(() => {
  app?.unmount();
  app = null;
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function opened(page: Component, props: Record<string, unknown> = {}, is_operator = true): Promise<void> {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/", component: { render: () => null } },
      { path: "/certificates", name: "admin-certificates", component: { render: () => null } },
    ],
  });
  await router.push("/");
  const place = document.createElement("div");
  document.body.append(place);
  app = createApp(() => h(page, props));
  app.use(i18n).use(createPinia()).use(router);
  const person = { id: "p0", is_operator, roles: [{ role: "ADMINISTRATOR" }], csrf_token: "t" };
  useSession().take({ person, device: null } as unknown as Me);
  app.mount(place);
}
const text = (): string => document.body.textContent;
const button = (label: string): HTMLButtonElement | undefined =>
  [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === label);

describe("the list of rules", () => {
  it("says how long, from when, and by whom", async () => {
    await opened(RetentionRulesPage);
    await expect.poll(text).toContain("县里决定");
    const rows = [...document.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(rows[0]).toContain("直到撤回");
    expect(rows[0]).toContain("待生效");
    expect(rows[0]).toContain("王管理员");
    expect(rows[1]).toContain("180 天");
    expect(rows[1]).toContain("7 天后销毁");
    expect(rows[1]).toContain(`${FIRST_DAY} 起由另一条取代`);
    expect(rows[1]).toContain("随软件");
    expect(button("添加规则")).toBeDefined();
    expect(text()).not.toContain("由管理全部地区的管理员添加");
  });

  it("is read by who administers a part, who is told who adds them and is offered nothing to add", async () => {
    await opened(RetentionRulesPage, {}, false);
    await expect.poll(text).toContain("县里决定");
    expect(document.querySelectorAll("tbody tr")).toHaveLength(2);
    expect(text()).toContain("由管理全部地区的管理员添加");
    expect(button("添加规则")).toBeUndefined();
  });
});

describe("a new rule", () => {
  it("is saved once it is said what it does, from a day that gives notice", async () => {
    const confirm = vi.spyOn(ElMessageBox, "confirm").mockResolvedValue("confirm" as never);
    const added = vi.fn();
    answer = () => Response.json(EFFECT);
    await opened(RetentionRuleDialog, { onAdded: added });
    await expect.poll(text).toContain("要提前 30 天");
    expect(text()).toContain("规则 1: 保留 180 天");
    expect(text()).toContain("4 段提前到期");
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      purpose: "LESSON",
      keep_days: "365",
      grace_days: "7",
      valid_from: TOMORROW,
    });
    const note = document.querySelector<HTMLInputElement>(".el-dialog input[maxlength='200']");
    if (note === null) throw new Error("no field");
    note.value = "县里决定";
    note.dispatchEvent(new Event("input"));
    await nextTick();
    expect(button("保存")?.disabled).toBe(true);
    button(`改为 ${FIRST_DAY}`)?.click();
    await expect.poll(() => button("保存")?.disabled).toBe(false);
    expect(asked.map((each) => each.pathname)).toEqual([`${PATH}/preview`, `${PATH}/preview`]);
    expect(asked[1]?.searchParams.get("valid_from")).toBe(FIRST_DAY);
    document.querySelector(".el-dialog form")?.dispatchEvent(new Event("submit"));
    await expect.poll(() => added.mock.calls).toHaveLength(1);
    expect(String(confirm.mock.calls[0]?.[0])).toContain("4 段提前到期");
    const rule = { purpose: "LESSON", keep_days: 365, grace_days: 7, valid_from: FIRST_DAY, note: "县里决定" };
    expect(sent).toEqual([["POST", PATH, rule]]);
  });

  it("is not saved when what it does is read and not wanted", async () => {
    const confirm = vi.spyOn(ElMessageBox, "confirm").mockRejectedValue(new Error("cancel"));
    answer = () => Response.json({ ...EFFECT, valid_from: TOMORROW });
    await opened(RetentionRuleDialog);
    await expect.poll(text).toContain("4 段提前到期");
    document.querySelector(".el-dialog form")?.dispatchEvent(new Event("submit"));
    await expect.poll(() => confirm.mock.calls).toHaveLength(1);
    await nextTick();
    expect(sent).toEqual([]);
  });
});

describe("what a form says", () => {
  const form: RuleForm = {
    purpose: "RESEARCH",
    keeps: "FOR_EVER",
    keep_days: 30,
    grace_days: 14,
    valid_from: FIRST_DAY,
    note: "x",
  };

  it("has no days where it is kept until it is withdrawn", () => {
    const rule = { purpose: "RESEARCH", grace_days: 14, valid_from: FIRST_DAY };
    expect(draftOf(form)).toEqual({ ...rule, keep_days: null });
    expect(draftOf({ ...form, keeps: "DAYS" })).toEqual({ ...rule, keep_days: 30 });
  });
});

describe("what a rule would do", () => {
  it("is said of what it touches, and of nothing else", () => {
    expect(sentencesOf(EFFECT)).toEqual([
      "这种用途的录像现有 5 段。",
      "4 段提前到期。",
      "其中 3 段在规则生效当天到期。",
      "其中 1 段有人保留着, 取消保留以前不会到期。",
    ]);
    const untouched = { ...EFFECT, sooner: 0, at_once: 0, held: 0 };
    expect(sentencesOf(untouched)).toEqual(["这种用途的录像现有 5 段。", "它们的到期时间都不变。"]);
    expect(sentencesOf({ ...untouched, later: 5 })).toEqual(["这种用途的录像现有 5 段。", "5 段推迟到期, 或者不再到期。"]);
    expect(sentencesOf({ ...untouched, recordings: 0 })).toEqual(["这种用途的录像现有 0 段。"]);
  });
});
