import { expect, it } from "vitest";
import { HUB_LIMITS, preferH264, scaleDownOf, STAGE_LIMITS, TILE_LIMITS } from "../src/media/sending";
import { sessionIdOf } from "../src/rtc";

it("constrained baseline H.264 in mode 1 is offered first, VP8 before everything newer", () => {
  const codecs = [
    { mimeType: "video/VP8" },
    { mimeType: "video/rtx" },
    { mimeType: "video/VP9" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=0;profile-level-id=42e01f" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=4d001f" },
    { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=42e01f" },
  ];
  const order = preferH264(codecs).map((codec) => codecs.indexOf(codec));
  expect(order).toEqual([5, 4, 3, 0, 1, 2]);
});

it("a browser without H.264 still offers VP8 first", () => {
  const codecs = [{ mimeType: "video/AV1" }, { mimeType: "video/VP8" }];
  expect(preferH264(codecs)[0]?.mimeType).toBe("video/VP8");
});

it("a picture is made smaller, never larger", () => {
  expect(scaleDownOf(720, 360)).toBe(2);
  expect(scaleDownOf(1080, 720)).toBe(1.5);
  expect(scaleDownOf(240, 360)).toBe(1);
  expect(scaleDownOf(undefined, 360)).toBe(1);
  expect(scaleDownOf(720, 0)).toBe(1);
});

it("the server's connection is told apart by its session id", () => {
  expect(sessionIdOf("v=0\r\no=- 42 3 IN IP4 127.0.0.1\r\ns=-\r\n")).toBe("42");
  expect(sessionIdOf("v=0\r\n")).toBeNull();
});

it("a classroom's tile costs less than its stage, and the stage less than the hub", () => {
  const camera = [TILE_LIMITS, STAGE_LIMITS, HUB_LIMITS].map((one) => one.camera.maxBitrateBps);
  expect(camera).toEqual([300_000, 800_000, 1_800_000]);
});
