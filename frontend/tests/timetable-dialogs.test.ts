/** What somebody else changed while a form over a lesson or a course was open is named, and nothing typed is lost. */
import { ElMessageBox } from "element-plus";
import { createPinia } from "pinia";
import { createApp, h, type App, type Component } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "../src/api";
import { i18n } from "../src/i18n";
import type { Offering, PlannedLesson } from "../src/timetable";
import LessonDialog from "../src/views/timetable/LessonDialog.vue";
import OfferingDialog from "../src/views/timetable/OfferingDialog.vue";

type Site = PlannedLesson["sites"][number];
const POINT: Site = {
  school: { id: "s2", name: "云岭教学点" },
  classroom: { id: "c2", name: "教室" },
  school_class: null,
  assistant: null,
  mode: "LIVE",
  pairing_id: null,
  through_id: null,
};
const LESSON = {
  id: "l1",
  version: 1,
  title: "小雨沙沙",
  state: "PUBLISHED",
  is_own: true,
  subject: "音乐",
  grade: "三年级",
  planned_start: "2126-03-02T02:00:00Z",
  planned_end: "2126-03-02T02:40:00Z",
  hub_school: { id: "s1", name: "中心小学" },
  hub_classroom: null,
  lecturer: { id: "p1", name: "王老师" },
  sites: [POINT],
  substitutions: [],
  cancelled_because: null,
  makes_up: null,
  made_up_by: null,
} as unknown as PlannedLesson;
const OFFERING = {
  id: "o1",
  version: 1,
  name: "三年级音乐",
  state: "ACTIVE",
  kind: "DELIVERY",
  is_own: true,
  hub_school: { id: "s1", name: "中心小学" },
  hub_class: null,
  hub_classroom: null,
  lecturer: { id: "p1", name: "王老师" },
  subject: "music",
  grade_no: 3,
  textbook: "人音版",
  language: "zh",
  term: { id: "t1", name: "2025 学年春季" },
  periods_a_week: 2,
  minutes: 40,
  is_after_school: false,
  sites: [POINT],
} as unknown as Offering;

let app: App | null = null;
let sent: { path: string; version: string; body: Record<string, unknown> }[];
/** What the thing is now, for who comes with an older version. */
let current: PlannedLesson | Offering;
let said: string[];

