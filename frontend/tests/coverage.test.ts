import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LocationQuery } from "vue-router";
import {
  sheets,
  type Gap,
  type PeriodChoice,
  type SheetDetail,
  type SheetFigure,
  type Site,
  type SiteGap,
} from "../src/coverage";
import { setLocale } from "../src/i18n";
import type { Job } from "../src/registry";
import { isOver } from "../src/views/alliances/common";
import { addressOfNeed, needBegun } from "../src/views/alliances/need-address";
import { inOrder } from "../src/views/coverage/chart";
import { gradeOf, loadGrades } from "../src/views/coverage/grades";
import { rowsOf, subjectsOf } from "../src/views/coverage/matrix";
import { cellsOf, isPeriods, keyOf, sumOf, takeTheirs, typedOfPlan } from "../src/views/coverage/periods";
import { checkerOf, differingOf, isChanged, isCheckedBySigner, rowsOfSheet, standsInWay } from "../src/views/coverage/sheet-words";
import { usualPeriod } from "../src/views/coverage/useAsked";
import { gapText, measureOf, permilleOf, shareText } from "../src/views/coverage/words";

const music = { id: "music", label_zh: "音乐", label_en: "Music" };
const art = { id: "art", label_zh: "美术", label_en: "Art" };

function gap(changes: Partial<SiteGap> = {}): SiteGap {
  const { required = 42, local = 0, delivered = 12 } = changes;
  return {
    position: 1,
    school: { id: "s1", name: "示范一村小" },
    county: "990121",
    grade_no: 3,
    subject: music,
    required,
    local,
    delivered,
    gap: required - local - delivered,
    standing: "TOO_FEW",
    ...changes,
  };
}

beforeEach(() => setLocale("zh"));

describe("a share", () => {
  it("is never rounded up to what it is not", () => {
    expect(shareText(999)).toBe("99.9%");
    expect(permilleOf(2999, 3000)).toBe(999);
    expect(shareText(1000)).toBe("100.0%");
  });

  it("of nothing is no share", () => {
    expect(permilleOf(0, 0)).toBeNull();
    expect(shareText(null)).toBe("–");
  });

  it("of tenths of periods is what the server counts in whole tenths", () => {
    // 0.3 / 0.1 is 2.9999999999999996 in binary.
    expect(permilleOf(0.3, 0.1)).toBe(3000);
    expect(permilleOf(0.7, 1)).toBe(700);
  });
});

describe("the sheet that comes after one", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Have the latest amendment in a state be of this id; `any`: the latest of all. */
  function latest(ids: Partial<Record<string, string>>): void {
    vi.stubGlobal("fetch", (path: string) => {
      const asked = new URL(path, "http://classrooms.test").searchParams;
      expect(asked.get("amends_id")).toBe("old");
      const id = ids[asked.get("state") ?? "any"];
      const page = { items: id === undefined ? [] : [{ id }], next_cursor: null };
      const headers = { "content-type": "application/json" };
      return Promise.resolve(new Response(JSON.stringify(page), { headers }));
    });
  }

  it("is the one that was signed, whatever was computed later", async () => {
    latest({ any: "computed", SIGNED_OFF: "signed" });
    expect((await sheets.successor({ id: "old", state: "AMENDED" }))?.id).toBe("signed");
    latest({ any: "computed", AMENDED: "amended too" });
    expect((await sheets.successor({ id: "old", state: "AMENDED" }))?.id).toBe("amended too");
  });

  it("is the latest there is while none was signed", async () => {
    latest({ any: "computed" });
    expect((await sheets.successor({ id: "old", state: "SIGNED_OFF" }))?.id).toBe("computed");
    latest({});
    expect(await sheets.successor({ id: "old", state: "SIGNED_OFF" })).toBeNull();
  });
});

it("an open need is over the day after its last", () => {
  const need = { state: "OPEN", ends_on: "2026-07-10" } as const;
  expect(isOver(need, "2026-07-10")).toBe(false);
  expect(isOver(need, "2026-07-11")).toBe(true);
  expect(isOver({ ...need, state: "MATCHED" }, "2026-07-11")).toBe(false);
});

describe("a sheet on its way to a signature", () => {
  const waits = { state: "CHECKED", amends_id: null, in_force_id: null } as const;

  it("is not signed beside one in force that it does not amend", () => {
    expect(standsInWay(waits)).toBeNull();
    expect(standsInWay({ ...waits, in_force_id: "signed" })).toBe("signed");
    expect(standsInWay({ ...waits, in_force_id: "signed", amends_id: "signed" })).toBeNull();
    // Another amendment of the same sheet was signed before this one.
    expect(standsInWay({ ...waits, in_force_id: "newer", amends_id: "signed" })).toBe("newer");
  });

  it("has nothing in its way when it is signed or amended itself", () => {
    expect(standsInWay({ ...waits, state: "SIGNED_OFF", in_force_id: "another" })).toBeNull();
    expect(standsInWay({ ...waits, state: "AMENDED", in_force_id: "newer" })).toBeNull();
  });
});

