import { describe, expect, it } from "vitest";
import { SERVER_MESSAGE_TYPES, type ServerMessage } from "../src/protocol";
import {
  awayForS,
  classroomsOf,
  clockAt,
  labelOf,
  lecturerOf,
  MAX_CHAT_LINES,
  MAX_QUICK_MESSAGES,
  quickMessageKey,
  reduceRoom,
  seatOf,
  standstillOf,
  withHandled,
  type Room,
} from "../src/room";
import { linkMeasured, roomState, seat } from "./factories";

const NOTHING_ON = {
  video: false,
  audio: false,
  annotate: false,
  screen: false,
  file: false,
  text: false,
};

function entered(): Room {
  return reduceRoom(null, roomState(), 1_000) as Room;
}

function after(room: Room | null, ...messages: ServerMessage[]): Room {
  return messages.reduce<Room | null>((now, message) => reduceRoom(now, message, 2_000), room) as Room;
}

describe("entering", () => {
  it("knows nothing before the first room_state", () => {
    expect(reduceRoom(null, { type: "hands_changed", seq: 1, hands: ["site-a"] }, 0)).toBeNull();
  });

  it("takes everything from room_state", () => {
    const room = entered();
    expect(room.you).toBe("hub");
    expect(room.lesson.title).toBe("小雨沙沙");
    expect(room.recording.stored_s).toBe(58);
    expect(lecturerOf(room)?.seat_id).toBe("hub");
    expect(classroomsOf(room).map((one) => one.seat_id)).toEqual(["site-a", "site-b"]);
    expect(seatOf(room, "nobody")).toBeNull();
  });

  it("keeps quick messages and figures over a second room_state, and nothing else", () => {
    const before = after(
      entered(),
      { type: "quick_message_sent", seq: 2, seat_id: "site-a", kind: "slower", clock_ms: 5 },
      linkMeasured("site-a", { seq: 3 }),
      { type: "hands_changed", seq: 4, hands: ["site-a"] },
    );
    const room = after(before, roomState({ seq: 5 }));
    expect(room.quickMessages).toHaveLength(1);
    expect(room.links["site-a"]?.rtt_ms).toBe(80);
    expect(room.hands).toEqual([]);
  });
});

describe("quick messages in a room_state", () => {
  const sent = { seat_id: "site-a", kind: "cannot_hear", clock_ms: 700 } as const;
  const later = { seat_id: "site-b", kind: "need_help", clock_ms: 900 } as const;

  it("are there for a page that was loaded anew", () => {
    const room = after(null, roomState({ quick_messages: [sent, later] }));
    expect(room.quickMessages.map(quickMessageKey)).toEqual([
      "site-a/cannot_hear/700",
      "site-b/need_help/900",
    ]);
    expect(room.quickMessages.map((message) => message.number)).toEqual([1, 2]);
  });

  it("are not shown twice, and stay handled, after a reconnect", () => {
    const known = after(null, roomState({ quick_messages: [sent] }));
    const room = after(withHandled(known, 1), roomState({ quick_messages: [sent, later] }));
    expect(room.quickMessages.map((message) => message.isHandled)).toEqual([true, false]);
  });

  it("tell apart the same words said twice", () => {
    const again = { ...sent, clock_ms: 5_000 };
    const room = after(null, roomState({ quick_messages: [sent, again] }));
    expect(room.quickMessages).toHaveLength(2);
  });
});

describe("facts", () => {
  it("replace a seat, or append one that is new", () => {
    const room = after(
      entered(),
      { type: "seat_changed", seq: 2, seat: seat("site-a", { headcount: 24 }) },
      { type: "seat_changed", seq: 3, seat: seat("site-c") },
    );
    expect(room.seats.map((one) => one.seat_id)).toEqual(["hub", "site-a", "site-b", "site-c"]);
    expect(seatOf(room, "site-a")?.headcount).toBe(24);
  });

  it("set hands, stage, class permissions, pause and recording light", () => {
    const light = { is_recording: true, is_healthy: false, stored_s: 60, problem: "disk_full" };
    const room = after(
      entered(),
      { type: "hands_changed", seq: 2, hands: ["site-b", "site-a"] },
      { type: "stage_changed", seq: 3, stage: ["site-b"], stage_limit: 2 },
      { type: "class_permissions_changed", seq: 4, permissions: NOTHING_ON },
      { type: "pause_changed", seq: 5, is_paused: true },
      { type: "recording_changed", seq: 6, recording: light },
    );
    expect(room.hands).toEqual(["site-b", "site-a"]);
    expect([room.stage, room.stageLimit]).toEqual([["site-b"], 2]);
    expect(room.classPermissions).toEqual(NOTHING_ON);
    expect(room.isPaused).toBe(true);
    expect(room.recording).toEqual(light);
    expect(room.hasGap).toBe(false);
  });

  it("append chat, and keep no more than the server does", () => {
    let room = entered();
    for (let count = 0; count <= MAX_CHAT_LINES; count++) {
      const line = { clock_ms: count, seat_id: "hub", name: "李老师", text: `第 ${count} 句` };
      room = after(room, { type: "chat_said", seq: count + 2, line });
    }
    expect(room.chat).toHaveLength(MAX_CHAT_LINES);
    expect(room.chat[0]?.text).toBe("第 1 句");
  });

  it("number quick messages, bound them, and remember which were handled", () => {
    let room = entered();
    for (let count = 0; count <= MAX_QUICK_MESSAGES; count++) {
      room = after(room, {
        type: "quick_message_sent",
        seq: count + 2,
        seat_id: "site-a",
        kind: "cannot_hear",
        clock_ms: count,
      });
    }
    expect(room.quickMessages).toHaveLength(MAX_QUICK_MESSAGES);
    room = withHandled(room, 3);
    const handled = room.quickMessages.filter((message) => message.isHandled);
    expect(handled.map((message) => message.number)).toEqual([3]);
  });

  it("say that the lesson ended, and why", () => {
    const room = after(entered(), {
      type: "lesson_ended",
      seq: 2,
      reason: "shut_down",
      clock_ms: 90_000,
    });
    expect(room.ended).toEqual({ reason: "shut_down", clockMs: 90_000 });
  });
});

