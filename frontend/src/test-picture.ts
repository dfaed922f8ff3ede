/**
 * A picture and a tone for a machine without a camera, and for trying the whole chain.
 *
 * The picture carries a number that a machine can read back from any received copy,
 * scaled or blurred: its bottom twelfth is a row of 24 cells of equal width,
 *
 *     white, black, 20 bits of the number in Gray code (most significant first; white is 1),
 *     one parity cell (white when the number of white bit cells is odd), white.
 *
 * The number counts 1/25 s since the Unix epoch, modulo 2^20 (11.6 h): it grows with the
 * picture, and on one machine, or with synchronised clocks, it also tells the delay. Gray code
 * because a copy may be a blend of two neighbouring pictures: only one cell is then in doubt.
 */

export const STAMP_CELLS = 24;
export const STAMP_BITS = 20;
/** The row is this fraction of the picture's height. */
export const STAMP_HEIGHT = 1 / 12;
export const FRAMES_PER_S = 25;
const NUMBERS = 2 ** STAMP_BITS;
const WIDTH = 1280;
const HEIGHT = 720;

/** Return the number of the picture drawn at `epochMs` (milliseconds since the epoch). */
export function frameNumberAt(epochMs: number): number {
  return Math.floor((epochMs * FRAMES_PER_S) / 1000) % NUMBERS;
}

/** Return how old a picture with `number` is at `epochMs`, in ms, give or take one frame. */
export function ageOf(number: number, epochMs: number): number {
  const frames = (frameNumberAt(epochMs) - number + NUMBERS) % NUMBERS;
  return (frames * 1000) / FRAMES_PER_S;
}

/** Return which of the 24 cells are white. */
export function stampCells(number: number): boolean[] {
  const gray = number ^ (number >> 1);
  const bits = Array.from(
    { length: STAMP_BITS },
    (_, place) => ((gray >> (STAMP_BITS - 1 - place)) & 1) === 1,
  );
  const isOdd = bits.filter(Boolean).length % 2 === 1;
  return [true, false, ...bits, isOdd, true];
}

/** Return the number the cells say, or null when the marks or the parity are wrong. */
export function numberOfCells(cells: readonly boolean[]): number | null {
  if (cells.length !== STAMP_CELLS) return null;
  const bits = cells.slice(2, 2 + STAMP_BITS);
  const isOdd = bits.filter(Boolean).length % 2 === 1;
  if (!cells[0] || cells[1] || !cells[STAMP_CELLS - 1]) return null;
  if (cells[STAMP_CELLS - 2] !== isOdd) return null;
  let number = 0;
  let bit = 0;
  for (const isWhite of bits) {
    bit ^= isWhite ? 1 : 0;
    number = number * 2 + bit;
  }
  return number;
}

/** Return the number in a picture (RGBA, row by row), or null when it carries none. */
export function readStamp(picture: {
  data: ArrayLike<number>;
  width: number;
  height: number;
}): number | null {
  const row = Math.floor(picture.height * (1 - STAMP_HEIGHT / 2));
  const levels = Array.from({ length: STAMP_CELLS }, (_, cell) => {
    const column = Math.floor(((cell + 0.5) * picture.width) / STAMP_CELLS);
    const at = (row * picture.width + column) * 4;
    return (picture.data[at] ?? 0) + (picture.data[at + 1] ?? 0) + (picture.data[at + 2] ?? 0);
  });
  const white = levels[0] ?? 0;
  const black = levels[1] ?? 0;
  // Less contrast than this is no stamp, but some even part of a picture.
  if (white - black < 180) return null;
  return numberOfCells(levels.map((level) => level > (white + black) / 2));
}

export interface TestPicture {
  readonly video: MediaStreamTrack;
  stop(): void;
}

/** Chromium's way to make a video track of pictures (W3C mediacapture-transform, older form). */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare global {
  interface Window {
    MediaStreamTrackGenerator?: new (options: { kind: "video" }) => TrackGenerator;
  }
}

/** Start drawing. `title` is written on the picture so that nobody takes it for a camera's. */
export function startTestPicture(title: string): TestPicture {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("This browser cannot draw on a canvas.");
  const output = openOutput(canvas);
  // A worker's timer: in a tab that is not in front the page's own timers run once a second.
  const ticker = new Worker(new URL("./media/ticker.worker.ts", import.meta.url), {
    type: "module",
  });
  ticker.onmessage = () => {
    const now = Date.now();
    drawPicture(context, title, now);
    output.push();
  };
  ticker.postMessage({ everyMs: 1000 / FRAMES_PER_S });
  return {
    video: output.track,
    stop() {
      ticker.terminate();
      output.track.stop();
    },
  };
}

