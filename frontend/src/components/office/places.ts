/**
 * The office's places: what the bar on top leads to, in groups, and for whom.
 *
 * A new page gets its line here, in the group people look for it in.
 */

/**
 * `at`: where it is; `holds`: pages elsewhere that belong to it; `word`: the key of its name.
 */
export interface Place {
  at: string;
  word: string;
  holds?: readonly string[];
}

export interface Group {
  id: string;
  word: string;
  /** Who looks after this: teachers for their own lessons, the office for everybody's. */
  of: "teacher" | "office";
  places: readonly Place[];
}

export const GROUPS: readonly Group[] = [
  {
    id: "own",
    word: "general.nav.own",
    of: "teacher",
    places: [
      { at: "/teach", word: "general.nav.day" },
      { at: "/teach/week", word: "timetable.my_week" },
      { at: "/teach/hours", word: "general.nav.hours" },
      { at: "/teach/recordings", word: "replay.published.title" },
    ],
  },
  {
    id: "today",
    word: "general.nav.today",
    of: "office",
    places: [
      { at: "/admin", word: "general.nav.workbench" },
      { at: "/admin/points", word: "general.nav.points" },
    ],
  },
  {
    id: "schools",
    word: "general.nav.registry",
    of: "office",
    places: [
      { at: "/admin/registry/schools", word: "registry.tabs.schools" },
      { at: "/admin/classrooms", word: "general.nav.classrooms" },
      { at: "/admin/registry/regions", word: "registry.region.title" },
      { at: "/admin/registry/people", word: "registry.tabs.people" },
      { at: "/admin/registry/rosters", word: "registry.tabs.rosters" },
      { at: "/admin/registry/imports", word: "registry.tabs.imports" },
      { at: "/admin/registry/jobs", word: "registry.tabs.jobs" },
      { at: "/admin/registry/codes", word: "registry.tabs.codes" },
    ],
  },
  {
    id: "timetable",
    word: "general.nav.lessons",
    of: "office",
    places: [
      { at: "/admin/week", word: "timetable.county.title" },
      { at: "/admin/timetable", word: "general.nav.timetable" },
      { at: "/admin/offerings", word: "timetable.offering.title" },
      { at: "/admin/planning", word: "general.nav.planning" },
      { at: "/admin/calendar", word: "general.nav.calendar" },
      { at: "/admin/coverage/timetables", word: "coverage.tabs.timetables" },
      { at: "/admin/coverage/curricula", word: "coverage.tabs.curricula" },
    ],
  },
  {
    id: "alliances",
    word: "general.nav.together",
    of: "office",
    places: [
      { at: "/admin/alliances", word: "general.nav.alliances", holds: ["/admin/pairings"] },
      { at: "/admin/needs", word: "general.nav.needs" },
    ],
  },
  {
    id: "proof",
    word: "general.nav.proof",
    of: "office",
    places: [
      { at: "/admin/sessions", word: "general.nav.sessions", holds: ["/replay", "/admin/recording-views", "/admin/deletion-certificates"] },
      { at: "/admin/recordings", word: "replay.published.title" },
      { at: "/admin/attendance", word: "general.nav.attendance" },
      { at: "/admin/attendance/term", word: "general.nav.term" },
      { at: "/admin/coverage/figures", word: "coverage.tabs.coverage", holds: ["/admin/coverage/lessons"] },
      { at: "/admin/coverage/gaps", word: "coverage.tabs.gaps", holds: ["/admin/coverage/schools"] },
      { at: "/admin/coverage/sheets", word: "coverage.tabs.sheets" },
      { at: "/admin/coverage/reports", word: "coverage.tabs.reports" },
      { at: "/admin/coverage/definitions", word: "coverage.tabs.definitions" },
      { at: "/admin/retention-rules", word: "admin.retention.title" },
    ],
  },
];

/** The groups somebody is shown. */
export function groupsFor(who: { isTeacher: boolean; isOffice: boolean }): Group[] {
  return GROUPS.filter(({ of }) => (of === "office" ? who.isOffice : who.isTeacher));
}

function leadsTo(path: string, to: string): boolean {
  return path === to || path.startsWith(`${to}/`);
}

/** The place whose page `path` is: the longest that leads there; "/admin" leads to itself alone. */
export function placeOf(path: string, groups: readonly Group[] = GROUPS): Place | null {
  const found = groups
    .flatMap((group) => group.places)
    .flatMap((place) => [place.at, ...(place.holds ?? [])].map((to) => ({ place, to })))
    .filter(({ to }) => (to === "/admin" ? path === to : leadsTo(path, to)))
    .sort((a, b) => b.to.length - a.to.length);
  return found[0]?.place ?? null;
}
