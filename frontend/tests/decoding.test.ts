import { beforeEach, describe, expect, it } from "vitest";
import { DecodeWatch, picturesIn } from "../src/media/decoding";

let watch: DecodeWatch;

beforeEach(() => {
  watch = new DecodeWatch();
});

/** Look every two seconds at a picture whose bytes and frames are given; return each answer. */
function looks(series: readonly [bytes: number, frames: number][]): boolean[] {
  return series.map(([payloadBytes, framesDecoded], place) =>
    watch.look([{ key: "hub/camera", payloadBytes, framesDecoded }], place * 2_000).has("hub/camera"),
  );
}

describe("a picture", () => {
  it("that comes for eight seconds without a decoded frame cannot be shown here", () => {
    expect(looks([[1, 0], [2, 0], [3, 0], [4, 0], [5, 0]])).toEqual([false, false, false, false, true]);
  });

  it("is well as soon as one frame was decoded", () => {
    expect(looks([[1, 0], [2, 0], [3, 0], [4, 0], [5, 0], [6, 1]]).at(-1)).toBe(false);
    expect(looks([[1, 5], [2, 9], [3, 12], [4, 15], [5, 18], [6, 20]])).not.toContain(true);
  });

  it("that does not come is not this computer's fault", () => {
    expect(looks([[0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]])).not.toContain(true);
    expect(looks([[7, 0], [7, 0], [7, 0], [7, 0], [7, 0], [7, 0]])).not.toContain(true);
  });

  it("is given its eight seconds again after a break and on a new connection", () => {
    const afterBreak = looks([[1, 0], [2, 0], [2, 0], [3, 0], [4, 0], [5, 0], [6, 0]]);
    expect(afterBreak).toEqual([false, false, false, false, false, false, true]);
    watch = new DecodeWatch();
    const anew = looks([[1, 0], [900, 0], [950, 0], [10, 0], [20, 0], [30, 0], [40, 0], [50, 0]]);
    expect(anew).toEqual([false, false, false, false, false, false, false, true]);
  });

  it("that is not received any more is forgotten", () => {
    looks([[1, 0], [2, 0], [3, 0], [4, 0], [5, 0]]);
    expect(watch.look([], 12_000).size).toBe(0);
  });
});

it("reads received pictures from a report, and nothing else", () => {
  const stats = [
    { type: "inbound-rtp", kind: "video", mid: "0", bytesReceived: 900, framesDecoded: 3 },
    { type: "inbound-rtp", kind: "video", mid: "1" },
    { type: "inbound-rtp", kind: "video", mid: "9", bytesReceived: 5 },
    { type: "inbound-rtp", kind: "audio", mid: "2", bytesReceived: 70 },
    { type: "outbound-rtp", kind: "video", mid: "0", bytesSent: 70 },
  ];
  const report = new Map(stats.map((stat, place) => [String(place), stat]));
  const names: Record<string, string> = { "0": "hub/camera", "1": "hub/screen", "2": "hub/microphone" };
  expect(picturesIn(report as unknown as RTCStatsReport, (mid) => names[mid] ?? null)).toEqual([
    { key: "hub/camera", payloadBytes: 900, framesDecoded: 3 },
    { key: "hub/screen", payloadBytes: 0, framesDecoded: 0 },
  ]);
});
