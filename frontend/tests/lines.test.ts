import { afterEach, describe, expect, it } from "vitest";
import type { LineFigures } from "../src/api";
import { i18n } from "../src/i18n";
import { ENOUGH_BPS, isNarrowed, UplinkWatch } from "../src/media/uplink";
import { LEGS, LINK_CAUSES, type PlannedTrack } from "../src/protocol";
import { reduceRoom, type Room } from "../src/room";
import { eventText } from "../src/views/admin/events";
import { historyTexts, measuredDown, measuredUp, qualityText } from "../src/views/admin/line-text";
import { lineNotice } from "../src/views/classroom/line-notice";
import {
  delayText,
  keptOf,
  lossText,
  pictureText,
  sizeOf,
  troubleText,
  type Reader,
} from "../src/views/live/line-words";
import { linkMeasured, roomState, seat } from "./factories";

const READERS: readonly Reader[] = ["tile", "watched", "own", "hub"];

function say(locale: "zh" | "en"): void {
  i18n.global.locale.value = locale as never;
}

afterEach(() => say("zh"));

function planned(change: Partial<PlannedTrack> = {}): PlannedTrack {
  return { seat_id: "hub", source: "camera", layer: 2, top_layer: 2, kbps: 900, ...change };
}

const VOICE = planned({ source: "microphone", layer: 0, top_layer: 0 });

