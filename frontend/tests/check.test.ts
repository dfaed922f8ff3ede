import { expect, it } from "vitest";
import { judge, megabitsPerSecond, type Findings } from "../src/media/check";

const FINE: Findings = {
  camera: "ok",
  microphone: "ok",
  speaker: "heard",
  server: "ok",
  road: { isOpen: true, rttMs: 12 },
  rates: { downMbps: 40, upMbps: 10 },
};
const HUB = { isHub: true };

it("everything found fine is ready, with or without the chime", () => {
  expect(judge(FINE, HUB)).toEqual({ key: "ready", level: "good", hint: "ready" });
  expect(judge({ ...FINE, speaker: null }, HUB)).toMatchObject({ key: "ready", hint: "chime" });
});

it.each<[Partial<Findings>, string, string]>([
  [{ server: "unreachable", road: null, rates: null }, "server", "bad"],
  [{ road: { isOpen: false, rttMs: null } }, "road", "bad"],
  [{ microphone: "denied" }, "denied", "bad"],
  [{ camera: "denied" }, "denied", "bad"],
  [{ camera: "insecure" }, "insecure", "bad"],
  [{ microphone: "missing" }, "microphone", "bad"],
  [{ camera: "busy" }, "camera", "bad"],
  [{ speaker: "unheard" }, "speaker", "bad"],
  [{ rates: null }, "pending", "pending"],
  [{ microphone: "silent" }, "silent", "warning"],
  [{ rates: { downMbps: 40, upMbps: 2 } }, "slow_up", "warning"],
  [{ rates: { downMbps: 1, upMbps: 10 } }, "slow_down", "warning"],
  [{ road: { isOpen: true, rttMs: 600 } }, "far", "warning"],
  [{ camera: "test" }, "test", "warning"],
])("%o ends in %s", (change, key, level) => {
  expect(judge({ ...FINE, ...change }, HUB)).toMatchObject({ key, level });
});

it("what stops a lesson is said before what is merely slow", () => {
  const found: Findings = {
    ...FINE,
    microphone: "missing",
    road: { isOpen: false, rttMs: null },
    rates: { downMbps: 0.1, upMbps: 0.1 },
  };
  expect(judge(found, HUB).key).toBe("road");
});

it("a classroom needs less upwards than the hub", () => {
  const found: Findings = { ...FINE, rates: { downMbps: 8, upMbps: 2 } };
  expect(judge(found, { isHub: false }).key).toBe("ready");
  expect(judge(found, HUB).key).toBe("slow_up");
});

it("a rate is bits over time", () => {
  expect(megabitsPerSecond(1_000_000, 1_000)).toBe(8);
});
