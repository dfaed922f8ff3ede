/** The filters of lists stand in the address, and are asked for and exported alike. */
import { createPinia } from "pinia";
import { createApp, h, type App, type Component } from "vue";
import { createMemoryHistory, createRouter, RouterView, type Router } from "vue-router";
import { afterEach, describe, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import { alliances } from "../src/alliances";
import CertificatesPage from "../src/views/admin/CertificatesPage.vue";
import ClassroomsPage from "../src/views/admin/ClassroomsPage.vue";
import RecordingViewsPage from "../src/views/admin/RecordingViewsPage.vue";
import TeacherChecks from "../src/views/admin/TeacherChecks.vue";
import AlliancesPage from "../src/views/alliances/AlliancesPage.vue";
import LessonRows from "../src/views/alliances/LessonRows.vue";
import MemberList from "../src/views/alliances/MemberList.vue";
import NeedsPage from "../src/views/alliances/NeedsPage.vue";
import HoursCard from "../src/views/attendance/HoursCard.vue";
import CalendarPage from "../src/views/calendar/CalendarPage.vue";
import PointsPage from "../src/views/county/PointsPage.vue";
import DefinitionsPage from "../src/views/coverage/DefinitionsPage.vue";
import SheetsPage from "../src/views/coverage/SheetsPage.vue";
import JobsPage from "../src/views/jobs/JobsPage.vue";
import PlatformJobsPage from "../src/views/jobs/PlatformJobsPage.vue";
import PlanningsPage from "../src/views/planning/PlanningsPage.vue";
import CodesPage from "../src/views/registry/CodesPage.vue";
import ImportsPage from "../src/views/registry/ImportsPage.vue";
import RegionsPage from "../src/views/registry/RegionsPage.vue";
import RostersPage from "../src/views/registry/RostersPage.vue";
import OfferingsPage from "../src/views/timetable/OfferingsPage.vue";

/** Parts of pages, as those show them. */
const MembersOfOne: Component = { render: () => h(MemberList, { alliance: "a1", isKept: false }) };
const LessonsOfOne: Component = {
  render: () =>
    h(LessonRows, {
      ask: (query) => alliances.lessons("a1", query),
      exportUrl: (query, format) => alliances.lessonsExportUrl("a1", query, format),
    }),
};
const HoursOfDays: Component = { render: () => h(HoursCard, { days: { from: "2026-02-01", to: "2026-07-01" } }) };
const ChecksOfTeachers: Component = { render: () => h(TeacherChecks, { now: 0 }) };

let app: App | null = null;
let asked: string[] = [];
afterEach(() => {
  app?.unmount();
  app = null;
  vi.unstubAllGlobals();
});

/** Open a page at an address; every list at the server is empty. */
async function opened(component: Component, address: string): Promise<{ page: HTMLElement; router: Router }> {
  asked = [];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    const one = /^\/api\/(?:schools|rosters|regions)\/([\w-]+)$/.exec(path);
    const named = { id: one?.[1], name: "云岭小学", region: { id: "r1", name: "示范县" } };
    return Promise.resolve(Response.json(one ? named : { items: [], next_cursor: null }));
  });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/list", name: "list", component },
      ...["admin-timetable", "admin-sessions", "admin-calendar", "registry-jobs", "admin-retention-rules"].map((name) => ({
        path: `/${name}`,
        name,
        component: { render: () => null },
      })),
    ],
  });
  await router.push(`/list${address}`);
  const page = document.createElement("div");
  app = createApp(() => h(RouterView));
  app.use(i18n).use(createPinia()).use(router).mount(page);
  return { page, router };
}
const askedOf = (path: string): string[] => asked.filter((each) => each.split("?")[0] === path);
const exportsOf = (page: HTMLElement, path: string): string[] =>
  [...page.querySelectorAll("a[download]")].flatMap((a) => a.getAttribute("href") ?? []).filter((url) => url.startsWith(path));

