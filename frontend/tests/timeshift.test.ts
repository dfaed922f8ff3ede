/** A running lesson played back: what cannot be fetched is said, and asked for again after a while. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";
import type { ShiftLane } from "@/api";
import { useTimeshift, type Timeshift } from "@/views/replay/useTimeshift";

const PLAYLIST = "#EXTM3U\n#EXTINF:6.000000,\n/part/1\n#EXTINF:6.000000,\n/part/2\n";
const TRACK = { is_video: true, mimes: ['video/mp4; codecs="avc1.42c01f"'], url: "/list" };
const LANE: ShiftLane = {
  seat_id: "1",
  name: "",
  group: "camera",
  from_ms: 0,
  until_ms: 12_000,
  zero_ms: 0,
  hls: null,
  tracks: [TRACK],
};

/** As what the parts were appended, in turn. */
const types: string[] = [];
/** The browser's buffer, as far as it is used: whatever is asked of it is done a moment later. */
class Buffer extends EventTarget {
  timestampOffset = 0;
  constructor(readonly types: string[]) {
    super();
  }
  changeType(mime: string): void {
    this.types.push(mime);
  }
  appendBuffer(): void {
    queueMicrotask(() => this.dispatchEvent(new Event("updateend")));
  }
  remove(): void {
    this.appendBuffer();
  }
}
class Source extends EventTarget {
  static isTypeSupported = (): boolean => true;
  readonly readyState = "open";
  duration = 0;
  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event("sourceopen")));
  }
  addSourceBuffer(mime: string): Buffer {
    types.push(mime);
    return new Buffer(types);
  }
}

