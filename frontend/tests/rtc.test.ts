import { expect, it } from "vitest";
import {
  HUB_LIMITS,
  preferH264,
  scaleDownOf,
  STAGE_LIMITS,
  TILE_LIMITS,
  type SendLimits,
} from "../src/media/sending";
import { MEDIA_SOURCES } from "../src/protocol";
import { sessionIdOf } from "../src/media/subscriber";

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
  const total = ({ encodings }: SendLimits) =>
    encodings.reduce((sum, one) => sum + one.maxBitrateBps, 0);
  const camera = [TILE_LIMITS, STAGE_LIMITS, HUB_LIMITS].map((one) => total(one.camera));
  expect(camera).toEqual([400_000, 800_000, 2_450_000]);
  // With sound and what packets cost around it, the stage fits the 1 Mbit/s of a village.
  expect(total(STAGE_LIMITS.camera) + total(STAGE_LIMITS.microphone)).toBeLessThan(900_000);
});

it("the encodings of tile and stage have the same names: their number is fixed", () => {
  for (const source of MEDIA_SOURCES) {
    const names = [TILE_LIMITS, STAGE_LIMITS].map((one) =>
      one[source].encodings.map(({ rid }) => rid),
    );
    expect(names[0]).toEqual(names[1]);
  }
});

it("encodings are named smallest first, and each is larger than the one before", () => {
  for (const limits of [HUB_LIMITS, TILE_LIMITS, STAGE_LIMITS].flatMap((one) => Object.values(one))) {
    const rates = limits.encodings.map((one) => one.maxBitrateBps);
    expect(rates).toEqual([...rates].sort((one, other) => one - other));
    const names = limits.encodings.map(({ rid }) => "qhf".indexOf(rid));
    expect(names).toEqual([...names].sort());
  }
});