describe("gaps", () => {
  it("are noticed when a number is skipped, and the fact is applied all the same", () => {
    const room = after(entered(), { type: "hands_changed", seq: 3, hands: ["site-a"] });
    expect(room.hasGap).toBe(true);
    expect(room.hands).toEqual(["site-a"]);
  });

  it("last until a whole room_state, whatever follows", () => {
    const gap = after(
      entered(),
      { type: "hands_changed", seq: 3, hands: [] },
      { type: "hands_changed", seq: 4, hands: [] },
    );
    expect(gap.hasGap).toBe(true);
    const healed = after(gap, roomState({ seq: 5 }), { type: "hands_changed", seq: 6, hands: [] });
    expect(healed.hasGap).toBe(false);
  });
});

describe("answers", () => {
  const answers: ServerMessage[] = [
    { type: "publish_answer", ref: 1, sdp: "v=0" },
    { type: "subscribe_offer", revision: 1, sdp: "v=0", tracks: [] },
    { type: "return_ticket", ticket: "r1" },
    { type: "done", ref: 1 },
    { type: "error", ref: 1, code: "paused", detail: "" },
  ];

  it.each(answers)("$type changes nothing and is no gap", (answer) => {
    const room = entered();
    expect(reduceRoom(room, answer, 2_000)).toBe(room);
  });

  it("pong sets the lesson clock, which runs on from there", () => {
    const room = after(entered(), { type: "pong", ref: null, clock_ms: 75_000 });
    expect(clockAt(room.clock, 2_000)).toBe(75_000);
    expect(clockAt(room.clock, 3_500)).toBe(76_500);
    expect(clockAt({ clockMs: -5_000, at: 0 }, 1_000)).toBe(0);
  });

  it("together with facts are every message there is", () => {
    const facts = [
      "room_state",
      "seat_changed",
      "hands_changed",
      "stage_changed",
      "class_permissions_changed",
      "pause_changed",
      "recording_changed",
      "link_measured",
      "chat_said",
      "quick_message_sent",
      "lesson_ended",
      "layers_wanted",
      "pong",
    ];
    const tested = [...facts, ...answers.map((answer) => answer.type)].sort();
    expect(tested).toEqual([...SERVER_MESSAGE_TYPES].sort());
  });
});

describe("labels", () => {
  it("call a classroom by its school, and by its own name where a school has several", () => {
    const seats = [
      seat("hub", { role: "lecturer", name: "李老师", school: "示范中心小学" }),
      seat("site-a", { school: "示范村小", name: "多媒体教室" }),
      seat("site-b", { school: "甲教学点", name: "多媒体教室" }),
      seat("site-c", { school: "甲教学点", name: "二年级教室" }),
    ];
    const room = reduceRoom(null, roomState({ seats }), 0) as Room;
    expect(labelOf(room, "hub")).toBe("李老师");
    expect(labelOf(room, "site-a")).toBe("示范村小");
    expect(labelOf(room, "site-c")).toBe("甲教学点 二年级教室");
    expect(labelOf(room, "nobody")).toBe("nobody");
  });
});

describe("a seat whose sending stands still", () => {
  const sending = { publishing: ["camera", "microphone"] as const };

  it.each([
    [[], null],
    [["camera"], "picture"],
    [["microphone"], "sound"],
    [["camera", "microphone"], "line"],
    [["screen"], null],
  ] as const)("with %j still is told as %s", (stalled, expected) => {
    expect(standstillOf(seat("a", { ...sending, stalled }))).toBe(expected);
  });

  it("is not one that muted itself, or that is away", () => {
    const stalled = ["camera", "microphone"] as const;
    expect(standstillOf(seat("a", { ...sending, stalled, muted: ["camera"] }))).toBe("line");
    const muted = ["camera", "microphone"] as const;
    expect(standstillOf(seat("a", { ...sending, stalled, muted }))).toBeNull();
    expect(standstillOf(seat("a", { ...sending, stalled, is_present: false }))).toBeNull();
  });
});

it("how long a seat has been away goes by the lesson clock", () => {
  const room = reduceRoom(null, roomState({ clock_ms: 60_000 }), 1_000) as Room;
  expect(awayForS(seat("a", { away_since_ms: 52_500 }), room, 1_000)).toBe(7);
  expect(awayForS(seat("a", { away_since_ms: 52_500 }), room, 3_500)).toBe(10);
  expect(awayForS(seat("a", { away_since_ms: null }), room, 3_500)).toBe(0);
});
