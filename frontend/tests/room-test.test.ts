import { expect, it } from "vitest";
import type { RoomFigures } from "../src/api";
import {
  BIN_MS,
  binned,
  figuresOf,
  judgeRoom,
  levelAt,
  likeness,
  PLAYED_MS,
  speechLike,
  type Frame,
  type Heard,
  type RoomVerdict,
} from "../src/media/room-test";

const { samples, bins } = speechLike(48_000);

const FINE: RoomFigures = {
  noise_db: -60,
  heard_db: -32,
  voice_db: -24,
  clipped_percent: 0,
  echo_db: null,
  echo_delay_ms: null,
};

it.each<[Partial<RoomFigures>, RoomVerdict]>([
  [{}, "good"],
  [{ heard_db: -55 }, "unheard"],
  [{ echo_db: -40, echo_delay_ms: 200 }, "echo"],
  [{ clipped_percent: 3 }, "clipping"],
  [{ voice_db: -45 }, "quiet"],
  [{ noise_db: -38, heard_db: -20, voice_db: -33 }, "quiet"],
  [{ noise_db: -40, heard_db: -20 }, "noisy"],
])("a room with %o is %s", (change, verdict) => {
  expect(judgeRoom({ ...FINE, ...change })).toBe(verdict);
});

it("what stops a lesson is said before what only disturbs it", () => {
  const bad = { ...FINE, noise_db: -40, heard_db: -38, voice_db: -50, clipped_percent: 9 };
  expect(judgeRoom(bad)).toBe("unheard");
  expect(judgeRoom({ ...bad, heard_db: -20, echo_db: -30, echo_delay_ms: 80 })).toBe("echo");
});

it("what is played sounds for six seconds, stays below full scale and rises and falls", () => {
  expect(samples.length).toBe((48_000 * PLAYED_MS) / 1000);
  const peak = samples.reduce((loudest, each) => Math.max(loudest, Math.abs(each)), 0);
  expect(peak).toBeGreaterThan(0.3);
  expect(peak).toBeLessThan(1);
  expect(bins.length).toBe(PLAYED_MS / BIN_MS);
  expect(Math.max(...bins) - Math.min(...bins)).toBeGreaterThan(30);
  expect(speechLike(48_000).bins).toEqual(bins);
});

/** A generator of 0..1, the same each time. */
function chances(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

/** What a microphone hears of the loudspeaker at `gainDb`, `delayMs` later, over noise. */
function heardOf(gainDb: number | null, delayMs: number, noiseDb: number, seed = 1): Frame[] {
  const chance = chances(seed);
  const frames: Frame[] = [];
  for (let atMs = 0; atMs < PLAYED_MS + 1_480; atMs += 20) {
    const played = bins[Math.floor((atMs - delayMs) / BIN_MS)];
    const echo = gainDb === null || played === undefined ? 0 : 10 ** ((played + gainDb) / 10);
    const noise = 10 ** ((noiseDb + 4 * chance() - 2) / 10);
    frames.push({ atMs: 1_000 + atMs, db: 10 * Math.log10(echo + noise), peak: 0.3 });
  }
  return frames;
}

function frames(db: number, peak = 0.2, count = 100): Frame[] {
  return Array.from({ length: count }, (_, at) => ({ atMs: at * 20, db: db + (at % 5), peak }));
}

function heard(change: Partial<Heard> = {}): Heard {
  return {
    quiet: frames(-62),
    raw: heardOf(-6, 120, -60),
    cancelled: heardOf(null, 0, -62),
    cancelledFromMs: 1_000,
    voice: frames(-28),
    spoken: frames(-30),
    ...change,
  };
}

it("a room that works is measured as one", () => {
  const figures = figuresOf(heard(), bins);
  expect(figures.echo_db).toBeNull();
  expect(figures.heard_db).toBeGreaterThan(figures.noise_db + 15);
  expect(judgeRoom(figures)).toBe("good");
});

it.each([
  [80, -10],
  [240, -16],
  [700, -20],
  [1_300, -12],
])("an echo %i ms late is found with its delay", (delayMs, gainDb) => {
  const figures = figuresOf(heard({ cancelled: heardOf(gainDb, delayMs, -58) }), bins);
  expect(figures.echo_delay_ms).not.toBeNull();
  expect(Math.abs((figures.echo_delay_ms ?? 0) - delayMs)).toBeLessThanOrEqual(BIN_MS);
  expect(judgeRoom(figures)).toBe("echo");
});

it("twenty rooms full of noise and chatter have no echo", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const chance = chances(seed * 7919);
    const chatter = heardOf(null, 0, -60, seed).map((frame, at) => ({
      ...frame,
      db: Math.floor(at / (4 + (seed % 9))) % 2 === 0 ? frame.db : -30 - 8 * chance(),
    }));
    expect(figuresOf(heard({ cancelled: chatter }), bins).echo_db).toBeNull();
    const noise = heardOf(null, 0, -50, seed);
    expect(figuresOf(heard({ cancelled: noise }), bins).echo_db).toBeNull();
  }
});

it("what echo cancellation lets through while it learns is no echo", () => {
  const learning = heardOf(-6, 120, -60).filter((frame) => frame.atMs < 2_600);
  const calm = heardOf(null, 0, -62).filter((frame) => frame.atMs >= 2_600);
  expect(figuresOf(heard({ cancelled: [...learning, ...calm] }), bins).echo_db).toBeNull();
});

it("a silent loudspeaker, a distorted and a distant voice are told apart", () => {
  const unheard = figuresOf(heard({ raw: heardOf(null, 0, -60) }), bins);
  expect(judgeRoom(unheard)).toBe("unheard");
  expect(judgeRoom(figuresOf(heard({ spoken: frames(-3, 1) }), bins))).toBe("clipping");
  expect(judgeRoom(figuresOf(heard({ voice: frames(-58) }), bins))).toBe("quiet");
});

it("nothing heard at all is silence, not a fault of ours", () => {
  const figures = figuresOf(heard({ quiet: [], raw: [], cancelled: [], voice: [], spoken: [] }), bins);
  expect(figures).toEqual({
    noise_db: -120,
    heard_db: -120,
    voice_db: -120,
    clipped_percent: 0,
    echo_db: null,
    echo_delay_ms: null,
  });
});

it("frames fall into bins, and a bin without one holds the level before", () => {
  const some = [10, 30, 110].map((atMs) => ({ atMs: 500 + atMs, db: -atMs, peak: 0 }));
  expect(binned([...some, { atMs: 499, db: 0, peak: 0 }], 500, 5)).toEqual([-10, -10, -110, -110, -110]);
});

it("a hum is like nothing", () => {
  expect(likeness(bins, Array<number>(bins.length).fill(-40))).toEqual({ alike: 0, delayMs: 0 });
});

it("levels are read from softest to loudest", () => {
  expect(levelAt(frames(-20, 0, 5), 0)).toBe(-20);
  expect(levelAt(frames(-20, 0, 5), 1)).toBe(-16);
});
