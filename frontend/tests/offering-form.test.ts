/** The form of a course: what somebody else changed is taken where nothing was typed, and what is sent of each classroom. */
import { describe, expect, it } from "vitest";
import { Problem } from "../src/api";
import type { Offering, OfferingIn } from "../src/timetable";
import { useOfferingForm } from "../src/views/timetable/offering-form";

type Site = Offering["sites"][number];
const POINT: Site = {
  school: { id: "s2", name: "云岭教学点" },
  classroom: { id: "c2", name: "教室" },
  school_class: null,
  assistant: null,
  mode: "LIVE",
  pairing_id: null,
  through_id: null,
};
const MIDDLE: Site = { ...POINT, school: { id: "s3", name: "河口小学" }, classroom: { id: "c3", name: "教室" } };
const BESIDE: Site = { ...MIDDLE, classroom: { id: "c4", name: "音乐教室" } };
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


const open = (of: Offering | null) => useOfferingForm(of, { word: (code) => code, grade: String });
/** Save, and return what was sent, from which version; `current`: what it is now, if somebody was faster. */
async function sent(form: ReturnType<typeof open>, current: Offering | null = null) {
  const sending: { version: number | undefined; body: OfferingIn }[] = [];
  const isSaved = await form.saved((was, body) => {
    sending.push({ version: was?.version, body });
    return current === null ? Promise.resolve() : Promise.reject(new Problem("changed-meanwhile", "", 412, "", { current }));
  });
  const [only] = sending;
  if (only === undefined || sending.length > 1) throw new Error("sent not once");
  return { ...only, isSaved };
}

describe("a course somebody else changed meanwhile", () => {
  it("keeps what was typed, takes what was not touched, and is saved from what it is now", async () => {
    const course = open(OFFERING);
    course.form.name = "三年级音乐 (一班)";
    const lecturer = { id: "p2", name: "李老师" };
    const now = { ...OFFERING, version: 2, name: "三年级唱歌", textbook: "人教版", lecturer, sites: [POINT, BESIDE] };
    expect((await sent(course, now)).isSaved).toBe(false);
    expect(course.others.value?.map(([, value]) => value)).toEqual([
      "三年级唱歌",
      "李老师",
      "人教版",
      "云岭教学点 教室; 河口小学 音乐教室",
    ]);
    expect([course.form.name, course.form.textbook, course.nameOf("c4")]).toEqual([
      "三年级音乐 (一班)",
      "人教版",
      "河口小学 音乐教室",
    ]);
    const { version, body, isSaved } = await sent(course);
    expect([version, isSaved]).toEqual([2, true]);
    expect(body).toMatchObject({ name: "三年级音乐 (一班)", textbook: "人教版", lecturer_id: "p2" });
    expect(body.sites?.map((site) => site.classroom_id)).toEqual(["c2", "c4"]);
  });

  it("keeps what was chosen for a classroom, beside what they chose for it", async () => {
    const course = open(OFFERING);
    course.change("c2", { ...course.wishOf("c2"), mode: "RECORDED" });
    await sent(course, { ...OFFERING, version: 2, sites: [{ ...POINT, assistant: { id: "p9", name: "周老师" } }] });
    expect((await sent(course)).body.sites).toMatchObject([{ mode: "RECORDED", assistant_id: "p9" }]);
  });

  it("is what they made of it when theirs is taken", async () => {
    const course = open(OFFERING);
    course.form.name = "别的";
    course.change("c2", { ...course.wishOf("c2"), mode: "RECORDED" });
    await sent(course, { ...OFFERING, version: 2, name: "三年级唱歌" });
    course.takeAll();
    expect([course.form.name, course.others.value]).toEqual(["三年级唱歌", null]);
    expect((await sent(course)).body.sites).toMatchObject([{ mode: "LIVE" }]);
  });
});

describe("a new course", () => {
  it("is sent from no version, and begins again with whom it takes when its school is another", async () => {
    const course = open(null);
    Object.assign(course.form, { hub_school_id: "s1", lecturer_id: "p1", hub_classroom_id: "c1" });
    course.chooseHub("s9");
    const { version, body } = await sent(course);
    expect(version).toBeUndefined();
    expect(body).toMatchObject({ hub_school_id: "s9", lecturer_id: "", hub_classroom_id: null, sites: [] });
  });
});

describe("a course that is passed on", () => {
  const passed = (end: Partial<Site>): Offering => ({ ...OFFERING, sites: [MIDDLE, BESIDE, { ...POINT, ...end }] });
  const pairingAfter = async (course: ReturnType<typeof open>) => {
    const site = (await sent(course)).body.sites?.find(({ classroom_id }) => classroom_id === "c2");
    return [site?.through_id, site?.pairing_id];
  };

  it("keeps the pairing named for a classroom as long as the same school passes it on", async () => {
    const course = open(passed({ through_id: "c3", pairing_id: "pair" }));
    course.change("c2", { ...course.wishOf("c2"), through_id: "c4" });
    expect(await pairingAfter(course)).toEqual(["c4", "pair"]);
  });

  it("names none for a classroom that has it from another school", async () => {
    const direct = open(passed({ pairing_id: "pair" }));
    direct.change("c2", { ...direct.wishOf("c2"), through_id: "c3" });
    expect(await pairingAfter(direct)).toEqual(["c3", null]);
    const moved = open(passed({ pairing_id: "pair" }));
    moved.chooseHub("s9");
    expect(await pairingAfter(moved)).toEqual([null, null]);
  });

  it("comes from the hub when who passed it on is taken out", async () => {
    const course = open(passed({ through_id: "c3", pairing_id: "pair" }));
    expect(course.passersFor("c2")).toEqual([
      { id: "c3", name: "河口小学 教室" },
      { id: "c4", name: "河口小学 音乐教室" },
    ]);
    course.form.sites = course.form.sites.filter((id) => id !== "c3");
    expect(course.wishOf("c2").through_id).toBe("");
    expect(await pairingAfter(course)).toEqual([null, null]);
  });
});