describe("a gap in words", () => {
  const grade = { id: "g3", code: "3", kind: "GRADE", label_zh: "三年级", label_en: "Grade 3" };

  beforeEach(async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ items: [grade], next_cursor: null })));
    await loadGrades();
  });
  afterEach(() => vi.unstubAllGlobals());

  it("names a grade as the code set does, and one it does not have by its number", () => {
    expect(gapText(gap({ grade_no: 13, delivered: 0 }))).toBe("13音乐还没有开: 应开 42 节");
    expect([gradeOf(3), gradeOf(13)]).toEqual(["三年级", "13"]);
  });

  it("says what is required, what there is of it, and what is lacking", () => {
    expect(gapText(gap({ local: 10.5, gap: 19.5 }))).toBe("三年级音乐还差 19.5 节: 应开 42 节, 本校 10.5 节, 送达 12 节");
    setLocale("en");
    expect(gapText(gap())).toBe("Grade 3 Music lacks 30: 42 required, 0 taught locally, 12 delivered");
  });

  it("says plainly that a subject is not taught at all", () => {
    expect(gapText(gap({ delivered: 0 }))).toBe("三年级音乐还没有开: 应开 42 节");
  });
});

describe("the matrix of gaps", () => {
  it("has a row for each grade of a site, and says how many rows the site takes", () => {
    const cells = [
      gap(),
      gap({ subject: art, delivered: 0 }),
      gap({ grade_no: 4 }),
      gap({ school: { id: "s2", name: "竹溪教学点" }, position: 2 }),
    ];
    const rows = rowsOf(cells);
    expect(rows.map(({ site, grade_no, span, gap: sum }) => [site.id, grade_no, span, sum])).toEqual([
      ["s1", 3, 2, 72],
      ["s1", 4, 0, 30],
      ["s2", 3, 1, 30],
    ]);
    expect([...(rows[0]?.cells.keys() ?? [])]).toEqual(["music", "art"]);
  });

  it("has the subject that lacks most first", () => {
    expect(subjectsOf([gap(), gap({ subject: art, delivered: 0 })] as Gap[])).toEqual([art, music]);
  });
});

describe("what a site is measured by", () => {
  const site: Site = {
    position: 1,
    school: { id: "s1", name: "示范一村小" },
    county: "990121",
    reached: 29,
    weeks: 8,
    needs: 0,
    needs_met: 0,
    subjects: 23,
    offered: 7,
    required: 100.5,
    taught: 50,
    lacking: 60,
    filled: 9.5,
  };

  it("is its own part in each figure", () => {
    expect(measureOf(site, "COV_REACHED", 12)).toEqual({ part: 1, of: 1 });
    expect(measureOf(site, "COV_REGULAR", 12)).toEqual({ part: 8, of: 12 });
    expect(measureOf(site, "COV_PERIODS", 12)).toEqual({ part: 9.5, of: 60 });
    expect(measureOf(site, "OFFER_RATE", 12)).toEqual({ part: 7, of: 23 });
    expect(measureOf(site, "PERIOD_RATE", 12)).toEqual({ part: 50, of: 100.5 });
  });

  it("is none where the figure does not ask about it", () => {
    const { part, of } = measureOf(site, "COV_NEED", 12);
    expect(permilleOf(part, of)).toBeNull();
  });

  it("stands in a chart by its share, and last without one", () => {
    const bars = [
      { key: "a", name: "a", permille: null },
      { key: "b", name: "b", permille: 0 },
      { key: "c", name: "c", permille: 700 },
    ];
    expect(inOrder(bars).map(({ key }) => key)).toEqual(["c", "b", "a"]);
  });
});

describe("the period somebody means", () => {
  const choice = (name: string, first: string, last: string, is_term = true): PeriodChoice => ({
    name,
    term_id: name,
    is_term,
    first,
    last,
  });
  const autumn = choice("autumn", "2026-08-31", "2027-01-24");
  const spring = choice("spring", "2026-02-23", "2026-07-05");
  const choices = [autumn, choice("2026-09", "2026-08-31", "2026-10-04", false), spring];

  it("is the term as far as whole weeks are over", () => {
    expect(usualPeriod(choices, "2026-11-26")).toMatchObject({ first: "2026-08-31", last: "2026-11-22" });
    // A Sunday's week is not over on that day.
    expect(usualPeriod(choices, "2026-11-22")).toMatchObject({ last: "2026-11-15" });
  });

  it("is the whole term in its first week, and the last one in the holidays", () => {
    expect(usualPeriod(choices, "2026-09-02")).toEqual(autumn);
    expect(usualPeriod(choices, "2026-08-01")).toEqual(spring);
    expect(usualPeriod([], "2026-08-01")).toBeUndefined();
  });
});