describe("a running lesson played back", () => {
  let asked: string[];
  let broken: RegExp;
  let scope: EffectScope;
  let shift: Timeshift;
  const parts = (): string[] => asked.filter((path) => path.startsWith("/part"));

  beforeEach(() => {
    asked = [];
    types.length = 0;
    broken = /^$/;
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    vi.stubGlobal("MediaSource", Source);
    vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:lesson");
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path);
      return Promise.resolve(broken.test(path) ? new Response("", { status: 500 }) : new Response(PLAYLIST));
    });
  });
  afterEach(() => {
    scope.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
  function begin(): void {
    scope = effectScope();
    shift = scope.run(() => useTimeshift([LANE], 0)) as Timeshift;
    for (const track of LANE.tracks) shift.attach(track, document.createElement("video"));
  }

  it("asks for a part that could not be fetched again after a while, and says so until it could", async () => {
    broken = /^.part/;
    begin();
    await vi.advanceTimersByTimeAsync(500);
    for (let i = 0; i < 20; i += 1) {
      await vi.advanceTimersByTimeAsync(100);
      expect(shift.problem.value?.status).toBe(500);
    }
    expect(parts()).toEqual(["/part/1"]);
    broken = /^$/;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(parts()).toContain("/part/2");
    expect(shift.problem.value).toBeNull();
  });

  it("asks at once when it is told to", async () => {
    broken = /^.part/;
    begin();
    await vi.advanceTimersByTimeAsync(500);
    expect(parts()).toHaveLength(1);
    shift.retry();
    await vi.advanceTimersByTimeAsync(200);
    expect(parts()).toHaveLength(2);
  });

  it("keeps to what is known to be recorded while the playlists cannot be read", async () => {
    broken = /^.list/;
    begin();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(shift.newestMs.value).toBe(LANE.until_ms);
    expect(shift.problem.value?.status).toBe(500);
  });

  it("plays lanes that began at other moments together, and says which have something now", async () => {
    const tracks = [{ ...TRACK, url: "/list/screen" }];
    const screen = { ...LANE, group: "screen", from_ms: 6_000, until_ms: 18_000, tracks };
    broken = /^.part/; // what has not come yet may have something of any moment
    scope = effectScope();
    shift = scope.run(() => useTimeshift([LANE, screen], 3_000)) as Timeshift;
    for (const lane of [LANE, screen]) for (const each of lane.tracks) shift.attach(each, document.createElement("video"));
    await vi.advanceTimersByTimeAsync(500);
    expect(shift.on.value).toEqual(LANE.tracks);
    shift.seek(7_000);
    expect(shift.on.value).toEqual([...LANE.tracks, ...screen.tracks]);
    shift.seek(-1_000);
    expect(shift.positionMs.value).toBe(0);
  });

  it("learns of what began meanwhile, and goes on where it was with what it knew", async () => {
    broken = /^.part/; // what has not come yet may have something of any moment
    begin();
    await vi.advanceTimersByTimeAsync(500);
    shift.seek(7_000);
    const known = shift.lanes.value[0]?.tracks[0];
    expect(shift.listed.value).toEqual([known]);
    const screen = { ...LANE, group: "screen", from_ms: 6_000, until_ms: 18_000, tracks: [{ ...TRACK, url: "/list/screen" }] };
    const again = { ...LANE, until_ms: 18_000, tracks: [{ ...TRACK, url: "/list?until=2" }] };
    asked = [];
    shift.learn([again, screen]);
    await vi.advanceTimersByTimeAsync(500);
    expect(shift.lanes.value.map((lane) => lane.group)).toEqual(["camera", "screen"]);
    expect(shift.lanes.value[0]?.tracks[0]).toBe(known);
    expect(shift.listed.value).toEqual([known, screen.tracks[0]]);
    expect(shift.positionMs.value).toBe(7_000);
    expect(asked.filter((path) => path.startsWith("/list"))).toEqual(["/list?until=2", "/list/screen"]);
    const element = document.createElement("video");
    shift.attach(screen.tracks[0] as (typeof screen.tracks)[0], element);
    expect(element.src).toContain("blob:lesson");
  });

  it("stands at the end of a lesson that is over, and begins again when it is played then", async () => {
    const whole = "#EXTM3U\n#EXTINF:6.0,\n/part/1\n#EXTINF:6.0,\n#EXT-X-GAP\n/gap\n#EXT-X-ENDLIST\n";
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(whole)));
    begin();
    await vi.advanceTimersByTimeAsync(500);
    shift.seek(10_500);
    shift.toggle();
    await vi.advanceTimersByTimeAsync(500);
    expect(shift.isPlaying.value).toBe(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shift.isPlaying.value).toBe(false);
    expect(shift.positionMs.value).toBeGreaterThanOrEqual(11_800);
    shift.toggle();
    expect([shift.isPlaying.value, shift.positionMs.value]).toEqual([true, 0]);
  });

  it("is as fast as was chosen until it meets the newest part, and slower also there", async () => {
    broken = /^.part/; // what has not come yet holds nobody up
    vi.stubGlobal("MediaSource", undefined);
    begin();
    await vi.advanceTimersByTimeAsync(500);
    shift.setRate(2);
    shift.toggle();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(shift.positionMs.value).toBeGreaterThan(7_000);
    expect(shift.rate.value).toBe(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shift.rate.value).toBe(1);
    shift.setRate(1.5);
    expect(shift.rate.value).toBe(1);
    shift.setRate(0.5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(shift.rate.value).toBe(0.5);
  });

  it("keeps its speed to the end of a lesson that is over", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(`${PLAYLIST}#EXT-X-ENDLIST\n`)));
    vi.stubGlobal("MediaSource", undefined);
    begin();
    await vi.advanceTimersByTimeAsync(500);
    shift.setRate(1.5);
    shift.toggle();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(shift.isPlaying.value).toBe(false);
    expect(shift.rate.value).toBe(1.5);
  });

  it("plays on past the moment from which another codec was sent", async () => {
    const [h264, vp8] = [TRACK.mimes[0] as string, 'video/webm; codecs="vp8"'];
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path);
      return Promise.resolve(new Response(PLAYLIST.replace("/part/1", "/part/1.mp4").replace("/part/2", "/part/2.webm")));
    });
    const lane = { ...LANE, tracks: [{ ...TRACK, mimes: [vp8, h264] }] };
    scope = effectScope();
    shift = scope.run(() => useTimeshift([lane], 0)) as Timeshift;
    for (const track of lane.tracks) shift.attach(track, document.createElement("video"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(parts()).toEqual(["/part/1.mp4", "/part/2.webm"]);
    expect(types).toEqual([vp8, h264, vp8]);
    expect(shift.failed.value).toEqual([]);
  });

  it("leaves the camera out when it does not come, and fetches no more of it", async () => {
    const sound = { is_video: false, mimes: ["audio/mp4"], url: "/list/sound" };
    let signal: AbortSignal | null | undefined;
    vi.stubGlobal("fetch", (path: string, options: RequestInit) => {
      asked.push(path);
      if (path === "/list/sound") return Promise.resolve(new Response(PLAYLIST.replaceAll("/part", "/sound")));
      if (!path.startsWith("/part")) return Promise.resolve(new Response(PLAYLIST));
      signal = options.signal;
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      });
    });
    scope = effectScope();
    shift = scope.run(() => useTimeshift([{ ...LANE, tracks: [TRACK, sound] }], 0)) as Timeshift;
    for (const track of [TRACK, sound]) shift.attach(track, document.createElement("video"));
    await vi.advanceTimersByTimeAsync(200);
    shift.toggle();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(shift.isCameraOut.value).toBe(false);
    expect(shift.on.value).toContainEqual(TRACK);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(shift.isCameraOut.value).toBe(true);
    expect(shift.on.value).not.toContainEqual(TRACK);
    expect(signal?.aborted).toBe(true);
    expect(parts()).toHaveLength(1);
    expect(asked).toContain("/sound/2");
    expect(shift.problem.value).toBeNull();
    expect(shift.failed.value).toEqual([]);
  });

  it("leaves no camera out that has nothing beside it", async () => {
    begin();
    await vi.advanceTimersByTimeAsync(200);
    shift.toggle();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shift.isCameraOut.value).toBe(false);
  });

  it("says that a browser without Media Source Extensions cannot play it", async () => {
    vi.stubGlobal("MediaSource", undefined);
    begin();
    await vi.advanceTimersByTimeAsync(200);
    expect(shift.failed.value).toEqual(LANE.tracks);
  });
});
