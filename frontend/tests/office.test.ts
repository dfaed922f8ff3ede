import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { LessonCard, SessionEvent } from "../src/api";
import { bytesText, dateIn, dateOf, shiftDate } from "../src/components/office/times";
import { i18n } from "../src/i18n";
import { eventText, SORT_OF } from "../src/views/admin/events";
import { readQuery, writeQuery } from "../src/views/admin/query";
import { absencesOf, placed, ticksOf } from "../src/views/admin/timeline";
import { tidyCode } from "../src/views/entry/code";
import { pageAfterSignIn } from "../src/views/entry/next";
import { brokenRules } from "../src/views/entry/password-rules";
import { clockOf, largeLesson, standingOf } from "../src/views/teach/standing";

function source(path: string): string {
  return readFileSync(resolve(import.meta.dirname, "../..", path), "utf8");
}

/** The values of a Python StrEnum, read from where it is defined. */
function namesIn(path: string, enumName: string): string[] {
  const body = source(path).split(`class ${enumName}(StrEnum):`)[1]?.split("\n\n\n")[0] ?? "";
  return [...body.matchAll(/^ {4}[A-Z_]+ = "(\w+)"$/gm)].map((match) => match[1] ?? "");
}

function event(type: string, change: Partial<SessionEvent> = {}): SessionEvent {
  return {
    number: 1,
    clock_ms: 0,
    at: "2026-11-22T02:00:00Z",
    type,
    seat_id: "site-a",
    seat_name: "示范一村小 多媒体教室",
    actor: "hub",
    actor_name: "王老师",
    payload: {},
    ...change,
  };
}