describe("who checked and signed a sheet", () => {
  const step = (state: SheetDetail["state"], person_id: string | null): SheetDetail["steps"][number] => ({
    state,
    person_id,
    person_name: "同名",
    at: "2026-03-02T02:00:00Z",
    note: "",
  });
  const sheet = (...steps: SheetDetail["steps"]) => ({ steps: [step("COMPUTED", "a"), ...steps] });

  it("is one person or two, whatever their names", () => {
    expect(isCheckedBySigner(sheet(step("CHECKED", "a"), step("SIGNED_OFF", "a")))).toBe(true);
    expect(isCheckedBySigner(sheet(step("CHECKED", "a"), step("SIGNED_OFF", "b"), step("AMENDED", "a")))).toBe(false);
  });

  it("is not said before it is signed, nor of people who are not known any more", () => {
    expect(checkerOf(sheet())).toBeNull();
    expect(checkerOf(sheet(step("CHECKED", "a")))).toBe("a");
    expect(isCheckedBySigner(sheet(step("CHECKED", "a")))).toBe(false);
    expect(isCheckedBySigner(sheet(step("CHECKED", null), step("SIGNED_OFF", null)))).toBe(false);
  });
});

describe("a need that a gap begins", () => {
  const begun = { school: "s1", subject: "music", grade: 3 };

  it("comes back out of the address as it went in", () => {
    expect(needBegun(addressOfNeed(begun))).toEqual(begun);
  });

  it("is none where something of it is missing or cannot be", () => {
    const changes: LocationQuery[] = [
      { school: "" },
      { subject: null },
      { grade: "-1" },
      { grade: "0" },
      { grade: "x" },
      { grade: "1.5" },
    ];
    for (const change of changes) {
      expect([change, needBegun({ ...addressOfNeed(begun), ...change })]).toEqual([change, null]);
    }
    expect(needBegun({})).toBeNull();
  });
});

describe("periods as they are typed", () => {
  it("are tenths up to forty, or none", () => {
    for (const text of ["", "2", "0.5", "40", "0"]) expect([text, isPeriods(text)]).toEqual([text, true]);
    for (const text of ["0.25", "-1", "41", "two", "1e1", "2."]) expect([text, isPeriods(text)]).toEqual([text, false]);
  });

  it("are sent as they stand, and emptied fields not at all", () => {
    const typed = typedOfPlan([
      { grade_no: 3, subject: music, periods_a_week: 2 },
      { grade_no: 10, subject: art, periods_a_week: 0.5 },
    ]);
    typed[keyOf(3, "music")] = "";
    expect(cellsOf(typed)).toEqual([{ grade_no: 10, subject_id: "art", periods_a_week: 0.5 }]);
  });

  it("add up to a tenth", () => {
    expect(sumOf(["0.1", "0.2", "", undefined, "wrong"])).toBe(0.3);
  });

  it("stay when somebody else saved meanwhile; untouched ones become what they are now", () => {
    const was = { a: "1", b: "2" };
    const typed = { a: "1", b: "5" } as Record<string, string>;
    expect(takeTheirs(typed, was, { a: "3", b: "4", c: "7" })).toEqual(["a", "b", "c"]);
    expect(typed).toEqual({ a: "3", b: "5", c: "7" });
  });
});

describe("a sheet of figures", () => {
  const figure = (region_code: string, numerator: number, before: number | null = null): SheetFigure => ({
    indicator: "OFFER_RATE",
    numerator,
    denominator: 10,
    permille: numerator * 100,
    region_code,
    region_name: region_code === "" ? "" : "示范县",
    definition_number: 1,
    before: before === null ? null : { indicator: "OFFER_RATE", numerator: before, denominator: 10, permille: before * 100 },
  });
  const figures = [figure("", 7, 6), figure("990121", 5, 5)];

  it("has all regions together first, by a name of its own", () => {
    expect(rowsOfSheet(figures, "合计").map(({ code, name }) => [code, name])).toEqual([
      ["", "合计"],
      ["990121", "示范县"],
    ]);
  });

  it("prints the old figure where it was another", () => {
    expect(figures.map(isChanged)).toEqual([true, false]);
    expect(isChanged(figure("", 7))).toBe(false);
  });

  it("says in words what a check found otherwise", () => {
    const definitions = [{ indicator: "OFFER_RATE", title_zh: "开齐率", title_en: "Subjects offered" }];
    const sheet = { figures, definitions } as unknown as SheetDetail;
    const job = { problem: { type: "figures-differ", detail: "", differing: ["* OFFER_RATE", "990121 OFFER_RATE"] } };
    expect(differingOf(job as unknown as Job, sheet, "合计")).toEqual(["合计: 开齐率", "示范县: 开齐率"]);
    expect(differingOf({ problem: null } as unknown as Job, sheet, "合计")).toEqual([]);
  });
});