beforeEach(() => {
  sent = [];
  said = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
    if (init.method === "PUT" || init.method === "POST") {
      const version = new Headers(init.headers).get("If-Match") ?? "";
      sent.push({ path, version, body: JSON.parse(init.body as string) as Record<string, unknown> });
      if (version === `"${current.version}"`) return Promise.resolve(Response.json(current));
      const problem: Partial<Problem> & { current: unknown } = { type: "changed-meanwhile", title: "", status: 412, current };
      return Promise.resolve(
        new Response(JSON.stringify(problem), { status: 412, headers: { "content-type": "application/problem+json" } }),
      );
    }
    if (path === "/api/schools/s1") return Promise.resolve(Response.json({ id: "s1", name: "中心小学" }));
    if (path.endsWith("/teachers")) {
      const people = ["王老师", "李老师", "赵老师"].map((name, n) => ({ id: `p${n + 1}`, name }));
      return Promise.resolve(Response.json(people));
    }
    return Promise.resolve(Response.json({ items: [], next_cursor: null }));
  });
});
afterEach(() => {
  app?.unmount();
  app = null;
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function opened(dialog: Component, props: Record<string, unknown>): void {
  const page = document.createElement("div");
  document.body.append(page);
  const saying = (what: string) => () => said.push(what);
  app = createApp(() =>
    h(dialog, { ...props, onChanged: saying("changed"), onSaved: saying("saved"), onClose: saying("close") }),
  );
  app.use(i18n).use(createPinia()).mount(page);
}
/** The last dialog opened, which lies on top. */
const top = (): HTMLElement => {
  const dialogs = document.querySelectorAll<HTMLElement>(".el-dialog");
  const last = dialogs[dialogs.length - 1];
  if (last === undefined) throw new Error("no dialog");
  return last;
};
const labelled = (name: string): HTMLInputElement => {
  const label = [...top().querySelectorAll("label")].find((each) => each.textContent.trim().startsWith(name));
  const input = label?.querySelector("input");
  if (!input) throw new Error(`no field ${name}`);
  return input;
};
function type(name: string, text: string): void {
  const input = labelled(name);
  input.value = text;
  input.dispatchEvent(new Event("input"));
}
async function press(name: string): Promise<void> {
  const button = (): HTMLButtonElement | undefined =>
    [...top().querySelectorAll<HTMLButtonElement>("button")].find((each) => each.textContent.trim() === name);
  await expect.poll(() => button()?.disabled).toBe(false);
  button()?.click();
}
/** happy-dom sends no form by the button that belongs to it: what the button does is done. */
const save = (): void => void top().querySelector("form")?.dispatchEvent(new Event("submit"));
const warning = (): string => top().querySelector(".changed")?.textContent ?? "";

describe("a lesson somebody else changed meanwhile", () => {
  const later = (change: Partial<PlannedLesson>): void => void (current = { ...LESSON, version: 2, ...change } as PlannedLesson);

  it("is moved to the time that was typed, with all else as they left it", async () => {
    later({ planned_start: "2126-03-03T02:00:00Z", planned_end: "2126-03-03T02:45:00Z", sites: [{ ...POINT, mode: "RECORDED" }] });
    opened(LessonDialog, { lesson: LESSON, mayChange: true });
    await press("调整时间");
    await expect.poll(() => labelled("开始").value).toBe("10:00");
    type("开始", "11:30");
    save();
    await expect.poll(warning).toContain("录播");
    expect(labelled("开始").value).toBe("11:30");
    save();
    await expect.poll(() => said).toEqual(["changed"]);
    expect(sent.map(({ version }) => version)).toEqual(['"1"', '"2"']);
    const { body } = sent[1] as (typeof sent)[number];
    // The day and the length were not touched: they are what they are now.
    expect([body.starts_at, body.ends_at]).toEqual(["2126-03-03T03:30:00.000Z", "2126-03-03T04:15:00.000Z"]);
    expect(body.sites).toMatchObject([{ mode: "RECORDED" }]);
  });

  it("is given by the teacher who was chosen, for the reason that was typed", async () => {
    later({ title: "春雨" });
    opened(LessonDialog, { lesson: LESSON, mayChange: true });
    await press("换人代课");
    await expect.poll(() => labelled("原因")).toBeDefined();
    type("原因", "教研");
    top().querySelector<HTMLElement>(".el-select__wrapper")?.click();
    const choices = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(".el-select-dropdown__item")];
    // Who gives it already is no choice.
    await expect.poll(() => choices().map((each) => each.textContent.trim())).toEqual(["李老师", "赵老师"]);
    choices()[0]?.click();
    await expect.poll(() => top().querySelector<HTMLButtonElement>("button[type=submit]")?.disabled).toBe(false);
    save();
    await expect.poll(warning).toContain("春雨");
    expect(labelled("原因").value).toBe("教研");
    save();
    await expect.poll(() => said).toEqual(["changed"]);
    expect(sent[1]).toMatchObject({ version: '"2"', body: { person_id: "p2", reason: "教研" } });
  });

  it("is cancelled for the reason that was given, once they have been seen", async () => {
    later({ title: "春雨" });
    const asking = vi.spyOn(ElMessageBox, "prompt").mockResolvedValue({ value: "停电" } as never);
    opened(LessonDialog, { lesson: LESSON, mayChange: true });
    await press("停课");
    await expect.poll(warning).toContain("春雨");
    expect(said).toEqual([]);
    await press("停课");
    await expect.poll(() => said).toEqual(["changed"]);
    expect(asking.mock.calls.map((given) => (given[1] as unknown as { inputValue: string }).inputValue)).toEqual(["", "停电"]);
    expect(sent.map(({ version, body }) => [version, body.reason])).toEqual([
      ['"1"', "停电"],
      ['"2"', "停电"],
    ]);
  });

  it("is no more to be changed when it was cancelled, and what lies under the dialog is read again", async () => {
    later({ state: "CANCELLED", cancelled_because: "放假" });
    vi.spyOn(ElMessageBox, "prompt").mockResolvedValue({ value: "停电" } as never);
    opened(LessonDialog, { lesson: LESSON, mayChange: true });
    await press("停课");
    await expect.poll(warning).toContain("已取消");
    expect([...top().querySelectorAll("button")].map((each) => each.textContent.trim())).not.toContain("停课");
    await press("关闭");
    expect(said).toEqual(["changed"]);
  });
});

describe("a course somebody else changed meanwhile", () => {
  it("keeps what was typed, takes what was not touched, and is saved from what it is now", async () => {
    const other = { ...POINT, classroom: { id: "c3", name: "活动室" } };
    current = { ...OFFERING, version: 2, name: "三年级唱歌", textbook: "人教版", lecturer: { id: "p2", name: "李老师" }, sites: [POINT, other] };
    opened(OfferingDialog, { offering: OFFERING });
    await expect.poll(() => labelled("教材").value).toBe("人音版");
    type("名称", "三年级音乐 (一班)");
    save();
    await expect.poll(warning).toContain("李老师");
    expect(warning()).toContain("活动室");
    expect([labelled("名称").value, labelled("教材").value]).toEqual(["三年级音乐 (一班)", "人教版"]);
    save();
    await expect.poll(() => said).toEqual(["saved"]);
    expect(sent[1]).toMatchObject({
      version: '"2"',
      body: { name: "三年级音乐 (一班)", textbook: "人教版", lecturer_id: "p2", sites: [{ classroom_id: "c2" }, { classroom_id: "c3" }] },
    });
  });

  it("keeps what was chosen for a classroom, beside what they chose for it", async () => {
    current = { ...OFFERING, version: 2, sites: [{ ...POINT, assistant: { id: "p9", name: "周老师" } }] };
    opened(OfferingDialog, { offering: OFFERING });
    await expect.poll(() => top().querySelectorAll(".sites .el-select__wrapper").length).toBe(3);
    top().querySelector<HTMLElement>(".sites .el-select__wrapper")?.click();
    const recorded = (): HTMLElement | undefined =>
      [...document.querySelectorAll<HTMLElement>(".el-select-dropdown__item")].find((each) => each.textContent.trim() === "录播");
    await expect.poll(recorded).toBeDefined();
    recorded()?.click();
    save();
    await expect.poll(warning).toContain("周老师");
    save();
    await expect.poll(() => said).toEqual(["saved"]);
    expect(sent[1]?.body.sites).toMatchObject([{ mode: "RECORDED", assistant_id: "p9" }]);
  });

  it("is what they made of it when theirs is taken", async () => {
    current = { ...OFFERING, version: 2, name: "三年级唱歌" };
    opened(OfferingDialog, { offering: OFFERING });
    await expect.poll(() => labelled("名称").value).toBe("三年级音乐");
    type("名称", "别的");
    save();
    await expect.poll(warning).toContain("三年级唱歌");
    await press("改用现在的内容");
    await expect.poll(() => labelled("名称").value).toBe("三年级唱歌");
    expect(top().querySelector(".changed")).toBeNull();
  });
});
