/**
 * Which pictures stand on the classroom's screen, in which order and in which grid.
 *
 * Everything here is about seats; whether a picture has come yet is the page's matter, so a
 * cell keeps its place while its track is renewed.
 */
import type { MediaSource } from "@/protocol";

/** One cell. `own` is this classroom's own camera, shown from the device itself. */
export interface Cell {
  readonly kind: "teacher" | "second" | "stage" | "own";
  readonly seatId: string;
  readonly source: MediaSource;
}

export interface Scene {
  readonly hub: string | null;
  /** Who is on stage, the longest there first; this classroom may be among them. */
  readonly stage: readonly string[];
  readonly you: string;
  readonly hasSecond: boolean;
  /** This classroom's camera is open. */
  readonly hasOwn: boolean;
}

export interface Arrangement {
  readonly cells: readonly Cell[];
  /** Own picture small in a corner: nobody else is on stage with us. */
  readonly isOwnSmall: boolean;
}

/** Return the cells, the teacher first. On stage with others, this classroom is one of them. */
export function arrange(scene: Scene): Arrangement {
  const { hub, stage, you } = scene;
  const others = stage.filter((seatId) => seatId !== you);
  const showsOwn = scene.hasOwn && stage.includes(you);
  const cells: Cell[] = [];
  if (hub !== null) cells.push({ kind: "teacher", seatId: hub, source: "camera" });
  if (hub !== null && scene.hasSecond) {
    cells.push({ kind: "second", seatId: hub, source: "second_camera" });
  }
  for (const seatId of stage) {
    if (seatId !== you) cells.push({ kind: "stage", seatId, source: "camera" });
    else if (showsOwn && others.length > 0) cells.push({ kind: "own", seatId, source: "camera" });
  }
  return { cells, isOwnSmall: showsOwn && others.length === 0 };
}

/**
 * Return the name of the grid: with one column a picture fills the screen; with two they
 * stand side by side; three put the teacher large on the left; four are a square; five (the
 * teacher's two pictures and three classrooms) give the teacher two of six places.
 */
export function gridOf(cells: number): "full" | "pair" | "lead" | "square" | "six" {
  if (cells <= 1) return "full";
  if (cells === 2) return "pair";
  if (cells === 3) return "lead";
  return cells === 4 ? "square" : "six";
}
