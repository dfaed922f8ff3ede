/** Captions over a replay: read, shown at their time, chosen and remembered. */
import { effectScope, nextTick, ref, shallowRef, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem, type CaptionsTrack } from "../src/api";
import { cuesAt, cuesOf, keepLanguage, keptLanguage } from "../src/views/replay/captions";
import { faultsOf, languageText } from "../src/views/replay/captions-files";
import { stepOf } from "../src/views/replay/keys";
import { useCaptions, type Captions } from "../src/views/replay/useCaptions";

const FILE =
  "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v 李 老师>你<b>好<i>!</i></b>\n&lt;b&gt; &amp;amp;</v>\n\n" +
  "01:00:02.000 --> 01:00:04.000\n再见\n";
const PLAIN = { isBold: false, isItalic: false, isUnderlined: false, speaker: "" };

describe("a file of captions", () => {
  it("is times, words, their manner and who speaks", () => {
    expect(cuesOf(FILE)).toEqual([
      {
        from_ms: 1000,
        to_ms: 2500,
        lines: [
          [
            { ...PLAIN, text: "你", speaker: "李 老师" },
            { ...PLAIN, text: "好", isBold: true },
            { ...PLAIN, text: "!", isBold: true, isItalic: true },
          ],
          [{ ...PLAIN, text: "<b> &amp;" }],
        ],
      },
      { from_ms: 3_602_000, to_ms: 3_604_000, lines: [[{ ...PLAIN, text: "再见" }]] },
    ]);
    expect(cuesOf("WEBVTT\n")).toEqual([]);
  });

  it("goes on in its manner over a line", () => {
    const [cue] = cuesOf("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<u>上\n下</u>后\n");
    expect(cue?.lines.map((line) => line.map((run) => [run.text, run.isUnderlined]))).toEqual([
      [["上", true]],
      [
        ["下", true],
        ["后", false],
      ],
    ]);
  });

  it("is read from the beginning of a caption until before its end", () => {
    const cues = cuesOf(FILE);
    expect([999, 1000, 2499, 2500].map((ms) => cuesAt(cues, ms).length)).toEqual([0, 1, 1, 0]);
  });
});

describe("captions of a replay", () => {
  const ZH: CaptionsTrack = { id: "1", language: "zh-Hans", label: "普通话", url: "/zh" };
  const EN: CaptionsTrack = { id: "2", language: "en", label: "English", url: "/en" };
  let asked: string[];
  let answer: () => Response;
  let scope: EffectScope;
  const tracks = shallowRef<CaptionsTrack[]>([]);
  const positionMs = ref(0);

  beforeEach(() => {
    localStorage.clear();
    asked = [];
    answer = () => new Response(FILE);
    tracks.value = [ZH, EN];
    positionMs.value = 0;
    scope = effectScope();
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path);
      return Promise.resolve(answer());
    });
  });
  afterEach(() => {
    scope.stop();
    vi.unstubAllGlobals();
  });

  function open(person = "li"): Captions {
    const made = scope.run(() => useCaptions(() => tracks.value, positionMs, person));
    if (made === undefined) throw new Error("the scope was stopped");
    return made;
  }
  const words = (captions: Captions): string[] =>
    captions.now.value.map((cue) => cue.lines.map((line) => line.map((run) => run.text).join("")).join("/"));

  it("are none until somebody chooses some, and are fetched then alone", async () => {
    const captions = open();
    positionMs.value = 1500;
    await nextTick();
    expect([captions.chosen.value, asked, words(captions)]).toEqual([null, [], []]);
    captions.choose("2");
    await vi.waitFor(() => expect(words(captions)).toEqual(["你好!/<b> &amp;"]));
    expect(asked).toEqual(["/en"]);
    positionMs.value = 3000;
    expect(words(captions)).toEqual([]);
    captions.choose(null);
    await nextTick();
    positionMs.value = 1500;
    expect(words(captions)).toEqual([]);
  });

  it("are chosen again in the next lesson by their language, for who chose them", () => {
    open().choose("2");
    expect(keptLanguage("li")).toBe("en");
    tracks.value = [ZH, { ...EN, id: "9" }];
    expect(open().chosen.value).toBe("9");
    expect(open("wang").chosen.value).toBeNull();
    tracks.value = [ZH];
    expect(open().chosen.value).toBeNull();
    expect(keptLanguage("li")).toBe("en");
    tracks.value = [EN];
    open().choose(null);
    expect(keptLanguage("li")).toBeNull();
  });

  it("are turned off and on by one key, to those that were shown last", () => {
    const captions = open();
    captions.toggle();
    expect(captions.chosen.value).toBe("1");
    captions.choose("2");
    captions.toggle();
    expect(captions.chosen.value).toBeNull();
    captions.toggle();
    expect(captions.chosen.value).toBe("2");
    expect(stepOf({ key: "C", altKey: false, ctrlKey: false, metaKey: false, target: null })).toEqual({ do: "captions" });
    captions.toggle();
    const again = open();
    captions.choose("2");
    const kept = open();
    kept.toggle();
    kept.toggle();
    expect([again.chosen.value, kept.chosen.value]).toEqual([null, "2"]);
    tracks.value = [];
    const none = open("wang");
    none.toggle();
    expect(none.chosen.value).toBeNull();
  });

  it("are fetched anew when they were replaced, and gone when they were taken away", async () => {
    const captions = open();
    positionMs.value = 1500;
    captions.choose("1");
    await vi.waitFor(() => expect(words(captions).length).toBe(1));
    answer = () => new Response("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n新\n");
    tracks.value = [{ ...ZH, label: "新的" }];
    await vi.waitFor(() => expect(words(captions)).toEqual(["新"]));
    tracks.value = [EN];
    await nextTick();
    expect([captions.chosen.value, words(captions)]).toEqual([null, []]);
  });

  it("that cannot be read say so", async () => {
    keepLanguage("li", "en");
    answer = () => Response.json({ type: "not-found", title: "Not found", detail: "" }, { status: 404 });
    const captions = open();
    await vi.waitFor(() => expect(captions.problem.value?.type).toBe("not-found"));
    captions.choose(null);
    await vi.waitFor(() => expect(captions.problem.value).toBeNull());
  });
});

describe("a file that was refused", () => {
  it("has its faults by line, and no other refusal has any", () => {
    const faults = [{ line: 3, problem: "times", detail: "" }];
    const refused = new Problem("captions-refused", "", 422, "", { faults, more: 2 });
    expect(faultsOf(refused)).toEqual({ faults, more: 2 });
    expect(faultsOf(new Problem("offline", "", 0))).toEqual({ faults: [], more: 0 });
  });

  it("has its language in words", () => {
    expect(languageText("zh-Hans")).not.toBe("zh-Hans");
    expect(languageText("ug")).not.toBe("ug");
  });
});
