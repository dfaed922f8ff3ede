/** What pages of the registry send: where a role holds, what a member is, which bells go; and where a school's page leads. */
import { ElMessageBox } from "element-plus";
import { createPinia } from "pinia";
import { createApp, h, nextTick, ref, type App, type Component } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Member } from "../src/alliances";
import type { Me } from "../src/api";
import { i18n } from "../src/i18n";
import { router as ownRouter } from "../src/router";
import { useSession } from "../src/session";
import ClassroomsPage from "../src/views/admin/ClassroomsPage.vue";
import MemberEditDialog from "../src/views/alliances/MemberEditDialog.vue";
import CalendarPage from "../src/views/calendar/CalendarPage.vue";
import SharedWindows from "../src/views/calendar/SharedWindows.vue";
import { firstOf } from "../src/components/office/codes";
import type { Code } from "../src/registry";
import AuthorityDialog from "../src/views/registry/AuthorityDialog.vue";
import CorrectionList from "../src/views/registry/CorrectionList.vue";
import GrantDialog from "../src/views/registry/GrantDialog.vue";
import LabelDialog from "../src/views/registry/LabelDialog.vue";
import NewSchoolDialog from "../src/views/registry/NewSchoolDialog.vue";
import RegionDialog from "../src/views/registry/RegionDialog.vue";
import SchoolPage from "../src/views/registry/SchoolPage.vue";

interface Sent {
  method: string;
  path: string;
  version: string | null;
  body: unknown;
}
type Answer = (path: string) => unknown;

const NOTHING = { items: [], next_cursor: null };
const MEMBER = {
  id: "m1",
  version: 3,
  school: { id: "s1", name: "云岭小学" },
  region: { id: "r1", name: "示范县" },
  role: "MEMBER",
  from_on: "2026-02-24",
  to_on: null,
  is_outside: false,
} as Member;

let app: App | null = null;
let asked: string[];
let sent: Sent[];
/** What the server says to what is sent; null: nothing, and that it is done. */
let refusal: Record<string, unknown> | null;

function answers(of: Answer): void {
  vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    if (method === "GET") {
      asked.push(path);
      return Promise.resolve(Response.json(of(path) ?? NOTHING));
    }
    const version = new Headers(init.headers).get("If-Match");
    sent.push({ method, path, version, body: init.body ? JSON.parse(init.body as string) : null });
    if (refusal !== null) {
      const headers = { "content-type": "application/problem+json" };
      return Promise.resolve(new Response(JSON.stringify(refusal), { status: Number(refusal.status), headers }));
    }
    return Promise.resolve(method === "DELETE" ? new Response(null, { status: 204 }) : Response.json({ code: "ABCD2345", expires_at: "2026-03-02T02:00:00Z" }));
  });
}
beforeEach(() => {
  asked = [];
  sent = [];
  refusal = null;
});
afterEach(() => {
  app?.unmount();
  app = null;
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A page at its address, as an administrator opens it. */
async function opened(page: Component, props: Record<string, unknown> = {}, address = "/"): Promise<Router> {
  const routes = ownRouter.getRoutes().flatMap(({ name, path }) =>
    name === undefined ? [] : [{ name, path: path === "/" ? "/start" : path, component: { render: () => null } }],
  );
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: "/", name: "here", component: { render: () => null } }, ...routes],
  });
  await router.push(address);
  const place = document.createElement("div");
  document.body.append(place);
  app = createApp(() => h(page, props));
  app.use(i18n).use(createPinia()).use(router);
  const person = { id: "p0", roles: [{ role: "ADMINISTRATOR" }], csrf_token: "t" };
  useSession().take({ person, device: null } as unknown as Me);
  app.mount(place);
  return router;
}
const button = (text: string): HTMLButtonElement | undefined =>
  [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === text);
const option = (text: string): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>(".el-select-dropdown__item")].find((each) => each.textContent.trim() === text);

/** happy-dom sends no form by the button that belongs to it: what the button does is done. */
const save = (): void => void document.querySelector(".el-dialog form")?.dispatchEvent(new Event("submit"));

