/** Messages of `classroom.v1` with everything defaulted but the point of the test. */
import type { LinkMeasured, Permissions, RoomState, Seat } from "../src/protocol";

export const ALL_ON: Permissions = {
  video: true,
  audio: true,
  annotate: true,
  screen: true,
  file: true,
  text: true,
};

export function seat(seatId: string, change: Partial<Seat> = {}): Seat {
  return {
    seat_id: seatId,
    role: "classroom",
    name: `教室 ${seatId}`,
    school: "示范村小",
    is_present: true,
    away_since_ms: null,
    permissions: ALL_ON,
    is_on_stage: false,
    hand_raised_at_ms: null,
    headcount: null,
    muted: [],
    publishing: [],
    stalled: [],
    link: "good",
    is_echoing: false,
    is_blocked: false,
    is_saving: false,
    ...change,
  };
}

export function linkMeasured(seatId: string, change: Partial<LinkMeasured> = {}): LinkMeasured {
  return {
    type: "link_measured",
    seq: 2,
    seat_id: seatId,
    link: "good",
    rtt_ms: 80,
    loss_up_percent: 0,
    loss_down_percent: 0,
    kbps_up: 300,
    kbps_down: 900,
    estimate_down_kbps: null,
    budget_down_kbps: null,
    budget_up_kbps: null,
    cause: null,
    bad_leg: null,
    plan: [],
    ...change,
  };
}

export function roomState(change: Partial<RoomState> = {}): RoomState {
  return {
    type: "room_state",
    seq: 1,
    you: "hub",
    role: "lecturer",
    lesson: {
      lesson_id: "lesson-1",
      session_id: "session-1",
      kind: "DELIVERY",
      title: "小雨沙沙",
      subject: "音乐",
      grade: "三年级",
      hub_school: "示范中心小学",
      lecturer: "李老师",
      planned_start: "2026-11-22T01:00:00Z",
      planned_end: "2026-11-22T01:40:00Z",
      is_recorded: true,
    },
    clock_ms: 60_000,
    is_paused: false,
    class_permissions: ALL_ON,
    stage: [],
    stage_limit: 1,
    hands: [],
    seats: [seat("hub", { role: "lecturer" }), seat("site-a"), seat("site-b")],
    chat: [],
    quick_messages: [],
    is_resumed: false,
    recording: { is_recording: true, is_healthy: true, stored_s: 58, problem: null },
    ...change,
  };
}
