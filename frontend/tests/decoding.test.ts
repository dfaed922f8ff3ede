import { beforeEach, describe, expect, it } from "vitest";
import { declinedIn, DecodeWatch, picturesIn } from "../src/media/decoding";

let watch: DecodeWatch;

beforeEach(() => {
  watch = new DecodeWatch();
});

/** Look every two seconds at a picture whose bytes and frames are given; return each answer. */
function looks(
  series: readonly [bytes: number, frames: number][],
  { isDeclined } = { isDeclined: false },
): boolean[] {
  const key = "hub/camera";
  return series.map(([payloadBytes, framesDecoded], place) =>
    watch.look([{ key, payloadBytes, framesDecoded, isDeclined }], place * 2_000).has(key),
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

  it("that does not come because its format was declined cannot be shown here", () => {
    const nothing = looks([[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], { isDeclined: true });
    expect(nothing).toEqual([false, false, false, false, true]);
    watch = new DecodeWatch();
    const other = looks([[0, 0], [9, 1], [20, 2], [30, 3], [40, 4], [50, 5]], { isDeclined: true });
    expect(other).not.toContain(true);
  });
});

it("reads received pictures from a report, and nothing else", () => {
  const stats = [
    { type: "inbound-rtp", kind: "video", mid: "0", bytesReceived: 900, framesDecoded: 3 },
    { type: "inbound-rtp", kind: "video", mid: "1" },
    { type: "inbound-rtp", kind: "audio", mid: "2", bytesReceived: 70 },
    { type: "outbound-rtp", kind: "video", mid: "3", bytesSent: 70 },
  ];
  const report = new Map(stats.map((stat, place) => [String(place), stat]));
  expect([...picturesIn(report as unknown as RTCStatsReport)]).toEqual([
    ["0", { payloadBytes: 900, framesDecoded: 3 }],
    ["1", { payloadBytes: 0, framesDecoded: 0 }],
  ]);
});

describe("a declined format", () => {
  const section = (mid: string, ...formats: string[]): string =>
    [
      "m=video 9 UDP/TLS/RTP/SAVPF 96",
      `a=mid:${mid}`,
      ...formats.map((format, place) => `a=rtpmap:${96 + place} ${format}/90000`),
      "",
    ].join("\r\n");
  const offer = `v=0\r\n${section("0", "H264", "rtx", "VP8")}${section("1", "H264")}`;

  it("is found by the section that lacks it", () => {
    expect([...declinedIn(offer, `v=0\r\n${section("0", "VP8", "rtx")}${section("1", "H264")}`)]).toEqual(["0"]);
    expect([...declinedIn(offer, "v=0\r\n")]).toEqual(["0", "1"]);
  });

  it("is none when the answer took them all, in any order and spelling", () => {
    const answer = `v=0\r\n${section("0", "vp8", "rtx", "h264")}${section("1", "H264")}`;
    expect(declinedIn(offer, answer).size).toBe(0);
  });
});
