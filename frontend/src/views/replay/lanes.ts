/** Which pictures there are at a moment of a replay, and which of them is the large one. */
import type { Clip, Replay, Span } from "@/api";

export const HUB = "hub";
/** A clip is loaded this long before its time, so that it is there when its time comes. */
export const LOAD_AHEAD_MS = 6_000;

export type Group = "camera" | "screen" | "second_camera";

/** One camera or screen. */
export interface Picture {
  key: string;
  seatId: string;
  name: string;
  group: string;
}

/** All clips of one camera or screen. */
export interface Lane extends Picture {
  clips: Clip[];
}

export function laneKey(clip: { seat_id: string; group: string }): string {
  return `${clip.seat_id}/${clip.group}`;
}

export function endOf(clip: Pick<Clip, "start_ms" | "duration_ms">): number {
  return clip.start_ms + clip.duration_ms;
}

const ORDER: Record<string, number> = { camera: 0, screen: 1, second_camera: 2 };

/** The hub's lanes first, then the classrooms' in the order of their first appearance. */
export function lanesOf(clips: readonly Clip[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const clip of [...clips].sort((a, b) => a.start_ms - b.start_ms)) {
    const key = laneKey(clip);
    const lane = lanes.get(key);
    if (lane !== undefined) lane.clips.push(clip);
    else lanes.set(key, { key, seatId: clip.seat_id, name: clip.name, group: clip.group, clips: [clip] });
  }
  return inOrder([...lanes.values()]);
}

/** The hub's first, then the others as they come. */
export function inOrder<T extends Pick<Picture, "seatId" | "group">>(pictures: readonly T[]): T[] {
  const rank = (each: T): number => (each.seatId === HUB ? 0 : 10) + (ORDER[each.group] ?? 5);
  return [...pictures].sort((a, b) => rank(a) - rank(b));
}

function covers(span: Span, ms: number): boolean {
  return span.from_ms <= ms && ms < span.to_ms;
}

/** Whether a clip's time is now; a classroom's also needs it to be on stage. */
export function isOn(clip: Clip, ms: number, stage: Replay["stage"]): boolean {
  if (!covers({ from_ms: clip.start_ms, to_ms: endOf(clip) }, ms)) return false;
  return clip.seat_id === HUB || stage.some((span) => span.seat_id === clip.seat_id && covers(span, ms));
}

/** The clips to have loaded at `ms`: those on now, and those soon to be. */
export function clipsToLoad(replay: { clips: readonly Clip[]; stage: Replay["stage"] }, ms: number): Clip[] {
  return replay.clips.filter(
    (clip) =>
      isOn(clip, ms, replay.stage) || (clip.start_ms <= ms + LOAD_AHEAD_MS && ms < endOf(clip)),
  );
}

/**
 * The lanes shown at `ms`: the hub's camera always (its absence is said), others while on.
 *
 * At most one clip of a lane is on at a time.
 */
export function shownLanes(lanes: readonly Lane[], ms: number, stage: Replay["stage"]): Lane[] {
  return lanes.filter(
    (lane) =>
      (lane.seatId === HUB && lane.group === "camera") || lane.clips.some((clip) => isOn(clip, ms, stage)),
  );
}

/** The large picture: the viewer's choice while it is on, else a shared screen, a board under a second camera, the teacher. */
export function mainLane<T extends Picture>(shown: readonly T[], chosen: string | null): T | undefined {
  return (
    shown.find((lane) => lane.key === chosen) ??
    shown.find((lane) => lane.group === "screen") ??
    shown.find((lane) => lane.seatId === HUB && lane.group === "second_camera") ??
    shown.find((lane) => lane.seatId === HUB) ??
    shown[0]
  );
}

/** The clip all others follow: the hub's camera, or whatever sounds, or whatever is on. */
export function leaderOf(on: readonly Clip[]): Clip | undefined {
  return (
    on.find((clip) => clip.seat_id === HUB && clip.group === "camera") ??
    on.find((clip) => clip.has_audio) ??
    on[0]
  );
}

/** The stretches of [0, durationMs] in which the hub's camera shows nothing, from a second on. */
export function holesOf(clips: readonly Clip[], durationMs: number): Span[] {
  const seen = clips
    .filter((clip) => clip.seat_id === HUB && clip.group === "camera" && clip.has_video)
    .sort((a, b) => a.start_ms - b.start_ms);
  const holes: Span[] = [];
  let until = 0;
  for (const clip of seen) {
    if (clip.start_ms > until) holes.push({ from_ms: until, to_ms: clip.start_ms });
    until = Math.max(until, endOf(clip));
  }
  if (until < durationMs) holes.push({ from_ms: until, to_ms: durationMs });
  return holes.filter((hole) => hole.to_ms - hole.from_ms >= 1000);
}
