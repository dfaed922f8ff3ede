/** The pictures of a lesson that is played while it runs: which there are, and which are shown. */
import { describe, expect, it } from "vitest";
import type { ShiftLane } from "../src/api";
import { mainLane } from "../src/views/replay/lanes";
import { extentOf, joined, pictureOf, shownPictures } from "../src/views/replay/shift-lanes";

function lane(seat_id: string, group: string, urls: string[], from_ms = 0, until_ms = 12_000): ShiftLane {
  const tracks = urls.map((url) => ({ is_video: !url.includes("sound"), mimes: ["video/mp4"], url }));
  return { seat_id, name: seat_id, group, from_ms, until_ms, zero_ms: 0, hls: null, tracks };
}
const keys = (lanes: readonly ShiftLane[]): string[] => lanes.map((each) => `${each.seat_id}/${each.group}`);

describe("what was told before and is told again", () => {
  const camera = lane("hub", "camera", ["/camera?until=1"]);

  it("is the same track, by whatever link, and goes as far as is told now", () => {
    const [now] = joined([camera], [lane("hub", "camera", ["/camera?until=2", "/sound?until=2"], 0, 20_000)]);
    expect(now?.tracks[0]).toBe(camera.tracks[0]);
    expect(now?.tracks.map((track) => track.url)).toEqual(["/camera?until=1", "/sound?until=2"]);
    expect(now?.until_ms).toBe(20_000);
  });

  it("has the hub's first, in whichever order it began", () => {
    const site = lane("site", "camera", ["/site"]);
    const screen = lane("hub", "screen", ["/screen"]);
    expect(keys(joined([], [site, screen, camera]))).toEqual(["hub/camera", "hub/screen", "site/camera"]);
    expect(keys(joined([site], [site, camera]))).toEqual(["hub/camera", "site/camera"]);
  });

  it("stays when it is not told of any more", () => {
    expect(keys(joined([camera], [lane("hub", "screen", ["/screen"])]))).toEqual(["hub/camera", "hub/screen"]);
  });
});

describe("the pictures at a moment", () => {
  const lanes = [
    lane("hub", "camera", ["/camera", "/sound"]),
    lane("hub", "screen", ["/screen"], 6_000, 30_000),
    lane("site", "camera", ["/site"]),
  ];
  const pictures = lanes.map(pictureOf);
  const [camera, screen, site] = pictures;
  const tracks = (...of: (typeof camera)[]) => of.flatMap((each) => each?.tracks ?? []);

  it("are those recorded then, and the teacher's always", () => {
    expect(shownPictures(pictures, [])).toEqual([camera]);
    expect(shownPictures(pictures, tracks(screen))).toEqual([camera, screen]);
    expect(shownPictures(pictures, tracks(camera, site))).toEqual([camera, site]);
  });

  it("have what is shared in front, until somebody chooses another that is there", () => {
    const shown = shownPictures(pictures, tracks(camera, screen));
    expect(mainLane(shown, null)).toBe(screen);
    expect(mainLane(shown, "hub/camera")).toBe(camera);
    expect(mainLane(shown, "site/camera")).toBe(screen);
  });

  it("lie between the first of all and the last", () => {
    expect(extentOf(lanes)).toEqual({ fromMs: 0, untilMs: 30_000 });
  });
});
