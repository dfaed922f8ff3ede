/**
 * Every page, loaded when it is first visited; who may open it, and whether it is dark.
 *
 * Past 400 lines: one list, so that two pages never have one address.
 */
import { createRouter, createWebHistory } from "vue-router";
import { translate } from "./i18n";
import { useSession } from "./session";
import { setMood, type Mood } from "./theme/mood";

declare module "vue-router" {
  interface RouteMeta {
    /** Live pages are dark, office pages light. */
    mood: Mood;
    /** `person`: only signed in; `device`: only on a classroom's computer; `any`: everybody. */
    needs: "person" | "device" | "any";
  }
}

const office = { mood: "office", needs: "person" } as const;
const open = { mood: "office", needs: "any" } as const;

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", name: "start", component: () => import("./views/entry/StartPage.vue"), meta: open },
    { path: "/sign-in", name: "sign-in", component: () => import("./views/entry/SignInPage.vue"), meta: open },
    { path: "/enter", name: "enter", component: () => import("./views/entry/EnterPage.vue"), meta: open },
    { path: "/enrol", name: "enrol", component: () => import("./views/entry/EnrolPage.vue"), meta: open },
    {
      path: "/set-password",
      name: "set-password",
      component: () => import("./views/entry/SetPasswordPage.vue"),
      meta: open,
    },
    { path: "/teach", name: "teach", component: () => import("./views/teach/TeacherDayPage.vue"), meta: office },
    {
      path: "/teach/week",
      name: "teacher-week",
      component: () => import("./views/timetable/TeacherWeekPage.vue"),
      meta: office,
    },
    {
      path: "/teach/hours",
      name: "teach-hours",
      component: () => import("./views/attendance/OwnHoursPage.vue"),
      meta: office,
    },
    {
      path: "/teach/recordings",
      name: "teach-recordings",
      component: () => import("./views/replay/PublishedPage.vue"),
      meta: office,
    },
    {
      path: "/admin/recordings",
      name: "admin-recordings",
      component: () => import("./views/replay/PublishedPage.vue"),
      meta: office,
    },
    {
      path: "/teach/lessons/:id/live",
      name: "teacher-live",
      component: () => import("./views/live/TeacherLivePage.vue"),
      props: true,
      meta: { mood: "live", needs: "person" },
    },
    {
      path: "/classroom",
      name: "classroom",
      component: () => import("./views/classroom/ClassroomPage.vue"),
      meta: { mood: "live", needs: "device" },
    },
    { path: "/check", name: "check", component: () => import("./views/check/CheckPage.vue"), meta: open },
    {
      path: "/admin",
      component: () => import("./views/admin/AdminLayout.vue"),
      meta: office,
      children: [
        {
          path: "",
          name: "admin",
          component: () => import("./views/county/CountyPage.vue"),
          meta: office,
        },
        {
          path: "points",
          name: "admin-points",
          component: () => import("./views/county/PointsPage.vue"),
          meta: office,
        },
        {
          path: "sessions",
          name: "admin-sessions",
          component: () => import("./views/admin/SessionsPage.vue"),
          meta: office,
        },
        {
          path: "sessions/:id",
          name: "admin-session",
          component: () => import("./views/admin/SessionPage.vue"),
          props: true,
          meta: office,
        },
        {
          path: "recording-views",
          name: "admin-recording-views",
          component: () => import("./views/admin/RecordingViewsPage.vue"),
          meta: office,
        },
        {
          path: "deletion-certificates",
          name: "admin-certificates",
          component: () => import("./views/admin/CertificatesPage.vue"),
          meta: office,
        },
        {
          path: "retention-rules",
          name: "admin-retention-rules",
          component: () => import("./views/admin/RetentionRulesPage.vue"),
          meta: office,
        },
        {
          path: "attendance",
          name: "admin-attendance",
          component: () => import("./views/attendance/AttendancePage.vue"),
          meta: office,
        },
        {
          path: "attendance/term",
          name: "admin-term-attendance",
          component: () => import("./views/attendance/TermPage.vue"),
          meta: office,
        },
        {
          path: "attendance/rules",
          name: "admin-attendance-rules",
          component: () => import("./views/attendance/RulesPage.vue"),
          meta: office,
        },
        {
          path: "classrooms",
          name: "admin-classrooms",
          component: () => import("./views/admin/ClassroomsPage.vue"),
          meta: office,
        },
        {
          path: "alliances",
          name: "admin-alliances",
          component: () => import("./views/alliances/AlliancesPage.vue"),
          meta: office,
        },
        {
          path: "alliances/:id",
          name: "admin-alliance",
          component: () => import("./views/alliances/AlliancePage.vue"),
          props: true,
          meta: office,
        },
        {
          path: "pairings/:id",
          name: "admin-pairing",
          component: () => import("./views/alliances/PairingPage.vue"),
          props: true,
          meta: office,
        },
        {
          path: "needs",
          name: "admin-needs",
          component: () => import("./views/alliances/NeedsPage.vue"),
          meta: office,
        },
        {
          path: "needs/:id",
          name: "admin-need",
          component: () => import("./views/alliances/NeedPage.vue"),
          props: true,
          meta: office,
        },
        {
          path: "timetable",
          name: "admin-timetable",
          component: () => import("./views/timetable/TimetablePage.vue"),
          meta: office,
        },
        {
          path: "week",
          name: "admin-county-week",
          component: () => import("./views/timetable/CountyWeekPage.vue"),
          meta: office,
        },
        {
          path: "offerings",
          name: "admin-offerings",
          component: () => import("./views/timetable/OfferingsPage.vue"),
          meta: office,
        },
        {
          path: "calendar",
          name: "admin-calendar",
          component: () => import("./views/calendar/CalendarPage.vue"),
          meta: office,
        },
        {
          path: "planning",
          name: "admin-planning",
          component: () => import("./views/planning/PlanningsPage.vue"),
          meta: office,
        },
        {
          path: "planning/:id",
          name: "admin-planning-one",
          component: () => import("./views/planning/PlanningPage.vue"),
          props: true,
          meta: office,
        },
        {
          path: "coverage/definitions",
          name: "admin-definitions",
          component: () => import("./views/coverage/DefinitionsPage.vue"),
          meta: office,
        },
        {
          path: "coverage/curricula",
          name: "admin-curricula",
          component: () => import("./views/coverage/CurriculaPage.vue"),
          meta: office,
        },
        {
          path: "coverage/curricula/:id",
          name: "admin-curriculum",
          component: () => import("./views/coverage/CurriculumPage.vue"),
          props: true,
          meta: office,
        },
        {
          path: "coverage/timetables",
          name: "admin-local-timetables",
          component: () => import("./views/coverage/TimetablesPage.vue"),
          meta: office,
        },
        {
          path: "coverage",
          component: () => import("./views/coverage/CoverageTabs.vue"),
          redirect: { name: "admin-coverage" },
          meta: office,
          children: [
            {
              path: "figures",
              name: "admin-coverage",
              component: () => import("./views/coverage/CoveragePage.vue"),
              meta: office,
            },
            {
              path: "lessons",
              name: "admin-coverage-lessons",
              component: () => import("./views/coverage/LessonsPage.vue"),
              meta: office,
            },
            {
              path: "gaps",
              name: "admin-gaps",
              component: () => import("./views/coverage/GapsPage.vue"),
              meta: office,
            },
            {
              path: "sheets",
              name: "admin-sheets",
              component: () => import("./views/coverage/SheetsPage.vue"),
              meta: office,
            },
            {
              path: "sheets/:id",
              name: "admin-sheet",
              component: () => import("./views/coverage/SheetPage.vue"),
              props: true,
              meta: office,
            },
            {
              path: "sheets/:id/lessons",
              name: "admin-sheet-lessons",
              component: () => import("./views/coverage/SheetLessonsPage.vue"),
              props: true,
              meta: office,
            },
            {
              path: "reports",
              name: "admin-reports",
              component: () => import("./views/coverage/ReportsPage.vue"),
              meta: office,
            },
            {
              path: "schools/:id",
              name: "admin-school-gaps",
              component: () => import("./views/coverage/SchoolGapsPage.vue"),
              props: true,
              meta: office,
            },
          ],
        },
        {
          path: "registry",
          component: () => import("./views/registry/RegistryTabs.vue"),
          redirect: { name: "registry-schools" },
          meta: office,
          children: [
            {
              path: "schools",
              name: "registry-schools",
              component: () => import("./views/registry/SchoolsPage.vue"),
              meta: office,
            },
            {
              path: "schools/:id",
              name: "registry-school",
              component: () => import("./views/registry/SchoolPage.vue"),
              props: true,
              meta: office,
            },
            {
              path: "regions",
              name: "registry-regions",
              component: () => import("./views/registry/RegionsPage.vue"),
              meta: office,
            },
            {
              path: "codes",
              name: "registry-codes",
              component: () => import("./views/registry/CodesPage.vue"),
              meta: office,
            },
            {
              path: "people",
              name: "registry-people",
              component: () => import("./views/registry/PeoplePage.vue"),
              meta: office,
            },
            {
              path: "rosters",
              name: "registry-rosters",
              component: () => import("./views/registry/RostersPage.vue"),
              meta: office,
            },
            {
              path: "rosters/:id",
              name: "registry-roster",
              component: () => import("./views/registry/RosterPage.vue"),
              props: true,
              meta: office,
            },
            {
              path: "imports",
              name: "registry-imports",
              component: () => import("./views/registry/ImportsPage.vue"),
              meta: office,
            },
            {
              path: "imports/:id",
              name: "registry-import",
              component: () => import("./views/registry/ImportPage.vue"),
              props: true,
              meta: office,
            },
            {
              path: "jobs",
              name: "registry-jobs",
              component: () => import("./views/jobs/JobsPage.vue"),
              meta: office,
            },
            {
              path: "jobs/platform",
              name: "registry-platform-jobs",
              component: () => import("./views/jobs/PlatformJobsPage.vue"),
              meta: office,
            },
          ],
        },
      ],
    },
    {
      path: "/admin/live/:lessonId",
      name: "supervisor-live",
      component: () => import("./views/live/SupervisorLivePage.vue"),
      props: true,
      meta: { mood: "live", needs: "person" },
    },
    {
      path: "/replay/:sessionId",
      name: "replay",
      component: () => import("./views/replay/ReplayPage.vue"),
      props: true,
      meta: office,
    },
    {
      path: "/:missing(.*)*",
      name: "not-found",
      component: () => import("./views/entry/NotFoundPage.vue"),
      meta: open,
    },
  ],
});

router.beforeEach(async (to) => {
  const session = useSession();
  try {
    await session.load();
  } catch {
    // The page itself says that the server cannot be reached, and offers to try again.
    return true;
  }
  if (to.meta.needs === "person" && session.person === null) {
    return { name: "sign-in", query: { next: to.fullPath } };
  }
  if (to.meta.needs === "device" && session.device === null) return { name: "enrol" };
  return true;
});

router.afterEach((to) => {
  setMood(to.meta.mood);
  document.title = translate("general.product");
});
