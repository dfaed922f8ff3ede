/**
 * The sound test of a classroom: is the loudspeaker heard, does it echo, is the microphone loud
 * enough and not too loud, how quiet is the room. What is measured is kept as figures, and
 * judged here, for the classroom's screen and for its administrator alike.
 *
 * Something like speech is played twice: once with the microphone as it is, to know what the
 * room does, and once as lessons open it, with the browser's echo cancellation, to know what
 * of it would come back to the teacher. Levels are dB below full scale.
 */
import type { RoomFigures } from "../api";
import { openMicrophone, openRawMicrophone } from "./devices";

export const BIN_MS = 40;
export const PLAYED_MS = 6_000;
const QUIET_MS = 3_000;
const VOICE_MS = 6_000;
const FRAME_MS = 20;
/** What is played may reach the microphone so late: the loudspeaker's own delay, Bluetooth. */
const MAX_LAG_BINS = 37;
/** Echo cancellation needs a moment to learn a room: what it lets through until then is no echo. */
const LEARNING_MS = 2_000;
const SWELL_BINS = 12;
const FLOOR_DB = -120;
const PEAK_CLIPPED = 0.99;

/** Below these a finding is one: how far above the room's noise, in dB, and how alike, of 1. */
const HEARD_ABOVE_NOISE_DB = 10;
const ECHO_ABOVE_NOISE_DB = 6;
const ECHO_ALIKE = 0.5;
const CLIPPED_PERCENT = 0.5;
const QUIET_VOICE_DB = -40;
const VOICE_ABOVE_NOISE_DB = 8;
const NOISY_DB = -45;

/** How loud the microphone was at a moment; `peak` of 1. */
export interface Frame {
  readonly atMs: number;
  readonly db: number;
  readonly peak: number;
}

export type RoomVerdict = "good" | "unheard" | "clipping" | "echo" | "quiet" | "noisy";
export type RoomStep = "quiet" | "playing" | "again" | "voice";

/** The one thing that matters most about a room; each has one thing to try: `room.try`. */
export function judgeRoom(found: RoomFigures): RoomVerdict {
  if (found.heard_db < found.noise_db + HEARD_ABOVE_NOISE_DB) return "unheard";
  if (found.echo_db !== null) return "echo";
  if (found.clipped_percent > CLIPPED_PERCENT) return "clipping";
  const isWeak = found.voice_db < found.noise_db + VOICE_ABOVE_NOISE_DB;
  if (found.voice_db < QUIET_VOICE_DB || isWeak) return "quiet";
  return found.noise_db > NOISY_DB ? "noisy" : "good";
}

/** Return `share` (0 to 1) of the way from the softest to the loudest level; -120 of nothing. */
export function levelAt(frames: readonly Frame[], share: number): number {
  const sorted = frames.map((frame) => frame.db).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? FLOOR_DB;
}

/** Return the frames' levels in bins of 40 ms from `fromMs` on; a bin without a frame holds on. */
export function binned(frames: readonly Frame[], fromMs: number, bins: number): number[] {
  const result = Array<number>(bins).fill(FLOOR_DB);
  for (const frame of frames) {
    const at = Math.floor((frame.atMs - fromMs) / BIN_MS);
    if (at >= 0 && at < bins) result[at] = Math.max(result[at] ?? FLOOR_DB, frame.db);
  }
  for (let at = 1; at < bins; at++) if (result[at] === FLOOR_DB) result[at] = result[at - 1] ?? FLOOR_DB;
  return result;
}

/** Return at which delay what was heard is most like what was played, and how much, of 1. */
export function likeness(
  played: readonly number[],
  heard: readonly number[],
): { alike: number; delayMs: number } {
  const shape = withoutSwell(played);
  const echo = withoutSwell(heard);
  let best = { alike: 0, delayMs: 0 };
  for (let lag = 0; lag <= MAX_LAG_BINS; lag++) {
    const alike = correlation(shape, echo.slice(lag, lag + shape.length));
    if (alike > best.alike) best = { alike, delayMs: lag * BIN_MS };
  }
  return best;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < length; at++) {
    const [one, other] = [a[at] ?? 0, b[at] ?? 0];
    ab += one * other;
    aa += one * one;
    bb += other * other;
  }
  // Less than half a dB of rise and fall is a hum: it is like nothing.
  return aa < length / 4 || bb < length / 4 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Take out what is slower than a second: phrases rise and fall everywhere, syllables do not. */
function withoutSwell(levels: readonly number[]): number[] {
  return levels.map((level, at) => {
    const around = levels.slice(Math.max(0, at - SWELL_BINS), at + SWELL_BINS + 1);
    return level - around.reduce((sum, each) => sum + each, 0) / around.length;
  });
}

/** What was heard in the four parts of a test; `cancelledFromMs`: when the second playing began. */
export interface Heard {
  readonly quiet: readonly Frame[];
  readonly raw: readonly Frame[];
  readonly cancelled: readonly Frame[];
  readonly cancelledFromMs: number;
  readonly voice: readonly Frame[];
  /** The same voice by the microphone as it is: automatic gain would hide what distorts. */
  readonly spoken: readonly Frame[];
}

