/** What a classroom missed is played: also a screen that is shared meanwhile, a lost line, a right that ends. */
import { createApp, h, nextTick, type App } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ShiftLane } from "../src/api";
import { i18n } from "../src/i18n";
import { reduceRoom, type Room } from "../src/room";
import CatchUp from "../src/views/classroom/CatchUp.vue";
import { roomState } from "./factories";

const PLAYLIST = "#EXTM3U\n#EXTINF:30.000000,\n/part/1\n#EXTINF:30.000000,\n/part/2\n";
const ASKS = /timeshift$/;

function lane(group: string, change: Partial<ShiftLane> = {}): ShiftLane {
  const seat_id = change.seat_id ?? "hub";
  const tracks = [true, false].map((is_video) => ({
    is_video,
    mimes: [is_video ? 'video/mp4; codecs="avc1"' : 'audio/mp4; codecs="opus"'],
    url: `/list/${seat_id}/${group}/${is_video ? "picture" : "sound"}?until=1`,
  }));
  return { seat_id, name: "王老师", group, from_ms: 0, until_ms: 60_000, zero_ms: 0, hls: null, tracks, ...change };
}
const CAMERA = lane("camera");
const SCREEN = lane("screen", { from_ms: 20_000 });
const refused = () =>
  Response.json({ type: "not-found", title: "", status: 404 }, { status: 404, headers: { "Content-Type": "application/problem+json" } });

/** The browser's, as far as they are used: what is appended is there a moment later. It knows no VP8. */
class Buffer extends EventTarget {
  timestampOffset = 0;
  appendBuffer(): void {
    queueMicrotask(() => this.dispatchEvent(new Event("updateend")));
  }
  remove(): void {
    this.appendBuffer();
  }
}
class Source extends EventTarget {
  static isTypeSupported = (mime: string): boolean => !mime.includes("vp8");
  readonly readyState = "open";
  duration = 0;
  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event("sourceopen")));
  }
  addSourceBuffer = (): Buffer => new Buffer();
}

let app: App;
let page: HTMLElement;
let asked: number;
let lanes: ShiftLane[];
let answer: (() => Response | Promise<Response>) | null;
let said: string[];

beforeEach(() => {
  [asked, lanes, answer, said] = [0, [CAMERA], null, []];
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("MediaSource", Source);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  vi.spyOn(HTMLMediaElement.prototype, "buffered", "get").mockReturnValue({ length: 1, start: () => 0, end: () => 60 });
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:lesson");
  vi.stubGlobal("fetch", (path: string) => {
    if (!ASKS.test(path)) return Promise.resolve(new Response(PLAYLIST));
    asked += 1;
    return answer === null ? Promise.resolve(Response.json({ lanes, chapters: [], is_over: false })) : Promise.resolve(answer());
  });
  page = document.createElement("div");
  const room = reduceRoom(null, roomState(), 0) as Room;
  const heard = (name: string) => (): void => void said.push(name);
  app = createApp(() =>
    h(CatchUp, { room, fromMs: 25_000, nowMs: 66_000, speakerId: null, onNothing: heard("nothing"), onBack: heard("back"), onCaughtUp: heard("caughtUp") }),
  );
  app.use(i18n);
});
afterEach(() => {
  app.unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Let so much time go by, and what was asked in it be answered and shown. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < 10; i += 1) await nextTick();
  await vi.advanceTimersByTimeAsync(200);
  await nextTick();
}
async function open(): Promise<void> {
  app.mount(page);
  await expect.poll(() => page.querySelector("video")).not.toBeNull();
  await pass(4_000);
}
const pictures = () => [...page.querySelectorAll("video")];
const shown = () => pictures().filter((each) => each.style.display !== "none");
const status = () => page.querySelector('[role="status"]')?.textContent;

it("puts a screen in front that is shared meanwhile, and goes on with the teacher's picture and voice", async () => {
  await open();
  const [camera] = pictures();
  expect(shown()).toEqual([camera]);
  lanes = [{ ...CAMERA, tracks: CAMERA.tracks.map((track) => ({ ...track, url: track.url.replace("=1", "=2") })) }, SCREEN];
  await pass(6_000);
  expect(pictures()).toHaveLength(2);
  expect(pictures()).toContain(camera);
  const [screen] = shown();
  expect(shown()).toHaveLength(1);
  expect(screen).not.toBe(camera);
  expect(screen?.src).toContain("blob:lesson");
  expect(page.querySelectorAll("audio")).toHaveLength(2);
  expect(said).toEqual([]);
});

it("leaves out who else is seen, and what ended before", async () => {
  await open();
  lanes = [CAMERA, lane("second_camera"), lane("camera", { seat_id: "site-1" }), lane("screen", { until_ms: 20_000 })];
  await pass(6_000);
  expect(pictures()).toHaveLength(1);
});

it("goes on with the teacher where the screen cannot be played, and back where the teacher cannot", async () => {
  const unknown = (each: ShiftLane): ShiftLane => ({
    ...each,
    tracks: each.tracks.map((track) => ({ ...track, mimes: ['video/webm; codecs="vp8"'] })),
  });
  await open();
  lanes = [CAMERA, unknown(SCREEN)];
  await pass(6_000);
  expect(pictures()).toHaveLength(2);
  expect(shown()).toEqual([pictures()[0]]);
  expect(said).toEqual([]);
  app.unmount();
  lanes = [unknown(CAMERA), SCREEN];
  page = document.createElement("div");
  const room = reduceRoom(null, roomState(), 0) as Room;
  app = createApp(() => h(CatchUp, { room, fromMs: 25_000, nowMs: 66_000, speakerId: null, onNothing: () => said.push("nothing") }));
  app.use(i18n).mount(page);
  await pass(1_000);
  expect(said).toEqual(["nothing"]);
});

it("says that it cannot ask, keeps what it plays, and goes on when it can", async () => {
  await open();
  const [camera] = pictures();
  answer = () => Promise.reject(new TypeError("network"));
  await pass(6_000);
  expect(status()).toContain("没有取到");
  expect(pictures()).toEqual([camera]);
  answer = null;
  await pass(6_000);
  expect(status()).not.toContain("没有取到");
  expect(said).toEqual([]);
});

it("goes back to the lesson when it may not be seen any more, and asks no more", async () => {
  await open();
  answer = refused;
  await pass(6_000);
  expect(said).toEqual(["nothing"]);
  const before = asked;
  await pass(30_000);
  expect(asked).toBe(before);
});

it("asks again by itself when it could not at first", async () => {
  answer = () => new Response("", { status: 502 });
  app.mount(page);
  await expect.poll(status).toContain("没有取到");
  answer = null;
  await pass(6_000);
  expect(pictures()).toHaveLength(1);
});
