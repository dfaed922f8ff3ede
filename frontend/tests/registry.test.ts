import { describe, expect, it } from "vitest";
import { Problem } from "../src/api";
import type { Job, School } from "../src/registry";
import { takeUntouched } from "../src/views/registry/common";
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