describe.each(["zh", "en"] as const)("what is wrong with a line, in %s", (locale) => {
  it("has a sentence of its own for every cause and every reader", () => {
    say(locale);
    for (const reader of READERS) {
      const sentences = new Set<string>();
      for (const cause of LINK_CAUSES) {
        const measured = linkMeasured("site-a", { cause, loss_up_percent: 31, loss_down_percent: 12.4, rtt_ms: 620 });
        const sentence = troubleText(measured, reader) ?? "";
        expect(sentence, `${reader} ${cause}`).not.toMatch(/live\.|\{|^$/);
        sentences.add(sentence);
      }
      expect(sentences.size).toBeGreaterThan(LINK_CAUSES.length - 2);
    }
  });

  it("has words for the classroom itself and for the record", () => {
    say(locale);
    for (const cause of LINK_CAUSES) {
      const words = lineNotice(seat("a", { link: "weak" }), linkMeasured("a", { cause, plan: [planned({ layer: null })] }));
      expect(words?.text, cause).not.toMatch(/classroom\.|\{|^$/);
      expect(words?.hint ?? "", cause).not.toMatch(/classroom\.|\{/);
      const said = eventText({
        type: "link_changed",
        seat_id: "a",
        seat_name: "示范三小",
        actor: null,
        actor_name: null,
        payload: { link: "weak", cause, leg: null, loss_down: 0.124, loss_up: null, rtt_ms: 620 },
      });
      expect(said, cause).not.toMatch(/live\.|admin\.|\{/);
    }
  });
});

describe.each(["zh", "en"] as const)("the details, in %s", (locale) => {
  it("say what every cause means, of a classroom and of the hub", () => {
    say(locale);
    for (const cause of LINK_CAUSES) {
      for (const whose of ["means", "means_hub"]) {
        expect(i18n.global.te(`live.details.${whose}.${cause}`), `${whose} ${cause}`).toBe(true);
      }
    }
  });
});

describe("the sentence at the teacher", () => {
  it("names the leg with its figure", () => {
    const lost = { loss_up_percent: 31, loss_down_percent: 12.4 };
    expect(troubleText(linkMeasured("a", { cause: "loss_down", bad_leg: "down", ...lost }), "tile")).toBe("下行丢包 12 %");
    expect(troubleText(linkMeasured("a", { cause: "loss_up", bad_leg: "up", ...lost }), "tile")).toBe("上行丢包 31 %");
    expect(troubleText(linkMeasured("hub", { cause: "loss_up", bad_leg: "up", ...lost }), "own")).toBe(
      "您的上行不足, 送出的丢了 31 %",
    );
    expect(troubleText(linkMeasured("a", { cause: "hub_up" }), "tile")).toBe("受您的上行影响");
    expect(troubleText(linkMeasured("a", { cause: "hub_up" }), "watched")).toBe("受老师的上行影响");
  });

  it("tells which way is silent, or both", () => {
    const said = [...LEGS, null].map((leg) => troubleText(linkMeasured("a", { cause: "silent", bad_leg: leg }), "tile"));
    expect(new Set(said).size).toBe(3);
  });

  it("is none where nothing is wrong or nothing is known", () => {
    expect(troubleText(linkMeasured("a"), "tile")).toBeNull();
    expect(troubleText(undefined, "tile")).toBeNull();
  });

  it("stands in the record with the words of that moment, and without a cause with the line's word", () => {
    const event = { type: "link_changed", seat_id: "a", seat_name: "示范三小", actor: null, actor_name: null };
    const lost = { link: "weak", cause: "loss_down", loss_down: 0.124 };
    expect(eventText({ ...event, payload: lost })).toBe("示范三小 的线路: 下行丢包 12 %");
    expect(eventText({ ...event, payload: { link: "good", cause: null } })).toBe("示范三小 的线路: 良好");
    expect(eventText({ ...event, payload: { link: "weak" } })).toBe("示范三小 的线路: 较慢");
  });
});

describe("the classroom's own line", () => {
  it("says which pictures stand still", () => {
    const me = seat("a", { link: "sound_only" });
    const all = linkMeasured("a", { cause: "narrow_down", plan: [VOICE, planned({ layer: null })] });
    expect(lineNotice(me, all)).toEqual({ text: "网络较慢, 先保证声音", hint: "画面停在最后一张, 网络变好会自动恢复" });
    const some = { ...all, plan: [...all.plan, planned({ source: "screen" })] };
    expect(lineNotice(me, some)?.hint).toBe("有的画面先不动, 网络变好会自动恢复");
  });

  it("offers to save only to who does not save yet", () => {
    const lossy = linkMeasured("a", { cause: "loss_down" });
    expect(lineNotice(seat("a", { link: "weak" }), lossy)?.hint).toContain("省流量");
    expect(lineNotice(seat("a", { link: "weak", is_saving: true }), lossy)?.hint).toBeUndefined();
  });

  it("is calm about a satellite, and about a line that is not measured yet", () => {
    const far = linkMeasured("a", { cause: "delay", rtt_ms: 620 });
    expect(lineNotice(seat("a", { link: "good" }), far)).toBeNull();
    expect(lineNotice(seat("a", { link: "weak" }), far)?.text).toContain("约 0.6 秒");
    expect(lineNotice(seat("a", { link: "unknown" }), far)).toBeNull();
    expect(lineNotice(seat("a", { link: "weak" }), null)).toBeNull();
  });
});

describe("figures in words", () => {
  it.each([
    [null, "还没有测到"],
    [80, "没有感觉 (80 毫秒)"],
    [260, "稍有延时, 来回约 0.3 秒"],
    [620, "延时明显, 来回约 0.6 秒; 问完请等一等"],
    [1400, "延时很长, 来回约 1.4 秒; 问完请多等一等"],
  ])("says a delay of %s ms", (ms, text) => {
    expect(delayText(ms)).toBe(text);
  });

  it.each([
    [null, "还没有测到"],
    [0, "没有丢失"],
    [2.25, "很少, 2.3 %"],
    [5, "有一些, 5 %"],
    [12.4, "很多, 12 %"],
  ])("says a loss of %s percent", (percent, text) => {
    expect(lossText(percent)).toBe(text);
  });

  it("names the size of a picture by the largest there is", () => {
    expect([0, 1, 2, null].map((layer) => sizeOf({ layer, top_layer: 2 }))).toEqual(["small", "medium", "clear", "held"]);
    expect([0, 1].map((layer) => sizeOf({ layer, top_layer: 1 }))).toEqual(["small", "clear"]);
    expect(sizeOf({ layer: 0, top_layer: 0 })).toBe("clear");
  });

  it("knows what has become of the pictures", () => {
    expect(keptOf([VOICE])).toBeNull();
    expect(keptOf([VOICE, planned()])).toBeNull();
    expect(keptOf([VOICE, planned({ layer: null })])).toBe("sound");
    expect(keptOf([planned({ layer: null }), planned({ source: "screen" })])).toBe("some");
    // Held-back sound alone is no picture that stands still.
    expect(keptOf([{ ...VOICE, layer: null }, planned()])).toBeNull();
  });

  it("says what a classroom sees in one word", () => {
    const at = (plan: readonly PlannedTrack[]): string | null => pictureText(seat("a"), linkMeasured("a", { plan }), "hub");
    expect(at([VOICE, planned()])).toBe("清晰");
    expect(at([VOICE, planned({ layer: 1 })])).toBe("中等");
    expect(at([VOICE, planned({ layer: 0 })])).toBe("较小");
    expect(at([VOICE, planned({ layer: null })])).toBe("只有声音");
    expect(at([])).toBeNull();
    expect(pictureText(seat("a", { is_saving: true }), undefined, "hub")).toContain("省流量");
  });
});

describe("what was measured in a lesson", () => {
  const figures: LineFigures = {
    measured_at: "2026-11-22T02:00:00Z",
    reports: 9,
    estimate_down_kbps: 3_640,
    estimate_down_low_kbps: 2_000,
    down_kbps: 900,
    down_high_kbps: 1_900,
    up_kbps: 300,
    up_high_kbps: 420,
    rtt_ms: 80,
    rtt_high_ms: 120,
    loss_down_permille: 23,
    loss_down_high_permille: 90,
    loss_up_permille: 120,
    loss_up_high_permille: 400,
  };
  const nothing = Object.fromEntries(Object.keys(figures).map((name) => [name, null])) as unknown as LineFigures;

  it("is said as what it shows: an estimate, or the least that the line carries", () => {
    expect(measuredDown(figures)).toBe("约 3.6 Mbit/s");
    expect(measuredDown({ ...figures, estimate_down_kbps: null })).toBe("至少 1.9 Mbit/s");
    expect(measuredUp(figures)).toBe("至少 0.4 Mbit/s");
    expect(qualityText(figures)).toBe("来回 80 毫秒 · 收到时丢 2.3 % · 发出时丢 12 %");
  });

  it("says nothing of what was not measured, also where an event lacks it", () => {
    for (const empty of [nothing, {} as LineFigures]) {
      expect([measuredDown(empty), measuredUp(empty), qualityText(empty)]).toEqual(["未测到", "未测到", ""]);
    }
    expect(measuredUp({ ...figures, up_high_kbps: 0 })).toBe("未测到");
  });

  it("is an event of the record", () => {
    const event = { type: "link_summary", seat_id: "a", seat_name: "示范三小", actor: null, actor_name: null };
    expect(eventText({ ...event, payload: { ...figures } })).toBe(
      "示范三小 的线路实测: 下行 约 3.6 Mbit/s, 上行 至少 0.4 Mbit/s; 来回 80 毫秒 · 收到时丢 2.3 % · 发出时丢 12 %",
    );
  });
});

describe("figures of seats that left", () => {
  const room = [roomState(), linkMeasured("site-a", { seq: 2 }), linkMeasured("site-b", { seq: 3 })].reduce<Room | null>(
    (now, message) => reduceRoom(now, message, 0),
    null,
  ) as Room;

  it("are forgotten with the seat's going, and kept for the others", () => {
    const away = seat("site-a", { is_present: false, away_since_ms: 5, link: "away" });
    const after = reduceRoom(room, { type: "seat_changed", seq: 4, seat: away }, 0) as Room;
    expect(Object.keys(after.links)).toEqual(["site-b"]);
    const same = reduceRoom(room, { type: "seat_changed", seq: 4, seat: seat("site-a") }, 0) as Room;
    expect(same.links).toBe(room.links);
  });

  it("are forgotten by a whole state too", () => {
    const state = roomState({ seq: 9, seats: [seat("hub"), seat("site-a"), seat("site-b", { is_present: false })] });
    expect(Object.keys((reduceRoom(room, state, 0) as Room).links)).toEqual(["site-a"]);
  });
});

describe("the sender's own line", () => {
  const pair = (bps: number): object => ({ type: "candidate-pair", nominated: true, availableOutgoingBitrate: bps });
  const video = (reason: string, active = true): object => ({
    type: "outbound-rtp",
    kind: "video",
    active,
    qualityLimitationReason: reason,
  });
  const look = (...figures: object[]): boolean | null => isNarrowed(figures as never);

  it("is narrow with a small figure and the encoder's word for it, and not with one of them", () => {
    expect(look(pair(ENOUGH_BPS - 1), video("bandwidth"))).toBe(true);
    expect(look(pair(ENOUGH_BPS), video("bandwidth"))).toBe(false);
    expect(look(pair(ENOUGH_BPS - 1), video("cpu"))).toBe(false);
    expect(look(video("bandwidth"))).toBe(false);
    expect(look(pair(1), video("bandwidth", false))).toBeNull();
    expect(look(pair(1), { type: "outbound-rtp", kind: "audio" })).toBeNull();
  });

  it("is told when it lasts, and taken back when it is over or nothing is sent", () => {
    const watch = new UplinkWatch();
    expect([true, true, true, false, true, true, true, true].map((now) => watch.look(now))).toEqual([
      ...Array<boolean>(7).fill(false),
      true,
    ]);
    expect([false, false, true, false, false, false].map((now) => watch.look(now))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([true, true, true, true, null].map((now) => watch.look(now))).toEqual([false, false, false, true, false]);
  });
});

describe.each(["zh", "en"] as const)("a line over its last lessons, in %s", (locale) => {
  const same = (value: number) => ({ p10: value, p50: value, p90: value });

  it("tells the usual figure between a bad and a good one", () => {
    say(locale);
    const texts = historyTexts({
      lessons: 12,
      down_kbps: { p10: 64, p50: 2700, p90: 12_000 },
      up_kbps: same(500),
      rtt_ms: same(80),
      loss_down_permille: { p10: 0, p50: 0, p90: 25 },
      loss_up_permille: null,
    });
    expect(texts).toHaveLength(4);
    expect(texts[0]).toMatch(/2\.7 Mbit\/s.*64 kbit\/s.*12 Mbit\/s/);
    expect(texts[3]).toMatch(/2\.5/);
    for (const text of texts) expect(text).not.toMatch(/admin\.|\{/);
  });

  it("keeps quiet about what was not measured, and about no loss", () => {
    say(locale);
    const nothing = { down_kbps: null, up_kbps: null, rtt_ms: null, loss_up_permille: null };
    expect(historyTexts({ lessons: 1, ...nothing, loss_down_permille: same(0) })).toEqual([]);
  });
});