/** Choose in the select under a label: what is offered is looked for when it opens. */
async function choose(label: string, text: string): Promise<void> {
  const place = [...document.querySelectorAll("label")].find((each) => each.textContent.trim().startsWith(label));
  place?.querySelector<HTMLElement>(".el-select__wrapper")?.click();
  await expect.poll(() => option(text)).toBeDefined();
  option(text)?.click();
  await nextTick();
}

describe("a role", () => {
  it.each([
    ["联盟", "alliance_id", "/api/alliances"],
    ["主管部门", "authority_id", "/api/authorities"],
    ["行政区划", "region_id", "/api/regions"],
  ])("is given within a place of the kind %s", async (kind, field, list) => {
    answers((path) => {
      if (path.startsWith("/api/people")) return { items: [{ id: "p1", name: "王老师", school: null }], next_cursor: null };
      return path.startsWith(list) ? { items: [{ id: "x1", name: "城东" }], next_cursor: null } : NOTHING;
    });
    await opened(GrantDialog, { roles: ["TEACHER", "SUPERVISOR"] });
    await choose("给谁", "王老师");
    await choose("范围", kind);
    await choose(kind, "城东");
    save();
    await expect.poll(() => sent).toHaveLength(1);
    expect(sent[0]?.path).toBe("/api/role-grants");
    const { school_id, region_id, authority_id, alliance_id } = sent[0]?.body as Record<string, string>;
    expect({ school_id, region_id, authority_id, alliance_id }).toEqual({
      school_id: undefined,
      region_id: undefined,
      authority_id: undefined,
      alliance_id: undefined,
      [field]: "x1",
    });
  });
});

describe("a membership", () => {
  it("is changed over what was read", async () => {
    answers(() => NOTHING);
    await opened(MemberEditDialog, { of: MEMBER });
    await choose("身份", "观察员");
    save();
    await expect.poll(() => sent).toEqual([
      { method: "PUT", path: "/api/alliance-members/m1", version: '"3"', body: { role: "OBSERVER", to_on: null } },
    ]);
  });

  it("that others changed meanwhile says so, and is changed over that", async () => {
    answers(() => NOTHING);
    refusal = { type: "changed-meanwhile", status: 412, title: "", current: { ...MEMBER, version: 4, to_on: "2026-07-01" } };
    await opened(MemberEditDialog, { of: MEMBER });
    await choose("身份", "观察员");
    save();
    await expect.poll(() => document.querySelector("[role=alert]")?.textContent).toContain("2026-07-01");
    refusal = null;
    save();
    await expect.poll(() => sent.at(-1)).toEqual({
      method: "PUT",
      path: "/api/alliance-members/m1",
      version: '"4"',
      body: { role: "OBSERVER", to_on: "2026-07-01" },
    });
  });
});

describe("what was entered wrong", () => {
  const label = { id: "l1", code_id: "c1", valid_from: "2014-01-01", valid_to: null, version: 2 };
  const region = { id: "r1", code: "990122", name: "东光县", labels: [label], version: 5 };
  const WORDS = [
    { id: "c1", name: "民族地区" },
    { id: "c2", name: "边境县" },
  ];

  it("is another label of a region, over what was read", async () => {
    answers(() => NOTHING);
    await opened(LabelDialog, { region, of: label, labels: WORDS });
    await choose("标签", "边境县");
    save();
    const body = { code_id: "c2", valid_from: "2014-01-01", valid_to: null };
    await expect.poll(() => sent).toEqual([{ method: "PUT", path: "/api/region-labels/l1", version: '"2"', body }]);
  });

  it("is the name of an authority, whose region stays", async () => {
    answers(() => NOTHING);
    await opened(AuthorityDialog, { of: { id: "a1", name: "县教育局", level: "COUNTY", region, version: 1 } });
    await choose("级别", "市级");
    save();
    const body = { name: "县教育局", level: "CITY" };
    await expect.poll(() => sent).toEqual([{ method: "PUT", path: "/api/authorities/a1", version: '"1"', body }]);
  });

  it("is a region's code, which stays where something holds it: the page says what", async () => {
    answers(() => NOTHING);
    refusal = { type: "region-code-used", status: 409, title: "", detail: "", used_by: "ROSTERS" };
    await opened(RegionDialog, { of: region });
    save();
    await expect.poll(() => document.querySelector(".el-message")?.textContent).toContain("已有名册写着这个代码");
    const body = { code: "990122", name: "东光县" };
    expect(sent).toEqual([{ method: "PUT", path: "/api/regions/r1", version: '"5"', body }]);
  });
});

