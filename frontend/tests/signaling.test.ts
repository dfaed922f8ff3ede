import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem, type Ticket } from "../src/api";
import type { ServerMessage } from "../src/protocol";
import { CommandRefused, Signaling, type SignalingState, type Socket } from "../src/signaling";
import { roomState } from "./factories";

const TICKET: Ticket = {
  ticket: "t0",
  session_id: "session-1",
  websocket: "/api/live",
  protocol: "classroom.v1",
  expires_in_s: 30,
  ice_servers: [],
};

/** A WebSocket whose other end is the test. */
class WireSocket implements Socket {
  readonly sent: Record<string, unknown>[] = [];
  closedWith: number | null | undefined = null;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(
    readonly path: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  hears(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  letIn(): void {
    this.onopen?.();
    this.hears(roomState());
  }
}

class Bench {
  readonly sockets: WireSocket[] = [];
  readonly states: SignalingState[] = [];
  readonly messages: ServerMessage[] = [];
  tickets = 0;
  refusal: Problem | null = null;
  constructor(private readonly chance: () => number = () => 0.5) {}

  /** Requests for a ticket hang, as on a cut road. */
  hangs = false;
  readonly givenUp: number[] = [];
  /** Requests are on their way until the test answers them. */
  isHolding = false;
  readonly held: { drawn: string | undefined; resolve: (ticket: Ticket) => void }[] = [];
  /** What each request asked to be accepted. */
  readonly asked: (string | undefined)[] = [];
  readonly signaling = new Signaling({
    fetchTicket: (signal, drawn) => {
      const number = ++this.tickets;
      this.asked.push(drawn);
      if (this.hangs) {
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            this.givenUp.push(number);
            reject(new DOMException("", "AbortError"));
          });
        });
      }
      if (this.isHolding) return new Promise((resolve) => this.held.push({ drawn, resolve }));
      if (this.refusal !== null) return Promise.reject(this.refusal);
      return Promise.resolve({ ...TICKET, ticket: drawn ?? `t${this.tickets}` });
    },
    drawTicket: () => "drawn",
    openSocket: (path, protocols) => {
      const socket = new WireSocket(path, protocols);
      this.sockets.push(socket);
      return socket;
    },
    onMessage: (message) => this.messages.push(message),
    onState: (state) => this.states.push(state),
    onOpen: () => undefined,
    page: "0123456789abcdef",
    now: () => Date.now(),
    random: () => this.chance(),
  });

  get socket(): WireSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  get state(): SignalingState | undefined {
    return this.states.at(-1);
  }

  /** Answer a request that is on its way. */
  async answer(index: number): Promise<void> {
    const request = this.held[index];
    if (request === undefined) throw new Error("there was no such request");
    request.resolve({ ...TICKET, ticket: request.drawn ?? `t${index + 1}` });
    await vi.advanceTimersByTimeAsync(0);
  }

  async enter(): Promise<void> {
    this.signaling.start();
    await vi.advanceTimersByTimeAsync(0);
    this.socket.letIn();
  }
}

let bench: Bench;

beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});

afterEach(() => {
  bench.signaling.stop();
  vi.useRealTimers();
});

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

  it.each([
    [1005, "a close without a code"],
    [1006, "a broken line"],
    [1011, "the room failed"],
    [4401, "the ticket was used up on the way"],
    [4408, "silence"],
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

it("pings while the connection is open, and is not silent while pongs come", async () => {
  await bench.enter();
  for (let beat = 0; beat < 10; beat++) {
    await vi.advanceTimersByTimeAsync(1_500);
    bench.socket.hears({ type: "pong", ref: null, clock_ms: 0 });
  }
  expect(bench.socket.sent.filter((message) => message.type === "ping")).toHaveLength(10);
  expect(bench.sockets).toHaveLength(1);
});
