import { describe, expect, it } from "vitest";
import { Problem } from "../src/api";
import type { Job, School } from "../src/registry";
import { takeUntouched, useEdited } from "../src/views/registry/common";
import { standingOf } from "../src/views/jobs/job-words";
import { reportOf } from "../src/views/registry/import-report";
import { changesOf, currentOf, formOf } from "../src/views/registry/school-form";

function school(changes: Partial<School> = {}): School {
  return {
    id: "s1",
    name: "示范一村小",
    category: "218",
    moe_code: null,
    local_code: null,
    region: { id: "r1", name: "示范县" },
    parent: { id: "p1", name: "示范中心小学" },
    urban_rural: null,
    opened_on: null,
    closed_on: null,
    classes: 0,
    pupils: 0,
    classrooms: 0,
    local_suffix: null,
    authority: null,
    latitude: 32.05,
    longitude: null,
    altitude_m: null,
    road_note: "",
    may_record_pupils: true,
    may_publish_pupils: false,
    version: 1,
    codes: [],
    changes: [],
    ...changes,
  };
}

describe("the form of a school", () => {
  it("sends nothing when nothing was typed", () => {
    expect(changesOf(school(), formOf(school()))).toEqual({});
  });

  it("sends figures as figures, emptied fields as none, and what is no figure as it was typed", () => {
    const form = { ...formOf(school()), latitude: "", altitude_m: "1890", longitude: "east" };
    expect(changesOf(school(), form)).toEqual({ latitude: null, altitude_m: 1890, longitude: "east" });
  });

  it("never asks for a code to be taken back", () => {
    const was = school({ moe_code: "2199000001" });
    expect(changesOf(was, { ...formOf(was), moe_code: "" })).toEqual({ moe_code: undefined });
  });

  it("keeps what others changed meanwhile, and what was typed", () => {
    const form = { ...formOf(school()), name: "新名" };
    const now = school({ road_note: "土路", name: "别名", version: 2 });
    takeUntouched(form, formOf(school()), formOf(now));
    expect(form).toMatchObject({ name: "新名", road_note: "土路" });
    expect(changesOf(now, form)).toEqual({ name: "新名" });
  });

  it("knows what it is now from the refusal alone", () => {
    const current = school({ version: 2 });
    expect(currentOf(new Problem("changed-meanwhile", "", 412, "", { current }))).toEqual(current);
    expect(currentOf(new Problem("wrong-day", "", 422))).toBeNull();
  });
});

describe("a form over what others change", () => {
  interface Need {
    subject: string;
    weekdays: number[];
    note: string;
    version: number;
  }
  const need = (changes: Partial<Need> = {}): Need => ({ subject: "13", weekdays: [1, 2], note: "", version: 1, ...changes });
  const open = () =>
    useEdited<Need, Omit<Need, "version">>(
      need(),
      (of) => ({ subject: of?.subject ?? "", weekdays: [...(of?.weekdays ?? [])], note: of?.note ?? "" }),
      (of) => [
        ["学科", of.subject],
        ["星期", of.weekdays.join()],
        ["说明", of.note],
      ],
    );
  const overtaken = (current: unknown) => () =>
    Promise.reject(new Problem("changed-meanwhile", "", 412, "", { current }));

  it("is saved from the version that was opened", async () => {
    const { base, edited, others } = open();
    const saved: number[] = [];
    expect(await edited(base.value as Need, async (was) => saved.push(was.version))).toBe(true);
    expect(saved).toEqual([1]);
    expect(others.value).toBeNull();
  });

  it("is over what others made of it, keeps what was typed, and names what is different", async () => {
    const { base, form, edited, others, takeTheirs } = open();
    form.note = "下午";
    const now = need({ subject: "14", weekdays: [3], note: "上午", version: 2 });
    expect(await edited(need(), overtaken(now))).toBe(false);
    expect(form).toEqual({ subject: "14", weekdays: [3], note: "下午" });
    expect(others.value).toEqual([
      ["学科", "14"],
      ["星期", "3"],
      ["说明", "上午"],
    ]);
    expect(base.value?.version).toBe(2);
    takeTheirs();
    expect(form.note).toBe("上午");
    expect(others.value).toBeNull();
  });

  it("says that something else changed when nothing of the form did", async () => {
    const { edited, others } = open();
    expect(await edited(need(), overtaken(need({ version: 2 })))).toBe(false);
    expect(others.value).toEqual([]);
  });

  it("throws what is no other person's change, and a race of which nothing more is known", async () => {
    const { edited, others } = open();
    await expect(edited(need(), overtaken(null))).rejects.toMatchObject({ type: "changed-meanwhile" });
    await expect(edited(need(), () => Promise.reject(new Problem("wrong-state", "", 409)))).rejects.toMatchObject({
      type: "wrong-state",
    });
    expect(others.value).toBeNull();
  });
});

describe("the report of an import", () => {
  const job = (changes: Partial<Job>): Job => ({ state: "DONE", result: { rows: 3 }, ...changes }) as Job;

  it("is there once the job is done", () => {
    expect(reportOf(job({}))?.rows).toBe(3);
    expect(reportOf(job({ state: "RUNNING", result: null }))).toBeNull();
    expect(reportOf(job({ state: "FAILED", result: null }))).toBeNull();
    expect(reportOf(null)).toBeNull();
  });
});

describe("how a job stands", () => {
  const standing = (result: Job["result"], kind = "schools.import", state: Job["state"] = "DONE") =>
    standingOf({ kind, state, result });

  it("says of an import that wrote nothing that it did not, and whether it could", () => {
    expect(standing({ is_written: false, left_out: 2 })).toEqual({ tone: "bad", word: "有错, 未写入" });
    expect(standing({ is_written: false, left_out: 0 })).toEqual({ tone: "waiting", word: "已检查, 未写入" });
    expect(standing({ is_written: true, left_out: 2 })).toEqual({ tone: "good", word: "已完成" });
  });

  it("takes the state's own word of anything else", () => {
    expect(standing(null, "coverage.report")).toEqual({ tone: "good", word: "已完成" });
    expect(standing(null, "schools.import", "RUNNING").tone).toBe("waiting");
  });
});
