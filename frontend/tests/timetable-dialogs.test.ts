/** What somebody else changed while a form over a lesson was open is named, and nothing typed is lost. */
import { ElMessage, ElMessageBox } from "element-plus";
import { createPinia } from "pinia";
import { createApp, h, type App, type Component } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import type { PlannedLesson } from "../src/timetable";
import LessonDialog from "../src/views/timetable/LessonDialog.vue";

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
let app: App | null = null;
let sent: { path: string; version: string; body: Record<string, unknown> }[];
/** What the thing is now, for who comes with an older version. */
let current: PlannedLesson;
/** What the server refuses of it for good; null: nothing. */
let refusal: Record<string, unknown> | null;
let said: string[];

function problemOf(body: Record<string, unknown>): Response {
  const headers = { "content-type": "application/problem+json" };
  return new Response(JSON.stringify({ title: "", ...body }), { status: Number(body.status), headers });
}

beforeEach(() => {
  sent = [];
  said = [];
  refusal = null;
  vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
    if (init.method === "PUT" || init.method === "POST") {
      const version = new Headers(init.headers).get("If-Match") ?? "";
      sent.push({ path, version, body: JSON.parse(init.body as string) as Record<string, unknown> });
      if (refusal !== null) return Promise.resolve(problemOf(refusal));
      if (version === `"${current.version}"`) return Promise.resolve(Response.json(current));
      return Promise.resolve(problemOf({ type: "changed-meanwhile", status: 412, current }));
    }
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
    h(dialog, { ...props, onChanged: saying("changed"), onClose: saying("close") }),
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

describe("a lesson that cannot be as it is wanted", () => {
  it("says which classroom cannot receive it, and why", async () => {
    const shown = vi.spyOn(ElMessage, "error");
    current = LESSON;
    refusal = { type: "site-unfit", status: 409, classroom_id: "c2", reason: "NOT_LIVE" };
    opened(LessonDialog, { lesson: LESSON, mayChange: true });
    await press("调整时间");
    await expect.poll(() => labelled("开始").value).toBe("10:00");
    save();
    await expect.poll(() => shown.mock.calls.flat().join()).toContain("云岭教学点 教室 要转播, 自己就要直播听课");
    expect(said).toEqual([]);
  });

  it.each([
    ["CLASS", "三年级一班 在", "已经有课《春晓》"],
    ["LINE", "中心小学 的上行带宽同时只能主讲或转播 2 节课", "请换个时间, 或者登记更大的带宽"],
  ])("says of a %s what it has already, and what to do", async (kind, of, says) => {
    const shown = vi.spyOn(ElMessage, "error");
    current = LESSON;
    const name = kind === "LINE" ? "中心小学" : "三年级一班";
    const clash = { kind, name, at_once: 2, title: "春晓", planned_start: LESSON.planned_start };
    refusal = { type: "lesson-clash", status: 409, clashes: [clash], count: 1 };
    opened(LessonDialog, { lesson: LESSON, mayChange: true });
    await press("调整时间");
    await expect.poll(() => labelled("开始").value).toBe("10:00");
    save();
    await expect.poll(() => shown.mock.calls.flat().join()).toContain(of);
    expect(shown.mock.calls.flat().join()).toContain(says);
    expect(said).toEqual([]);
  });
});
