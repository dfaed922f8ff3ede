import { describe, expect, it, vi } from "vitest";
import { Problem } from "../src/api";
import { Bench, withBench } from "./signaling-bench";

let bench: Bench;
withBench((fresh) => (bench = fresh));

describe("a lost connection", () => {
  it("is sought again with a new ticket, every second at most, and without end", async () => {
    await bench.enter();
    bench.refusal = new Problem("offline", "", 0);
    bench.socket.onclose?.({ code: 1006, reason: "" });
    const asked: number[] = [];
    const startedAt = Date.now();
    let known = bench.tickets;
    for (let step = 0; step < 500; step++) {
      await vi.advanceTimersByTimeAsync(10);
      if (bench.tickets > known) asked.push(Date.now() - startedAt);
      known = bench.tickets;
    }
    expect(asked).toEqual([300, 900, 1_900, 2_900, 3_900, 4_900]);
    bench.refusal = null;
    await vi.advanceTimersByTimeAsync(1_000);
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("is sought again although the attempts before neither fail nor end", async () => {
    await bench.enter();
    bench.hangs = true;
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(5_000);
    // Entering took the first; the attempts after it were let live three at a time.
    expect(bench.tickets).toBe(6);
    expect(bench.givenUp).toEqual([2, 3]);
    bench.hangs = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.givenUp).toEqual([2, 3, 4, 5, 6]);
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(bench.sockets).toHaveLength(2);
  });

  it("is asked for less often where the server answers that it cannot now", async () => {
    await bench.enter();
    bench.refusal = new Problem("unavailable", "", 503);
    bench.socket.onclose?.({ code: 1012, reason: "server_stopped" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bench.tickets).toBe(6);
  });

  it("says since when, over all attempts", async () => {
    await bench.enter();
    const since = Date.now();
    bench.refusal = new Problem("offline", "", 0);
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(bench.state).toMatchObject({ kind: "reconnecting", since });
  });

  it("is tried at once when the network is back, whatever hangs on the old one", async () => {
    await bench.enter();
    bench.hangs = true;
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(5_000);
    bench.hangs = false;
    const before = bench.tickets;
    bench.signaling.networkChanged();
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.tickets).toBe(before + 1);
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("is given up on another network unless something is heard soon", async () => {
    await bench.enter();
    bench.signaling.networkChanged();
    expect(bench.socket.sent.at(-1)).toEqual({ type: "ping" });
    bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
    await vi.advanceTimersByTimeAsync(4_500);
    expect(bench.sockets).toHaveLength(1);
    bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
    bench.signaling.networkChanged();
    await vi.advanceTimersByTimeAsync(3_400);
    expect(bench.sockets).toHaveLength(2);
  });

  it("is no reconnection as long as the first entry only takes its time", async () => {
    bench.hangs = true;
    bench.signaling.start();
    await vi.advanceTimersByTimeAsync(4_900);
    expect(bench.states).toEqual([]);
    expect(bench.tickets).toBe(5);
    bench.hangs = false;
    bench.refusal = new Problem("offline", "", 0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(bench.state).toMatchObject({ kind: "reconnecting" });
  });

  it("is noticed by silence, although no close ever comes", async () => {
    await bench.enter();
    const first = bench.socket;
    await vi.advanceTimersByTimeAsync(8_000);
    expect(first.closedWith).toBe(4408);
    expect(bench.sockets.length).toBeGreaterThan(1);
  });

  it("is noticed when the server is heard and does not hear", async () => {
    await bench.enter();
    const first = bench.socket;
    for (let second = 1; second <= 9; second++) {
      first.hears({ type: "pause_changed", seq: second + 1, is_paused: false });
      await vi.advanceTimersByTimeAsync(1_000);
      if (second < 6) expect(bench.sockets).toHaveLength(1);
    }
    expect(first.closedWith).toBe(4408);
    expect(bench.sockets.length).toBeGreaterThan(1);
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
    first.onclose?.({ code: 4409, reason: "replaced" });
    expect(bench.state).toEqual({ kind: "open" });
  });

  it.each([
    [1005, "a close without a code"],
    [1006, "a broken line"],
    [1011, "the room failed"],
    [4401, "the ticket was used up on the way"],
    [4408, "silence"],
    [4412, "a socket of this page's own came in behind it"],
    [4429, "too slow"],
  ])("is opened again after %i (%s), with a new ticket", async (code) => {
    await bench.enter();
    bench.socket.onclose?.({ code, reason: "" });
    expect(bench.state).toMatchObject({ kind: "reconnecting", attempt: 1 });
    await vi.advanceTimersByTimeAsync(400);
    bench.socket.letIn();
    expect(bench.sockets).toHaveLength(2);
    expect(bench.socket.protocols).toEqual(["classroom.v1", "ticket.t2", "page.0123456789abcdef", "receive"]);
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("is sought anew after a random part of a second when the server restarts", async () => {
    await bench.enter();
    const asked: number[] = [];
    for (const chance of [0, 0.5, 0.99]) {
      const one = new Bench(() => chance);
      await one.enter();
      const known = one.tickets;
      one.socket.onclose?.({ code: 1012, reason: "server_stopped" });
      let waited = 0;
      for (; one.tickets === known; waited += 10) await vi.advanceTimersByTimeAsync(10);
      asked.push(waited);
      one.signaling.stop();
    }
    expect(asked[0]).toBeLessThan(50);
    expect(asked[1]).toBeGreaterThan(350);
    expect(asked[2]).toBeGreaterThan(900);
    expect(asked[2]).toBeLessThan(1_250);
  });

  it("is opened again when the server restarts while it is away", async () => {
    await bench.enter();
    bench.socket.onclose?.({ code: 1012, reason: "" });
    // Nobody listens, then a proxy or the starting server answers in its place.
    bench.refusal = new Problem("offline", "", 0);
    await vi.advanceTimersByTimeAsync(2_000);
    bench.refusal = new Problem("unavailable", "", 503);
    await vi.advanceTimersByTimeAsync(4_000);
    bench.refusal = null;
    await vi.advanceTimersByTimeAsync(4_000);
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("is not opened again after these close codes", async () => {
    const reasons = { 4403: "not_admitted", 4409: "replaced", 4410: "lesson_over", 4411: "put_out" };
    for (const [code, reason] of Object.entries(reasons)) {
      const one = new Bench();
      await one.enter();
      one.socket.onclose?.({ code: Number(code), reason: "" });
      await vi.advanceTimersByTimeAsync(10_000);
      expect(one.state).toMatchObject({ kind: "over", reason });
      expect(one.sockets).toHaveLength(1);
    }
  });

  it("ignores what an older connection still says", async () => {
    await bench.enter();
    const old = bench.socket;
    old.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(400);
    bench.socket.letIn();
    const known = bench.messages.length;
    old.hears({ type: "hands_changed", seq: 2, hands: [] });
    old.onclose?.({ code: 4409, reason: "" });
    expect(bench.messages).toHaveLength(known);
    expect(bench.state).toEqual({ kind: "open" });
  });
});

describe("the way back", () => {
  const words = (ticket: string) => ["classroom.v1", ticket, "page.0123456789abcdef", "receive"];

  async function enterWithReturn(): Promise<void> {
    await bench.enter();
    bench.socket.hears({ type: "return_ticket", ticket: "r1" });
  }

  it("needs a socket and the ticket in hand, and nothing is fetched", async () => {
    await enterWithReturn();
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(400);
    expect(bench.socket.protocols).toEqual(words("return.r1"));
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
    bench.socket.hears({ type: "return_ticket", ticket: "r2" });
    bench.socket.onclose?.({ code: 4408, reason: "silent" });
    await vi.advanceTimersByTimeAsync(400);
    expect(bench.socket.protocols).toEqual(words("return.r2"));
    bench.socket.letIn();
    await vi.advanceTimersByTimeAsync(4_000);
    expect([bench.tickets, bench.sockets.length]).toEqual([1, 3]);
  });

  it("is tried again on a road that swallows everything, and requests follow beside it", async () => {
    await enterWithReturn();
    bench.hangs = true;
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(350);
    const first = bench.socket;
    expect(bench.tickets).toBe(1);
    await vi.advanceTimersByTimeAsync(1_100);
    expect([first.closedWith, bench.tickets]).toEqual([undefined, 2]);
    const returns = () => bench.sockets.filter((one) => one.protocols[1] === "return.r1").length;
    await vi.advanceTimersByTimeAsync(20_000);
    const searchedClosely = returns();
    expect(searchedClosely).toBeGreaterThanOrEqual(7);
    expect(searchedClosely).toBeLessThanOrEqual(10);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(returns() - searchedClosely).toBeLessThanOrEqual(25);
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(returns()).toBe(45);
    // A request gets through while a socket still hangs: that one is given up.
    bench.signaling.networkChanged();
    await vi.advanceTimersByTimeAsync(0);
    const hanging = bench.socket;
    bench.hangs = false;
    await vi.advanceTimersByTimeAsync(1_200);
    expect(bench.socket.protocols[1]).toMatch(/^ticket\./);
    expect(hanging.closedWith).toBeUndefined();
    bench.socket.letIn();
    hanging.onopen?.();
    expect(bench.state).toEqual({ kind: "open" });
    const count = bench.sockets.length;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(bench.sockets).toHaveLength(count);
  });

  it("waits longer where the line is long", async () => {
    await enterWithReturn();
    await vi.advanceTimersByTimeAsync(1_500);
    await vi.advanceTimersByTimeAsync(600);
    bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
    bench.hangs = true;
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(3_000);
    expect([bench.tickets, bench.sockets.length]).toEqual([1, 2]);
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
  });

  it.each([
    [4401, "ticket_expired"],
    [4401, "ticket_invalid"],
  ])("leads over a fetched ticket when that in hand is refused: %i %s", async (code, reason) => {
    await enterWithReturn();
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(400);
    bench.socket.onopen?.();
    bench.socket.onclose?.({ code, reason });
    await vi.advanceTimersByTimeAsync(800);
    expect(bench.socket.protocols).toEqual(words("ticket.t2"));
  });

  it("is sought anew when nobody listens, and ends when the lesson has", async () => {
    await enterWithReturn();
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(400);
    bench.refusal = new Problem("offline", "", 0);
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(1_300);
    expect(bench.sockets.length).toBeGreaterThan(2);
    bench.socket.onopen?.();
    bench.socket.onclose?.({ code: 4410, reason: "lesson_over" });
    expect(bench.state).toMatchObject({ kind: "over", reason: "lesson_over" });
    const count = bench.sockets.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bench.sockets).toHaveLength(count);
  });

  it("after a restart of the server begins with a fetched ticket", async () => {
    await enterWithReturn();
    bench.socket.onclose?.({ code: 1012, reason: "server_stopped" });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(bench.socket.protocols).toEqual(words("ticket.t2"));
  });
});