interface Output {
  readonly track: MediaStreamTrack;
  push(): void;
}

function openOutput(canvas: HTMLCanvasElement): Output {
  if (window.MediaStreamTrackGenerator === undefined) {
    const track = canvas.captureStream(FRAMES_PER_S).getVideoTracks()[0];
    if (track === undefined) throw new Error("This browser cannot film a canvas.");
    return { track, push: () => undefined };
  }
  // captureStream stands still in a hidden tab, because nothing is painted there.
  const generator = new window.MediaStreamTrackGenerator({ kind: "video" });
  const writer = generator.writable.getWriter();
  const push = (): void => {
    if (generator.readyState !== "live" || (writer.desiredSize ?? 0) <= 0) return;
    const frame = new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) });
    // Rejected only when the track was stopped in between: the frame goes with it.
    writer.write(frame).catch(() => frame.close());
  };
  return { track: generator, push };
}

function drawPicture(context: CanvasRenderingContext2D, title: string, now: number): void {
  context.fillStyle = "#12333a";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  drawBars(context);
  drawHand(context, now);
  drawWords(context, title, now);
  drawStamp(context, frameNumberAt(now));
}

function drawBars(context: CanvasRenderingContext2D): void {
  const colours = ["#f2f2ee", "#e2c044", "#4fb3bf", "#5aa469", "#c56183", "#d6452b", "#31538f"];
  colours.forEach((colour, place) => {
    context.fillStyle = colour;
    context.fillRect((place * WIDTH) / colours.length, 0, WIDTH / colours.length + 1, 150);
  });
}

/** A hand that goes round once in four seconds: a picture that stands still is seen at once. */
function drawHand(context: CanvasRenderingContext2D, now: number): void {
  const angle = ((now % 4000) / 4000) * 2 * Math.PI - Math.PI / 2;
  const [x, y, radius] = [1080, 400, 130];
  context.lineWidth = 12;
  context.strokeStyle = "#2b5a63";
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = "#ffd98a";
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + radius * 0.82 * Math.cos(angle), y + radius * 0.82 * Math.sin(angle));
  context.stroke();
}

function drawWords(context: CanvasRenderingContext2D, title: string, now: number): void {
  const clock = new Date(now).toLocaleTimeString("zh-CN", { hour12: false });
  context.fillStyle = "#eef2f6";
  context.textBaseline = "alphabetic";
  context.font = '700 96px "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';
  context.fillText(title, 80, 330);
  context.font = '500 150px "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';
  context.fillText(clock, 76, 520);
}

function drawStamp(context: CanvasRenderingContext2D, number: number): void {
  const top = HEIGHT * (1 - STAMP_HEIGHT);
  stampCells(number).forEach((isWhite, cell) => {
    context.fillStyle = isWhite ? "#ffffff" : "#000000";
    context.fillRect((cell * WIDTH) / STAMP_CELLS, top, WIDTH / STAMP_CELLS + 1, HEIGHT - top);
  });
}

export interface TestTone {
  readonly audio: MediaStreamTrack;
  stop(): void;
}

/** Start a soft pattern: two notes, then silence, every two seconds. */
export function startTestTone(): TestTone {
  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  const gain = context.createGain();
  gain.gain.value = 0;
  gain.connect(destination);
  const oscillator = context.createOscillator();
  oscillator.connect(gain);
  oscillator.start();
  const play = (): void => {
    const start = context.currentTime + 0.05;
    [523.25, 659.25].forEach((pitch, place) => {
      const at = start + place * 0.35;
      oscillator.frequency.setValueAtTime(pitch, at);
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.12, at + 0.04);
      gain.gain.linearRampToValueAtTime(0, at + 0.3);
    });
  };
  play();
  const timer = setInterval(play, 2000);
  // Browsers keep sound back until the page is touched; from then on it is heard.
  const wake = (): void => void context.resume();
  window.addEventListener("pointerdown", wake);
  const audio = destination.stream.getAudioTracks()[0];
  if (audio === undefined) throw new Error("This browser cannot make a sound track.");
  return {
    audio,
    stop() {
      clearInterval(timer);
      window.removeEventListener("pointerdown", wake);
      audio.stop();
      void context.close();
    },
  };
}
