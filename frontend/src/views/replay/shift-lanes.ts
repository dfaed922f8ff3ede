/** The pictures of a lesson that is played from its parts: they become more while it runs. */
import type { Chapter, ShiftLane, ShiftTrack, Span } from "@/api";
import { HUB, inOrder, laneKey, type Picture } from "./lanes";

/** A camera or screen, and what is played of it. */
export interface ShiftPicture extends Picture {
  tracks: readonly ShiftTrack[];
}

/** What a track is whatever its link: a link of another hour has another proof. */
export function trackKey(track: ShiftTrack): string {
  return track.url.split("?")[0] ?? track.url;
}

/**
 * Return what there is after the server was asked again, the hub's first.
 *
 * A track that was known stays the same object, so that what plays it goes on; what is not told of any more
 * stays as well: it was recorded.
 */
export function joined(known: readonly ShiftLane[], told: readonly ShiftLane[]): ShiftLane[] {
  const tracks = new Map(known.flatMap((lane) => lane.tracks.map((track) => [trackKey(track), track])));
  const news = told.map((lane) => ({
    ...lane,
    tracks: lane.tracks.map((track) => tracks.get(trackKey(track)) ?? track),
  }));
  const isTold = new Set(told.map(laneKey));
  const all = [...news, ...known.filter((lane) => !isTold.has(laneKey(lane)))];
  return inOrder(all.map((lane) => ({ lane, seatId: lane.seat_id, group: lane.group }))).map(({ lane }) => lane);
}

export function pictureOf(lane: ShiftLane): ShiftPicture {
  return { key: laneKey(lane), seatId: lane.seat_id, name: lane.name, group: lane.group, tracks: lane.tracks };
}

/** The pictures shown where `listed` is recorded: the teacher's camera always, whose absence is said. */
export function shownPictures(pictures: readonly ShiftPicture[], listed: readonly ShiftTrack[]): ShiftPicture[] {
  const isListed = (each: ShiftPicture): boolean => each.tracks.some((track) => listed.includes(track));
  return pictures.filter((each) => (each.seatId === HUB && each.group === "camera") || isListed(each));
}

/** From when until when there is anything to play. `lanes`: at least one. */
export function extentOf(lanes: readonly ShiftLane[]): { fromMs: number; untilMs: number } {
  return {
    fromMs: Math.min(...lanes.map((lane) => lane.from_ms)),
    untilMs: Math.max(...lanes.map((lane) => lane.until_ms)),
  };
}

/** What is marked on the time axis. */
export interface Marks {
  stage: (Span & { name: string })[];
  pauses: Span[];
  holes: Span[];
}

/** Of the chapters of what there is between two moments; before there is anything is a hole. */
export function marksOf(chapters: readonly Chapter[], fromMs: number, untilMs: number): Marks {
  const inside = chapters.filter((chapter) => chapter.from_ms < untilMs);
  const ofKind = (kind: Chapter["kind"]): Chapter[] => inside.filter((chapter) => chapter.kind === kind);
  return {
    stage: ofKind("STAGE").map((chapter) => ({ ...chapter, name: chapter.name ?? "" })),
    pauses: ofKind("PAUSE"),
    holes: [{ from_ms: 0, to_ms: fromMs }, ...ofKind("HOLE")],
  };
}