describe("bells", () => {
  const BELLS = {
    id: "b1", version: 2, school: "云岭小学", name: "夏季", is_own: true, season_from: null, season_to: null,
    valid_from: "2026-02-01", valid_to: null, periods: [],
  };

  it.each([true, false])("are taken away when that is confirmed: %s", async (isYes) => {
    const confirm = vi.spyOn(ElMessageBox, "confirm").mockImplementation(() =>
      isYes ? Promise.resolve("confirm" as never) : Promise.reject(new Error("cancel")),
    );
    answers((path) => (path.startsWith("/api/bell-schedules") ? { items: [BELLS], next_cursor: null } : NOTHING));
    await opened(CalendarPage);
    await expect.poll(() => button("删除")).toBeDefined();
    const before = asked.length;
    button("删除")?.click();
    await expect.poll(() => confirm.mock.calls).toHaveLength(1);
    expect(String(confirm.mock.calls[0]?.[0])).toContain("夏季");
    if (isYes) await expect.poll(() => asked.slice(before)).toContain("/api/bell-schedules?limit=20");
    expect(sent).toEqual(
      isYes ? [{ method: "DELETE", path: "/api/bell-schedules/b1", version: '"2"', body: null }] : [],
    );
  });
});

describe("times two schools share", () => {
  it("are asked for once there are two schools, and shown", async () => {
    answers((path) =>
      path.startsWith("/api/shared-windows")
        ? { one: "夏季", other: "山区", items: [{ one_number: 1, other_number: 2, starts: "08:40", ends: "09:20", minutes: 40 }] }
        : { id: path.split("/").at(-1), name: "学校" },
    );
    const router = await opened(SharedWindows, {}, "/?shared_one=s1");
    await expect.poll(() => document.body.textContent).toContain("选两所学校");
    expect(asked.filter((path) => path.startsWith("/api/shared-windows"))).toEqual([]);
    await router.push("/?shared_one=s1&shared_other=s2&shared_date=2026-03-02&shared_least=40");
    await expect.poll(() => document.body.textContent).toContain("08:40 – 09:20");
    expect(asked.filter((path) => path.startsWith("/api/shared-windows"))).toEqual([
      "/api/shared-windows?one=s1&other=s2&date=2026-03-02&least_minutes=40",
    ]);
  });
});

describe("a code for a device", () => {
  it("says what the device is that will use it", async () => {
    const room = { id: "c1", name: "教室", school_id: "s1", school: "云岭小学", region: "示范县", category: "211", devices: [], checked: null, room_test: null, link_kind: null, version: 1 };
    answers((path) => (path.startsWith("/api/classrooms") ? { items: [room], next_cursor: null } : NOTHING));
    await opened(ClassroomsPage);
    await expect.poll(() => button("接入新终端")).toBeDefined();
    button("接入新终端")?.click();
    await expect.poll(() => sent.map(({ path }) => path)).toEqual(["/api/admin/classrooms/c1/enrolment-codes?kind=BROWSER"]);
    const menu = (): HTMLElement | undefined =>
      [...document.querySelectorAll<HTMLElement>(".el-dropdown-menu__item")].find((each) => each.textContent.trim() === "录播主机");
    document.querySelector<HTMLElement>(".el-dropdown__caret-button")?.click();
    await expect.poll(menu).toBeDefined();
    menu()?.click();
    await expect.poll(() => sent.at(-1)?.path).toBe("/api/admin/classrooms/c1/enrolment-codes?kind=RECORDER");
  });
});

describe("a school to register", () => {
  it("begins as what the codes call a teaching point, and names the school it belongs to", async () => {
    answers((path) => {
      if (path.startsWith("/api/regions")) return { items: [{ id: "r1", name: "示范县" }], next_cursor: null };
      return path.startsWith("/api/schools") ? { items: [{ id: "s1", name: "中心小学" }], next_cursor: null } : NOTHING;
    });
    await opened(NewSchoolDialog, {
      categories: [{ id: "211", name: "小学" }, { id: "229", name: "流动教学点" }],
      places: [],
      isPointCategory: (category: string) => category === "229",
    });
    const name = document.querySelector<HTMLInputElement>(".el-dialog input[maxlength='120']");
    if (name === null) throw new Error("no field");
    name.value = "新村点";
    name.dispatchEvent(new Event("input"));
    await choose("行政区划", "示范县");
    expect(button("保存")?.disabled).toBe(true);
    await choose("所属学校", "中心小学");
    await expect.poll(() => button("保存")?.disabled).toBe(false);
    save();
    await expect.poll(() => sent).toHaveLength(1);
    expect(sent[0]?.body).toMatchObject({ category: "229", region_id: "r1", parent_id: "s1" });
  });
});

