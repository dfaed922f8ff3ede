import { expect, it } from "vitest";
import { BetterRoad, bestOf, configurationFor, hostToOpen, onlyRoad, roadIn } from "../src/media/roads";

const ANSWER = [
  "v=0",
  "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host",
  "a=candidate:2 1 TCP 1520435199 192.0.2.1 7882 typ host tcptype passive",
  "a=end-of-candidates",
  "",
].join("\r\n");

it("an answer can be narrowed to one road", () => {
  expect(onlyRoad(ANSWER, "udp")).not.toContain("TCP");
  expect(onlyRoad(ANSWER, "udp")).toContain(" udp ");
  expect(onlyRoad(ANSWER, "tcp")).not.toContain(" udp ");
  expect(onlyRoad(ANSWER, "tcp")).toContain("tcptype passive");
  expect(onlyRoad(ANSWER, "turn")).toBe(onlyRoad(ANSWER, "udp"));
  for (const road of ["udp", "tcp", "turn"] as const) {
    expect(onlyRoad(ANSWER, road)).toContain("a=end-of-candidates\r\n");
  }
});

it("the relay is tried alone, and the straight roads without it", () => {
  const servers = [{ urls: ["turn:relay.example"], username: "1:a:b", credential: "c" }];
  expect(configurationFor("turn", servers)).toMatchObject({ iceTransportPolicy: "relay", iceServers: servers });
  expect(configurationFor("tcp", servers).iceServers).toEqual([]);
});

it("the straight roads come first, and UDP before TCP", () => {
  const none = { udp: false, tcp: false, turn: false, rttMs: null };
  expect(bestOf({ ...none, udp: true, tcp: true, turn: true })).toBe("udp");
  expect(bestOf({ ...none, tcp: true, turn: true })).toBe("tcp");
  expect(bestOf({ ...none, turn: true })).toBe("turn");
  expect(bestOf(none)).toBeNull();
  expect(bestOf({ ...none, turn: null })).toBeNull();
});

it("the address to open is one that a school can see", () => {
  const there = { port: 7882, ice_servers: [] };
  expect(hostToOpen({ ...there, hosts: ["127.0.0.1", "203.0.113.5"] })).toBe("203.0.113.5");
  expect(hostToOpen({ ...there, hosts: ["::1", "127.0.0.1"] })).toBe("::1");
});

it("statistics say which road is taken", () => {
  const statsWith = (local: Record<string, unknown>): Map<string, Record<string, unknown>> =>
    new Map([
      ["T", { type: "transport", selectedCandidatePairId: "P" }],
      ["P", { type: "candidate-pair", localCandidateId: "L" }],
      ["L", local],
    ]);
  expect(roadIn(statsWith({ candidateType: "host", protocol: "udp" }))).toBe("udp");
  expect(roadIn(statsWith({ candidateType: "prflx", protocol: "tcp" }))).toBe("tcp");
  expect(roadIn(statsWith({ candidateType: "relay", protocol: "udp" }))).toBe("turn");
  expect(roadIn(new Map())).toBeNull();
  expect(roadIn(new Map([["T", { type: "transport" }]]))).toBeNull();
});

it("a connection over UDP seeks nothing", () => {
  const better = new BetterRoad();
  for (let now = 0; now < 3_600_000; now += 5_000) expect(better.shouldSearch("udp", now)).toBe(false);
});

it("UDP is searched for less and less often, and at once again after it was there", () => {
  const better = new BetterRoad();
  const searched: number[] = [];
  for (let now = 0; now <= 600_000; now += 5_000) if (better.shouldSearch("tcp", now)) searched.push(now);
  expect(searched).toEqual([30_000, 90_000, 210_000, 450_000]);
  expect(better.shouldSearch("udp", 605_000)).toBe(false);
  expect(better.shouldSearch("turn", 610_000)).toBe(false);
  expect(better.shouldSearch("turn", 640_000)).toBe(true);
  expect(better.shouldSearch(null, 645_000)).toBe(false);
});

it("the road is read every few seconds only", () => {
  const better = new BetterRoad();
  expect([0, 1_000, 4_999, 5_000, 6_000].filter((now) => better.isLookDue(now))).toEqual([0, 5_000]);
});