describe("events in words", () => {
  const types = [
    ...namesIn("signaling/ports.py", "EventType"),
    ...namesIn("app/attendance/journal.py", "RowEventType"),
  ];

  it("knows every type of event the server can write", () => {
    expect(types.length).toBeGreaterThan(20);
    expect(Object.keys(SORT_OF).sort()).toEqual([...types].sort());
  });

  it.each(["zh", "en"] as const)("has a sentence for each of them in %s", (locale) => {
    i18n.global.locale.value = locale as never;
    for (const type of types) {
      const said = eventText(event(type, { payload: { source: "camera", kind: "need_help", link: "weak" } }));
      expect(said, type).not.toMatch(/admin\.|live\.|_|\{/);
    }
    i18n.global.locale.value = "zh" as never;
  });

  it("counts one pupil and many", () => {
    i18n.global.locale.value = "en" as never;
    const said = [1, 31].map((count) => eventText(event("headcount", { payload: { count } })));
    i18n.global.locale.value = "zh" as never;
    expect(said[0]).toMatch(/counted 1 pupil$/);
    expect(said[1]).toMatch(/counted 31 pupils$/);
  });

  it.each([
    ["signaling/messages.py", "EndReason", "admin.reason"],
    ["signaling/messages.py", "QuickMessageKind", "live.quick"],
    ["signaling/messages.py", "Link", "live.link"],
    ["media/core/ids.py", "Source", "admin.source"],
    ["app/recordings/models.py", "RecordingState", "replay.state"],
    ["app/lessons/models.py", "LessonState", "general.lesson_state"],
    ["app/attendance/models.py", "AttendanceState", "admin.attendance.states"],
    ["app/schools/models.py", "DeviceState", "admin.classrooms.state"],
  ])("has a word for everything in %s %s", (path, enumName, key) => {
    const names = namesIn(path, enumName);
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(i18n.global.te(`${key}.${name}`), name).toBe(true);
  });

  it("says who and why", () => {
    expect(eventText(event("seat_left", { payload: { reason: "put_out" } }))).toBe("示范一村小 多媒体教室 离开课堂: 被请出");
    expect(eventText(event("seat_left", { payload: { reason: "left" } }))).toBe("示范一村小 多媒体教室 离开课堂");
    expect(eventText(event("paused_all"))).toBe("王老师 一键暂停互动");
    expect(eventText(event("permissions_set", { seat_id: null, payload: { video: true, text: false } }))).toBe(
      "全班权限: 开放 画面; 关闭 文字",
    );
    expect(eventText(event("ejected", { payload: { is_blocked: true, reason: "喧哗" } }))).toBe(
      "示范一村小 多媒体教室 被请出课堂, 本节课不许再进: 喧哗",
    );
  });

  it("shows what it does not know instead of hiding it", () => {
    expect(eventText(event("moon_landed"))).toBe("moon_landed");
    expect(eventText(event("seat_left", { payload: { reason: "earthquake" } }))).toContain("earthquake");
  });
});

describe("a day in an address", () => {
  it("is one as it is written there, or none", () => {
    expect(dateIn("2026-03-02")).toBe("2026-03-02");
    for (const asked of ["2026-3-2", "today", "", "2026-03-02T00:00", null, undefined, ["2026-03-02"]]) {
      expect(dateIn(asked)).toBeUndefined();
    }
  });
});

describe("the time line", () => {
  it("has few, round marks for every length", () => {
    for (const minutes of [0.5, 1, 5, 12, 40, 45, 90, 300]) {
      const ticks = ticksOf(minutes * 60_000);
      expect(ticks[0]).toBe(0);
      expect(ticks.length, `${minutes} min`).toBeLessThanOrEqual(9);
      expect(ticks.length, `${minutes} min`).toBeGreaterThanOrEqual(4);
    }
  });

  it("cuts what is outside the lesson", () => {
    expect(placed({ from_ms: -10, to_ms: 50 }, 100)).toEqual({ left: "0.000%", width: "50.000%" });
    expect(placed({ from_ms: 90, to_ms: 500 }, 100)).toEqual({ left: "90.000%", width: "10.000%" });
  });

  it("finds the absences between coming and the end, none for who never came", () => {
    expect(absencesOf([{ from_ms: 50, to_ms: 60 }, { from_ms: 10, to_ms: 30 }], 100)).toEqual([
      { from_ms: 30, to_ms: 50 },
      { from_ms: 60, to_ms: 100 },
    ]);
    expect(absencesOf([], 100)).toEqual([]);
  });
});

describe("the filters in the address bar", () => {
  it("come back as they were written", () => {
    const wanted = { from: "2026-11-01", to: "2026-11-22", kind: "DELIVERY" as const, q: "周长", cursor: "WyJh", limit: 20 };
    expect(readQuery(writeQuery(wanted) as never)).toEqual(wanted);
  });

  it("leave out what makes no sense", () => {
    expect(readQuery({ from: "yesterday", cursor: "", state: ["A", "B"], other: "x" })).toEqual({ limit: 20 });
  });
});

describe("entering", () => {
  it("goes on to our own pages only", () => {
    expect(pageAfterSignIn("/admin/sessions?q=1", "/teach")).toBe("/admin/sessions?q=1");
    for (const foreign of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", ["/a"], undefined]) {
      expect(pageAfterSignIn(foreign, "/teach")).toBe("/teach");
    }
    expect(pageAfterSignIn("/sign-in?next=/x", "/teach")).toBe("/teach");
  });

  it("takes codes as they are typed, pasted, or entered with full-width letters", () => {
    expect(tidyCode("qgx9-q5az")).toBe("QGX9Q5AZ");
    expect(tidyCode(" ＱＧＸ９ q5az77")).toBe("QGX9Q5AZ");
    expect(tidyCode("0O1IL")).toBe("");
  });

  it("judges passwords as the server does", () => {
    expect([...brokenRules("correct horse battery", "wang")]).toEqual([]);
    expect([...brokenRules("short", "wang")]).toContain("too_short");
    expect([...brokenRules("aaaaaaaaaaaaaaa", "wang")].sort()).toEqual(["sequence", "too_few_characters"]);
    expect([...brokenRules("abcdefghijklmnop", "wang")]).toEqual(["sequence"]);
    expect([...brokenRules("xx-WANG-1973-yy", "wang")]).toEqual(["own_name"]);
    expect([...brokenRules(`x1y2z3${"abcde".repeat(25)}`, "wang")]).toEqual(["too_long"]);
  });

  it("asks for the server's lengths", () => {
    const rules = source("app/accounts/passwords.py");
    expect(rules).toContain("MIN_LENGTH = 12");
    expect(rules).toContain("MAX_LENGTH = 128");
    expect(rules).toContain("MIN_DIFFERENT_CHARACTERS = 5");
  });
});

describe("the teacher's day", () => {
  function lesson(start: string, change: Partial<LessonCard> = {}): LessonCard {
    const begin = Date.parse(`2026-11-22T${start}:00+08:00`);
    return {
      id: start,
      kind: "DELIVERY",
      title: "小雨沙沙",
      subject: "音乐",
      grade: "三年级",
      hub_school: "示范中心小学",
      lecturer: "王老师",
      planned_start: new Date(begin).toISOString(),
      planned_end: new Date(begin + 40 * 60_000).toISOString(),
      state: "PUBLISHED",
      session_id: null,
      is_recorded: true,
      can_start: false,
      can_start_from: new Date(begin - 30 * 60_000).toISOString(),
      lacks: null,
      sites: [],
      ...change,
    };
  }
  const at = (time: string): number => Date.parse(`2026-11-22T${time}:00+08:00`);

  it("follows a lesson through its time", () => {
    const one = lesson("10:00");
    expect(standingOf(one, at("09:29"))).toBe("early");
    expect(standingOf(one, at("09:30"))).toBe("startable");
    expect(standingOf(one, at("10:39"))).toBe("startable");
    expect(standingOf(one, at("10:40"))).toBe("lapsed");
    expect(standingOf(lesson("10:00", { state: "PAUSED_ALL" }), at("11:00"))).toBe("live");
    expect(standingOf(lesson("10:00", { state: "CREDITED" }), at("11:00"))).toBe("over");
    expect(standingOf(lesson("10:00", { state: "CANCELLED" }), at("09:00"))).toBe("called_off");
  });

  it("shows the live lesson large, else the one nearest to its time", () => {
    const late = lesson("10:00");
    const next = lesson("10:30");
    expect(largeLesson([late, next], at("10:31"))?.id).toBe("10:30");
    expect(largeLesson([lesson("10:00", { state: "LIVE" }), next], at("10:31"))?.id).toBe("10:00");
    expect(largeLesson([lesson("14:00"), lesson("16:00")], at("08:00"))?.id).toBe("14:00");
    expect(largeLesson([lesson("08:00")], at("18:00"))).toBeNull();
  });

  it("says how long in whole minutes", () => {
    expect(clockOf(lesson("10:00"), at("09:48"))).toEqual({ say: "in", minutes: 13 });
    expect(clockOf(lesson("10:00"), at("10:00"))).toEqual({ say: "begins_now" });
    expect(clockOf(lesson("10:00"), at("10:05"))).toEqual({ say: "late", minutes: 5 });
    expect(clockOf(lesson("10:00", { state: "LIVE" }), at("10:12"))).toEqual({ say: "running", minutes: 12 });
  });
});

describe("days and sizes", () => {
  it("keeps to the day at the schools", () => {
    expect(dateOf(new Date("2026-11-21T16:00:00Z"))).toBe("2026-11-22");
    expect(shiftDate("2026-12-31", 1)).toBe("2027-01-01");
    expect(shiftDate("2026-03-01", -1)).toBe("2026-02-28");
  });

  it("gives sizes in the unit people read", () => {
    expect([0, 999, 1_000, 12_400_000, 3.2e9].map(bytesText)).toEqual(["0 B", "999 B", "1.0 KB", "12.4 MB", "3.2 GB"]);
  });
});