describe("what a form begins with", () => {
  const code = (id: string, valid_from: string | null, valid_to: string | null): Code => ({
    id, code: id, set: "S", kind: "LANGUAGE", label_zh: id, label_en: id, label_bo: "", is_point: false, valid_from, valid_to,
  });

  it("is the first code that holds today", () => {
    vi.useFakeTimers({ now: Date.parse("2026-03-02T04:00:00Z") });
    try {
      expect(firstOf([code("old", null, "2026-03-01"), code("new", "2026-03-03", null), code("zh", "2026-03-02", "2026-03-02")])).toBe("zh");
      expect(firstOf([code("old", null, "2026-03-01")])).toBe("");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the list of corrections", () => {
  const made = (id: string, thing: string, before: string, after: string, noted_by: string | null) => ({
    id, thing, before, after, noted_by, noted_at: "2026-03-02T02:00:00Z", region: { id: "r1", name: "示范县" },
  });

  it("says what was what before, by whom, in words, and is asked for again when something is corrected", async () => {
    const items = [
      made("k1", "AUTHORITY", "县教育局 COUNTY", "县教体局 CITY", "王管理员"),
      made("k2", "LABEL", "脱贫县 2014-01-01/", "脱贫县 2014-01-01/2020-12-31", null),
      made("k3", "REGION", "990121 CITY", "990121 示范县", null),
    ];
    answers((path) => (path.startsWith("/api/registry-corrections") ? { items, next_cursor: null } : null));
    const count = ref(0);
    await opened({ render: () => h(CorrectionList, { made: count.value }) });
    const cells = (row: Element): string[] => [...row.querySelectorAll("td")].slice(1).map((td) => td.textContent.trim());
    await expect.poll(() => [...document.querySelectorAll("tbody tr")].map(cells)).toEqual([
      ["主管部门示范县", "县教育局 (县级)", "县教体局 (市级)", "王管理员"],
      ["区划标签示范县", "脱贫县 2014-01-01/", "脱贫县 2014-01-01/2020-12-31", "–"],
      ["行政区划", "990121 CITY", "990121 示范县", "–"],
    ]);
    count.value += 1;
    const path = "/api/registry-corrections?limit=20";
    await expect.poll(() => asked.filter((each) => each.startsWith("/api/registry"))).toEqual([path, path]);
  });
});

describe("the page of a school", () => {
  it("leads to its own week, attendance, needs, offers, alliances, pairings, courses and classrooms", async () => {
    const school = {
      id: "s1", version: 1, name: "云岭小学", category: "211", region: { id: "r1", name: "示范县" }, parent: null, closed_on: null,
      moe_code: null, local_code: null, local_suffix: null, authority: null, urban_rural: null, opened_on: null, classes: 0, pupils: 0,
      classrooms: 0, latitude: null, longitude: null, altitude_m: null, road_note: "", may_record_pupils: true,
      may_publish_pupils: false, codes: [], changes: [],
    };
    answers((path) => (path === "/api/schools/s1" ? school : NOTHING));
    await opened(SchoolPage, { id: "s1" });
    await expect.poll(() => document.querySelector("nav.links")).not.toBeNull();
    const links = [...document.querySelectorAll("nav.links a")].map((each) => each.getAttribute("href"));
    expect(links).toEqual(
      expect.arrayContaining([
        "/admin/timetable?school=s1",
        "/admin/attendance?school_id=s1",
        "/admin/needs?need_school_id=s1&offer_school_id=s1",
        "/admin/alliances?school_id=s1&pairing_school_id=s1",
        "/admin/offerings?school_id=s1",
        "/admin/classrooms?school_id=s1",
        "/admin/sessions?school_id=s1",
      ]),
    );
  });
});