/** Turn what was heard into figures. */
export function figuresOf(heard: Heard, played: readonly number[]): RoomFigures {
  const noise = levelAt(heard.quiet, 0.5);
  const loud = [...heard.raw, ...heard.spoken];
  const clipped = loud.filter((frame) => frame.peak >= PEAK_CLIPPED).length;
  const learnt = Math.round(LEARNING_MS / BIN_MS);
  const rest = played.slice(learnt);
  const fromMs = heard.cancelledFromMs + LEARNING_MS;
  const after = heard.cancelled.filter((frame) => frame.atMs >= fromMs);
  const back = likeness(rest, binned(heard.cancelled, fromMs, rest.length + MAX_LAG_BINS));
  const backDb = levelAt(after, 0.8);
  // Noise as lessons hear it is lower than the room's: the same suppression has worked on it.
  const isEcho = back.alike >= ECHO_ALIKE && backDb > levelAt(after, 0.1) + ECHO_ABOVE_NOISE_DB;
  return {
    noise_db: tenth(noise),
    heard_db: tenth(levelAt(heard.raw, 0.8)),
    voice_db: tenth(levelAt(heard.voice, 0.9)),
    clipped_percent: tenth((100 * clipped) / Math.max(1, loud.length)),
    echo_db: isEcho ? tenth(backDb) : null,
    echo_delay_ms: isEcho ? back.delayMs : null,
  };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * Something with the rise and fall of speech: voiced syllables of 120 to 240 ms, always the
 * same. Returns samples of -1..1 and their levels in bins of 40 ms.
 */
export function speechLike(rate: number): { samples: Float32Array<ArrayBuffer>; bins: number[] } {
  const samples = new Float32Array((rate * PLAYED_MS) / 1000);
  let state = 7;
  const chance = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  let at = Math.round(rate * 0.1);
  while (at < samples.length) {
    const length = Math.round(rate * (0.12 + 0.12 * chance()));
    const pitch = 130 + 110 * chance();
    const loudness = 0.25 + 0.5 * chance();
    for (let n = 0; n < length && at + n < samples.length; n++) {
      const swell = Math.sin((Math.PI * n) / length) ** 2;
      let voice = 0;
      for (let part = 1; part <= 14; part++) {
        voice += Math.sin((2 * Math.PI * pitch * part * n) / rate) / part;
      }
      samples[at + n] = 0.5 * loudness * swell * voice;
    }
    at += length + Math.round(rate * (0.04 + (chance() < 0.2 ? 0.35 : 0.12) * chance()));
  }
  return { samples, bins: levelsOf(samples, Math.round((rate * BIN_MS) / 1000)) };
}

/** Return the level of each `size` samples. */
function levelsOf(samples: Float32Array, size: number): number[] {
  const bins: number[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    bins.push(levelOfSamples(samples.subarray(at, at + size)));
  }
  return bins;
}

function levelOfSamples(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at++) sum += (samples[at] ?? 0) ** 2;
  return Math.max(FLOOR_DB, 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12));
}

/** Listen to a microphone until `end()`; frames of about 20 ms. */
class Ear {
  readonly frames: Frame[] = [];
  private readonly context = new AudioContext();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly track: MediaStreamTrack) {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 1024;
    const samples = new Float32Array(analyser.fftSize);
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((loudest, each) => Math.max(loudest, Math.abs(each)), 0);
      this.frames.push({ atMs: performance.now(), db: levelOfSamples(samples), peak });
    }, FRAME_MS);
  }

  /** Stop, and let go of the microphone. */
  async end(): Promise<Frame[]> {
    clearInterval(this.timer);
    this.track.stop();
    await this.context.close();
    return this.frames;
  }
}

async function listen(track: MediaStreamTrack, during: () => Promise<void>): Promise<Frame[]> {
  const ear = new Ear(track);
  try {
    await during();
  } finally {
    await ear.end();
  }
  return ear.frames;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Play it on the chosen loudspeaker, through an element as lessons do; `onStart` at its start. */
async function play(speakerId: string | null, onStart: (atMs: number) => void): Promise<void> {
  const context = new AudioContext();
  const { samples } = speechLike(context.sampleRate);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  const destination = context.createMediaStreamDestination();
  source.connect(destination);
  const element = new Audio();
  element.srcObject = destination.stream;
  if (speakerId !== null && "setSinkId" in element) await element.setSinkId(speakerId);
  await element.play();
  source.start();
  onStart(performance.now());
  // The rest of the time what is under way is still heard.
  await pause(PLAYED_MS + MAX_LAG_BINS * BIN_MS);
  element.pause();
  await context.close();
}

/** Run the whole test. Throws `DeviceFailed`. */
export async function measureRoom(
  speakerId: string | null,
  onStep: (step: RoomStep) => void,
): Promise<RoomFigures> {
  onStep("quiet");
  const quiet = await listen(await openRawMicrophone(), () => pause(QUIET_MS));
  onStep("playing");
  const raw = await listen(await openRawMicrophone(), () => play(speakerId, () => undefined));
  onStep("again");
  let cancelledFromMs = 0;
  const cancelled = await listen(await openMicrophone(), () =>
    play(speakerId, (atMs) => (cancelledFromMs = atMs)),
  );
  onStep("voice");
  const [voice, spoken] = await Promise.all([
    listen(await openMicrophone(), () => pause(VOICE_MS)),
    listen(await openRawMicrophone(), () => pause(VOICE_MS)),
  ]);
  const { bins } = speechLike(48_000);
  return figuresOf({ quiet, raw, cancelled, cancelledFromMs, voice, spoken }, bins);
}
