/** Signalling for tests: sockets, tickets and time are in the test's hands. */
import { afterEach, beforeEach, vi } from "vitest";
import type { Problem, Ticket } from "../src/api";
import type { ServerMessage } from "../src/protocol";
import { Signaling, type SignalingState, type Socket } from "../src/signaling";
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

/** A `Signaling` with sockets and tickets that the test answers. */
export class Bench {
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

/** Give every test of a file a bench of its own, and timers it turns itself. */
export function withBench(take: (bench: Bench) => void): void {
  let bench: Bench;

  beforeEach(() => {
    vi.useFakeTimers();
    bench = new Bench();
    take(bench);
  });

  afterEach(() => {
    bench.signaling.stop();
    vi.useRealTimers();
  });
}
