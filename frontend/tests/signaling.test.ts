import { describe, expect, it, vi } from "vitest";
import { Problem } from "../src/api";
import { CommandRefused } from "../src/signaling";
import { roomState } from "./factories";
import { type Bench, withBench } from "./signaling-bench";

let bench: Bench;
withBench((fresh) => (bench = fresh));

describe("entering", () => {
  it("hands the ticket over as a subprotocol, never in the address", async () => {
    await bench.enter();
    expect(bench.socket.path).toBe("/api/live");
    expect(bench.socket.protocols).toEqual(["classroom.v1", "announced.drawn", "page.0123456789abcdef", "receive"]);
    expect(bench.asked).toEqual(["drawn"]);
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("does not wait for the ticket, and takes what came before it in order", async () => {
    bench.isHolding = true;
    bench.signaling.start();
    bench.socket.letIn();
    bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
    expect(bench.messages).toEqual([]);
    expect(bench.state).toBeUndefined();
    await bench.answer(0);
    expect(bench.messages.map(({ type }) => type)).toEqual(["room_state", "pong"]);
    expect(bench.state).toEqual({ kind: "open" });
    expect(bench.sockets).toHaveLength(1);
    expect(bench.signaling.tell({ type: "ping" })).toBe(true);
    expect(bench.socket.sent).toEqual([{ type: "ping" }]);
  });

  it("goes on with the socket that was let in, whichever request was answered", async () => {
    bench.isHolding = true;
    bench.signaling.start();
    bench.socket.letIn();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.asked).toEqual(["drawn", undefined]);
    await bench.answer(1);
    expect(bench.sockets).toHaveLength(1);
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("opens another with another ticket when nothing has come over the first", async () => {
    bench.isHolding = true;
    bench.signaling.start();
    const [first] = bench.sockets;
    first?.onopen?.();
    await vi.advanceTimersByTimeAsync(1_000);
    await bench.answer(1);
    expect(first?.closedWith).toBeUndefined();
    expect(bench.socket.protocols[1]).toBe("ticket.t2");
    bench.socket.letIn();
    first?.hears(roomState());
    expect(bench.messages).toHaveLength(1);
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("opens another with the same ticket when the first has closed before it came", async () => {
    bench.isHolding = true;
    bench.signaling.start();
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await bench.answer(0);
    expect(bench.socket.protocols[1]).toBe("ticket.drawn");
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
  });

  it("closes the socket when the ticket is refused, and comes with a fetched one", async () => {
    bench.refusal = new Problem("unavailable", "", 503);
    bench.signaling.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.socket.closedWith).toBeUndefined();
    bench.refusal = null;
    await vi.advanceTimersByTimeAsync(2_500);
    expect(bench.socket.protocols[1]).toBe("ticket.t2");
    bench.socket.letIn();
    expect(bench.state).toEqual({ kind: "open" });
  });

  it.each([
    [new Problem("lesson-not-open", "", 409), "lesson_not_open"],
    [new Problem("blocked", "", 403), "blocked"],
    [new Problem("not-invited", "", 403), "not_invited"],
    [new Problem("anything", "", 404), "not_admitted"],
    [new Problem("not-signed-in", "", 401), "signed_out"],
  ])("ends when the ticket is refused for good: %s", async (problem, reason) => {
    bench.refusal = problem;
    bench.signaling.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bench.state).toMatchObject({ kind: "over", reason });
    expect(bench.tickets).toBe(1);
  });
});

describe("commands", () => {
  it("resolve with the answer of their own ref", async () => {
    await bench.enter();
    const answer = bench.signaling.ask({ type: "raise_hand" });
    const ref = bench.socket.sent.at(-1)?.ref as number;
    bench.socket.hears({ type: "done", ref: ref + 1 });
    bench.socket.hears({ type: "done", ref });
    await expect(answer).resolves.toEqual({ type: "done", ref });
  });

  it("reject with the server's code", async () => {
    await bench.enter();
    const answer = bench.signaling.ask({ type: "raise_hand" });
    const ref = bench.socket.sent.at(-1)?.ref as number;
    bench.socket.hears({ type: "error", ref, code: "paused", detail: "互动已暂停" });
    await expect(answer).rejects.toEqual(new CommandRefused("paused", "互动已暂停"));
  });

  it("reject when the connection goes, when no answer comes, and when there is none", async () => {
    await bench.enter();
    const cut = expect(bench.signaling.ask({ type: "raise_hand" })).rejects.toMatchObject({
      code: "disconnected",
    });
    bench.socket.onclose?.({ code: 1006, reason: "" });
    await cut;
    await expect(bench.signaling.ask({ type: "raise_hand" })).rejects.toMatchObject({
      code: "disconnected",
    });
    await vi.advanceTimersByTimeAsync(400);
    bench.socket.letIn();
    const unanswered = expect(bench.signaling.ask({ type: "raise_hand" })).rejects.toMatchObject({
      code: "no_answer",
    });
    for (let second = 0; second < 11; second++) {
      bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await unanswered;
  });
});

it("pings while the connection is open, and is not silent while pongs come", async () => {
  await bench.enter();
  for (let beat = 0; beat < 10; beat++) {
    await vi.advanceTimersByTimeAsync(1_500);
    bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
  }
  expect(bench.socket.sent.filter((message) => message.type === "ping")).toHaveLength(10);
  expect(bench.sockets).toHaveLength(1);
});
