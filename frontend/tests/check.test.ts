import { expect, it } from "vitest";
import { judge, megabitsPerSecond, resultOf, type Findings } from "../src/media/check";
import type { OpenRoads } from "../src/media/roads";

function roads(change: Partial<OpenRoads> = {}): OpenRoads {
  return { udp: true, tcp: true, turn: null, rttMs: 12, ...change };
}

const BLOCKED = roads({ udp: false, tcp: false, turn: false, rttMs: null });

const FINE: Findings = {
  camera: "ok",
  microphone: "ok",
  speaker: "heard",
  server: "ok",
  roads: roads(),
  rates: { downMbps: 40, upMbps: 10 },
};
const HUB = { isHub: true };

it("everything found fine is ready, with or without the chime", () => {
  expect(judge(FINE, HUB)).toEqual({ key: "ready", level: "good", hint: "ready" });
  expect(judge({ ...FINE, speaker: null }, HUB)).toMatchObject({ key: "ready", hint: "chime" });
});

it.each<[Partial<Findings>, string, string]>([
  [{ server: "unreachable", roads: null, rates: null }, "server", "bad"],
  [{ roads: BLOCKED }, "road", "bad"],
  [{ roads: { ...BLOCKED, turn: null } }, "road", "bad"],
  [{ roads: roads({ udp: false }) }, "by_tcp", "warning"],
  [{ roads: { ...BLOCKED, turn: true } }, "by_turn", "warning"],
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
  [{ roads: roads({ rttMs: 600 }) }, "far", "warning"],
  [{ camera: "test" }, "test", "warning"],
])("%o ends in %s", (change, key, level) => {
  expect(judge({ ...FINE, ...change }, HUB)).toMatchObject({ key, level });
});

it("what stops a lesson is said before what is merely slow", () => {
  const found: Findings = {
    ...FINE,
    microphone: "missing",
    roads: BLOCKED,
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

it("the result that is kept has whole figures, and none where nothing was measured", () => {
  expect(resultOf({ ...FINE, roads: roads({ rttMs: 12.4 }) })).toEqual({
    is_udp_open: true,
    is_tcp_open: true,
    is_turn_open: null,
    rtt_ms: 12,
    down_kbps: 40_000,
    up_kbps: 10_000,
  });
  expect(resultOf({ ...FINE, roads: BLOCKED, rates: null })).toMatchObject({
    rtt_ms: null,
    down_kbps: null,
  });
  expect(resultOf({ ...FINE, roads: null })).toBeNull();
});
