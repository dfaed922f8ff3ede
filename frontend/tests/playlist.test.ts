import { describe, expect, it } from "vitest";
import { frontierOf, nextToFetch, readPlaylist, stretchAt } from "@/views/replay/playlist";

const TEXT = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MAP:URI="/a?until=1",BYTERANGE="700@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:02.000+00:00
#EXTINF:6.000000,
#EXT-X-BYTERANGE:100@700
/a?until=1
#EXTINF:3.500000,
#EXT-X-GAP
/gap
#EXT-X-DISCONTINUITY
#EXTINF:6.250000,
/b
`;

describe("readPlaylist", () => {
  it("says what is played when, and when nothing is", () => {
    const listing = readPlaylist(TEXT, 2000);
    expect(listing.isOver).toBe(false);
    expect(listing.stretches).toEqual([
      { fromMs: 2000, untilMs: 8000, url: "/a?until=1" },
      { fromMs: 8000, untilMs: 11_500, url: null },
      { fromMs: 11_500, untilMs: 17_750, url: "/b" },
    ]);
  });

  it("knows the end, and an empty beginning", () => {
    expect(readPlaylist(`${TEXT}#EXT-X-ENDLIST\n`, 0).isOver).toBe(true);
    expect(readPlaylist("#EXTM3U\n", 0).stretches).toEqual([]);
  });

  it("refuses what is no playlist", () => {
    expect(() => readPlaylist("<html>", 0)).toThrow("no playlist");
  });
});

describe("what to fetch", () => {
  const { stretches } = readPlaylist(TEXT, 2000);

  it("finds the stretch of a moment", () => {
    expect(stretchAt(stretches, 1999)).toBeUndefined();
    expect(stretchAt(stretches, 7999)?.url).toBe("/a?until=1");
    expect(stretchAt(stretches, 9000)?.url).toBeNull();
    expect(stretchAt(stretches, 17_750)).toBeUndefined();
  });

  it("begins where one is, leaves gaps and what is held out, and goes so far ahead only", () => {
    expect(nextToFetch(stretches, 2500, 20_000, new Set())?.url).toBe("/a?until=1");
    expect(nextToFetch(stretches, 2500, 20_000, new Set(["/a?until=1"]))?.url).toBe("/b");
    expect(nextToFetch(stretches, 2500, 5_000, new Set(["/a?until=1"]))).toBeUndefined();
    expect(nextToFetch(stretches, 9000, 20_000, new Set())?.url).toBe("/b");
  });
});

describe("frontierOf", () => {
  const until = (ms: number) => [{ fromMs: 0, untilMs: ms, url: "/x" }];

  it("is as far as both tracks have come", () => {
    expect(frontierOf([until(30_000), until(36_000)])).toBe(30_000);
  });

  it("does not wait for a track that has fallen silent, or has not begun", () => {
    expect(frontierOf([until(10_000), until(36_000)])).toBe(36_000);
    expect(frontierOf([[], until(36_000)])).toBe(36_000);
    expect(frontierOf([])).toBe(0);
  });
});