describe("the filters in the address", () => {
  it.each<[string, Component, string, string, string]>([
    ["needs", NeedsPage, "/api/needs", "?need_school_id=s1&need_subject=music&need_state=OPEN", "school_id=s1&subject=music&state=OPEN"],
    ["offers", NeedsPage, "/api/hub-offers", "?offer_school_id=s1&offer_subject=music", "school_id=s1&subject=music"],
    ["courses", OfferingsPage, "/api/course-offerings", "?school_id=s1&term_id=t1&subject=music&state=DRAFT", "school_id=s1&term_id=t1&subject=music&state=DRAFT"],
    ["alliances", AlliancesPage, "/api/alliances", "?q=lianmeng&school_id=s1&pairing_state=ACTIVE", "q=lianmeng&school_id=s1"],
    ["pairings", AlliancesPage, "/api/pairings", "?q=lianmeng&pairing_q=yinyue&pairing_school_id=s1&pairing_kind=DELIVERY&pairing_subject=music&pairing_state=ACTIVE", "q=yinyue&school_id=s1&kind=DELIVERY&subject=music&state=ACTIVE"],
    ["members", MembersOfOne, "/api/alliances/a1/members", "?member_q=yunling&member_role=HUB", "q=yunling&role=HUB"],
    ["points", PointsPage, "/api/admin/points", "?q=yunling&school_id=s1&light=never", "q=yunling&school_id=s1&light=never"],
    ["jobs", JobsPage, "/api/jobs", "?kind=schools.import&state=DEAD", "kind=schools.import&state=DEAD"],
    ["regions", RegionsPage, "/api/regions", "?q=xian&parent_id=r1&authority_q=ju", "q=xian&parent_id=r1"],
    ["authorities", RegionsPage, "/api/authorities", "?q=xian&authority_q=ju&authority_level=CITY", "q=ju&level=CITY"],
    ["corrections", RegionsPage, "/api/registry-corrections", "?q=xian&correction_q=ju&correction_thing=LABEL", "q=ju&thing=LABEL"],
    ["code sets", CodesPage, "/api/code-sets", "?kind=SUBJECT", "kind=SUBJECT"],
    ["codes", CodesPage, "/api/codes", "?kind=SUBJECT&code_set=CURR2022", "kind=SUBJECT&set=CURR2022"],
    ["mappings of codes", CodesPage, "/api/code-maps", "?kind=SUBJECT&code_set=CURR2022", "set=CURR2022"],
    ["rosters", RostersPage, "/api/rosters", "?q=chunji", "q=chunji"],
    ["sheets", SheetsPage, "/api/coverage/sheets", "?sheet_roster_id=r1&sheet_state=AMENDED", "roster_id=r1&state=AMENDED"],
    ["teachers' checks", ChecksOfTeachers, "/api/admin/teacher-checks", "?teacher_q=wang&teacher_school_id=s1", "q=wang&school_id=s1"],
    ["terms", CalendarPage, "/api/terms", "?term_q=chunji", "q=chunji"],
    ["lessons delivered", LessonsOfOne, "/api/alliances/a1/lessons", "?lesson_from=2026-02-01&lesson_to=2026-03-01&lesson_school_id=s1", "from=2026-02-01&to=2026-03-01&school_id=s1"],
    ["imports of before", ImportsPage, "/api/jobs", "?kind=staff", "kind=staff.import"],
    ["plannings", PlanningsPage, "/api/plannings", "?term_id=t1", "term_id=t1"],
    ["days", CalendarPage, "/api/calendar-days", "?day_from=2026-02-01&day_to=2026-03-01", "from=2026-02-01&to=2026-03-01"],
    ["bells", CalendarPage, "/api/bell-schedules", "?bells_school_id=s1", "school_id=s1"],
    ["certificates", CertificatesPage, "/api/admin/deletion-certificates", "?from=2026-02-01&to=2026-03-01&school_id=s1&reason=EXPIRED", "from=2026-02-01&to=2026-03-01&school_id=s1&reason=EXPIRED"],
    ["looks", RecordingViewsPage, "/api/admin/recording-views", "?from=2026-02-01&school_id=s1&session_id=l1&q=wang", "from=2026-02-01&school_id=s1&session_id=l1&q=wang"],
    ["platform's jobs", PlatformJobsPage, "/api/admin/platform-jobs", "?state=DEAD", "state=DEAD"],
  ])("narrow the %s and what is exported of them", async (_, component, path, address, query) => {
    const { page } = await opened(component, address);
    await expect.poll(() => askedOf(path)).toEqual([`${path}?${query}&limit=20`]);
    await expect.poll(() => exportsOf(page, path)).toEqual([`${path}/export?${query}&format=xlsx`, `${path}/export?${query}&format=csv`]);
  });

  it("narrow the classrooms and what is exported of them", async () => {
    const { page } = await opened(ClassroomsPage, "?q=yunling&school_id=s1&revoked=1");
    await expect.poll(() => askedOf("/api/classrooms")).toEqual(["/api/classrooms?q=yunling&school_id=s1"]);
    expect(exportsOf(page, "/api/classrooms")[0]).toBe("/api/classrooms/export?q=yunling&school_id=s1&format=xlsx");
    expect(exportsOf(page, "/api/admin/classroom-lines")[0]).toBe("/api/admin/classroom-lines/export?school_id=s1&format=xlsx");
  });

  it("narrow the service hours, and the chart of who gave most on whatever page", async () => {
    const { page } = await opened(HoursOfDays, "?hours_q=wang&hours_role=ASSISTANT&hours_school_id=s1&hours_cursor=c2");
    const query = "from=2026-02-01&to=2026-07-01&q=wang&role=ASSISTANT&school_id=s1";
    const path = "/api/admin/service-hours";
    await expect.poll(() => askedOf(path)).toEqual([`${path}?${query}&cursor=c2&limit=20`, `${path}?${query}&order=MOST&limit=24`]);
    expect(exportsOf(page, path)[0]).toBe(`${path}/export?${query}&format=xlsx`);
    app?.unmount();
    await opened(HoursOfDays, "?hours_role=DRIVER");
    await expect.poll(() => askedOf(path)[0]).toBe(`${path}?from=2026-02-01&to=2026-07-01&limit=20`);
  });

  it("narrow the definitions, whose filter names all indicators there are", async () => {
    const { page } = await opened(DefinitionsPage, "?indicator=COV_NEED");
    const path = "/api/coverage/definitions";
    await expect.poll(() => askedOf(path)).toEqual([`${path}?indicator=COV_NEED&limit=20`, `${path}?limit=200`]);
    expect(exportsOf(page, path)[0]).toBe(`${path}/export?indicator=COV_NEED&format=xlsx`);
  });

  it("are asked for again when they change, for that list only", async () => {
    const { router } = await opened(NeedsPage, "?need_state=OPEN&offer_subject=music");
    await expect.poll(() => askedOf("/api/needs")).toEqual(["/api/needs?state=OPEN&limit=20"]);
    await router.push("/list?need_state=MATCHED&offer_subject=music");
    await expect.poll(() => askedOf("/api/needs").at(-1)).toBe("/api/needs?state=MATCHED&limit=20");
    expect(askedOf("/api/hub-offers")).toEqual(["/api/hub-offers?subject=music&limit=20"]);
  });

  it("are left out where they are no state there is", async () => {
    await opened(NeedsPage, "?need_state=BOILED");
    await expect.poll(() => askedOf("/api/needs")).toEqual(["/api/needs?limit=20"]);
    app?.unmount();
    await opened(JobsPage, "?kind=boiling&state=BOILED");
    await expect.poll(() => askedOf("/api/jobs")).toEqual(["/api/jobs?limit=20"]);
    app?.unmount();
    await opened(LessonsOfOne, "?lesson_from=yesterday");
    await expect.poll(() => askedOf("/api/alliances/a1/lessons")).toEqual(["/api/alliances/a1/lessons?limit=20"]);
  });

  it("are left out where they are no day and no reason there is", async () => {
    await opened(CertificatesPage, "?from=today&to=2026-3-1&reason=BOREDOM&school_id=s1");
    await expect.poll(() => askedOf("/api/admin/deletion-certificates")).toEqual([
      "/api/admin/deletion-certificates?school_id=s1&limit=20",
    ]);
  });

  it("are cleared for one list, where nothing is as they ask", async () => {
    const { page, router } = await opened(NeedsPage, "?need_state=OPEN&offer_subject=music");
    const clearing = (): HTMLButtonElement[] =>
      [...page.querySelectorAll<HTMLButtonElement>(".empty button")].filter((each) => each.textContent.includes("清除筛选"));
    await expect.poll(() => clearing().length).toBe(2);
    clearing()[0]?.click();
    await expect.poll(() => router.currentRoute.value.fullPath).toBe("/list?offer_subject=music");
  });

  it("page the terms too", async () => {
    await opened(CalendarPage, "?term_cursor=c2");
    await expect.poll(() => askedOf("/api/terms")).toEqual(["/api/terms?cursor=c2&limit=20"]);
  });
});
