import { afterEach, describe, expect, it } from "vitest";
import { setLocale } from "../src/i18n";
import { lackSentences, type Looked } from "../src/lacks";

const lesson: Looked = {
  lacks: ["NO_ROAD"],
  sites: [
    { school: "通江点", classroom: "教室", lacks: [] },
    { school: "南江点", classroom: "教室", lacks: ["AWAY", "UNCHECKED"] },
  ],
};

describe("what a lesson about to begin lacks", () => {
  afterEach(() => setLocale("zh"));

  it("is said of the hub first, then of each classroom by its school", () => {
    setLocale("zh");
    expect(lackSentences(lesson)).toEqual([
      "主讲端检测时网络不通",
      "南江点: 不在线, 30 天内没有做过设备检测",
    ]);
  });

  it("names the classroom where two are of one school", () => {
    const sites: Looked["sites"] = [
      { school: "南江点", classroom: "一年级教室", lacks: ["AWAY"] },
      { school: "南江点", classroom: "音乐教室", lacks: ["NO_ROAD"] },
      { school: "通江点", classroom: "教室", lacks: ["AWAY"] },
    ];
    expect(lackSentences({ lacks: [], sites })).toEqual([
      "南江点 一年级教室: 不在线",
      "南江点 音乐教室: 检测时网络不通",
      "通江点: 不在线",
    ]);
  });

  it("is said in English too", () => {
    setLocale("en");
    expect(lackSentences({ lacks: ["AWAY"], sites: [] })).toEqual(["The teacher is not online"]);
  });

  it("is nothing when nothing lacks, and not said when nobody looks", () => {
    expect(lackSentences({ lacks: [], sites: [{ school: "通江点", classroom: "教室", lacks: [] }] })).toEqual([]);
    expect(lackSentences({ ...lesson, lacks: null })).toBeNull();
  });
});
