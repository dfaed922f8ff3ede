/** A running lesson played back: what cannot be fetched is said, and asked for again after a while. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";
import type { ShiftLane } from "@/api";
import { useTimeshift, type Timeshift } from "@/views/replay/useTimeshift";

const PLAYLIST = "#EXTM3U\n#EXTINF:6.000000,\n/part/1\n#EXTINF:6.000000,\n/part/2\n";
const TRACK = { is_video: true, mime: "video/mp4", url: "/list" };
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

/** The browser's buffer, as far as it is used: whatever is asked of it is done a moment later. */
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
  static isTypeSupported = (): boolean => true;
  readonly readyState = "open";
  duration = 0;
  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event("sourceopen")));
  }
  addSourceBuffer(): Buffer {
    return new Buffer();
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

  it("leaves the camera out when it does not come, and fetches no more of it", async () => {
    const sound = { is_video: false, mime: "audio/mp4", url: "/list/sound" };
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
    expect(shift.hasFailed.value).toBe(false);
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
    expect(shift.hasFailed.value).toBe(true);
  });
});
