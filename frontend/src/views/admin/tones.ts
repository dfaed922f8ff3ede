/** Which tone a state is shown in. The word beside it says the state; the tone only helps the eye. */
import type { Tone } from "@/components/office/StateTag.vue";

const RECORDING: Record<string, Tone> = {
  ARMED: "waiting",
  RECORDING: "live",
  GAP: "warning",
  FINALISING: "waiting",
  SEALED: "waiting",
  PROCESSING: "waiting",
  READY: "good",
  PUBLISHED: "good",
  BROKEN: "bad",
  REPAIRED: "good",
  WITHDRAWN: "plain",
  EXPIRED: "plain",
  PURGED: "plain",
};

const LESSON: Record<string, Tone> = {
  LIVE: "live",
  PAUSED_ALL: "live",
  ENDED: "plain",
  STOPPED_INCIDENT: "bad",
  VERIFIED: "good",
  CREDITED: "good",
  CANCELLED: "warning",
  MISSED: "bad",
  MADE_UP: "good",
};

const ATTENDANCE: Record<string, Tone> = {
  OPEN: "waiting",
  AUTO_CLOSED: "warning",
  CONFIRMED: "good",
  LOCKED: "good",
};

/** Whether a recording in this state has a replay: that of BROKEN that was made after all is REPAIRED. */
export function isPlayableState(state: string | undefined): boolean {
  return state === "READY" || state === "REPAIRED" || state === "PUBLISHED";
}

export function recordingTone(state: string): Tone {
  return RECORDING[state] ?? "plain";
}

export function lessonTone(state: string): Tone {
  return LESSON[state] ?? "waiting";
}

export function attendanceTone(state: string): Tone {
  return ATTENDANCE[state] ?? "plain";
}
