/**
 * The WebSocket to the live room, kept for as long as the lesson lives.
 *
 * Each connection is opened with a new single-use ticket (never in the URL: it travels as
 * a subprotocol), and with this page's name for itself, by which it finds its media again. A
 * lost connection is sought again every second without end, and at once when the browser says
 * that the network is back; asking for the ticket tells whether the lesson still is.
 *
 * On a road that is cut a request neither fails nor ends, and TCP repeats it ever more rarely:
 * so the next attempt does not wait for those before it, and the first to be answered wins.
 * Requests would even be sent over idle connections that died with the road. So the way back
 * begins with a new socket and the ticket the server gave for it in advance (`return_ticket`);
 * requests for another follow beside it.
 * The first entry goes by a ticket that the page has drawn itself: the socket is opened with it
 * while the application is asked to accept it, which saves a round trip of a long line.
 * Timers, socket and chance are given, so that the rules are tested without a network.
 *
 * Longer than 400 lines: both ways of coming back end in the one socket that counts, and each
 * must give up the other's attempts.
 */
import { Problem, type Ticket } from "./api";
import { CloseCode, PROTOCOL, type ClientMessage, type ServerMessage } from "./protocol";

/** Where every socket goes; a ticket says so too, but the first socket does not wait for one. */
const LIVE_PATH = "/api/live";
const PING_EVERY_MS = 1_500;
/** The server pongs every ping: after this much silence the road is cut, whatever TCP says. */
const SILENT_AFTER_MS = 5_000;
/**
 * What the server says may come while what the page says does not: TCP that has lost a packet some
 * times over repeats it ever more rarely. Another socket is there sooner; the server keeps the seat
 * for it (`silent_at_most_s`, 15 s).
 */
const UNANSWERED_AFTER_MS = 6_000;
const ANSWER_WITHIN_MS = 10_000;
const RETRY_AFTER_MS = [300, 600, 1_000];
/** An attempt that hangs is not waited for longer than this: the next one begins beside it. */
const NEXT_ATTEMPT_AFTER_MS = 1_000;
/** A server that answers that it cannot now is asked less often than one not heard at all. */
const RETRY_REFUSED_AFTER_MS = 2_000;
const RESTART_SPREAD_MS = 1_000;
/**
 * How long a socket that is to bring the page back may take: this, and so many round trips of
 * the line (TCP, TLS, the handshake). TCP repeats its first packet after 1, 3, 7 s, so sooner or
 * later another socket is worth more. Browsers open one at a time to a server and make each wait
 * for seconds after some fifteen in vain: the first half minute is searched closely, then less.
 */
const RETURN_WITHIN_MS = { first: 1_000, close: 2_200, later: 5_200 };
const CLOSE_RETURNS = 12;
const RETURN_ROUND_TRIPS = 4;
/** They last for longer than the server keeps the ticket. */
const MOST_RETURNS = 45;
/** Attempts under way together: three seconds of a slow line's patience for each. */
const MOST_ATTEMPTS = 3;
/** On a new network the connection is believed only once something has come over it. */
const HEARD_AGAIN_WITHIN_MS = 2_500;

/** Why there will be no further attempt. The page turns it into words. */
export type OverReason =
  | "replaced"
  | "lesson_over"
  | "lesson_not_open"
  | "put_out"
  | "blocked"
  | "not_invited"
  | "not_admitted"
  | "signed_out";

export type SignalingState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** `since`: monotonic milliseconds when the connection was lost. */
  | { readonly kind: "reconnecting"; readonly since: number; readonly attempt: number }
  | { readonly kind: "over"; readonly reason: OverReason; readonly detail: string };

/** A command was refused, or the connection went before its answer came. */
export class CommandRefused extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail || code);
    this.name = "CommandRefused";
  }
}

/** The part of `WebSocket` that is used. */
export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
}

export interface SignalingOptions {
  /** Fetch a ticket, or have the one that was drawn accepted; give up when the signal says so. */
  readonly fetchTicket: (signal: AbortSignal, drawn?: string) => Promise<Ticket>;
  /** 256 random bits, as letters and digits. */
  readonly drawTicket: () => string;
  /** What this page calls itself, the same for as long as it lives. */
  readonly page: string;
  readonly openSocket: (path: string, protocols: string[]) => Socket;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: SignalingState) => void;
  /** Called with each new connection, before any of its messages. */
  readonly onOpen: (ticket: Ticket) => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

type WithoutRef<T> = T extends unknown ? Omit<T, "ref"> : never;
export type Command = WithoutRef<ClientMessage>;

interface Waiting {
  resolve: (message: ServerMessage) => void;
  reject: (error: CommandRefused) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** A socket that is opened while its ticket is asked for, and what came over it since. */
interface Early {
  readonly socket: Socket;
  isOpen: boolean;
  readonly heard: unknown[];
}

const OVER_BY_CLOSE_CODE: Readonly<Record<number, OverReason>> = {
  [CloseCode.NOT_ADMITTED]: "not_admitted",
  [CloseCode.REPLACED]: "replaced",
  [CloseCode.LESSON_OVER]: "lesson_over",
  [CloseCode.PUT_OUT]: "put_out",
};

const OVER_BY_PROBLEM: Readonly<Record<string, OverReason>> = {
  "lesson-not-open": "lesson_not_open",
  "lesson-over": "lesson_over",
  blocked: "blocked",
  "not-invited": "not_invited",
};

/** Return why a refused ticket ends everything, or null when it is worth trying again. */
export function overReasonOf(problem: Problem): OverReason | null {
  const named = OVER_BY_PROBLEM[problem.type];
  if (named !== undefined) return named;
  if (problem.status === 401) return "signed_out";
  if (problem.status === 403 || problem.status === 404) return "not_admitted";
  return null;
}

export class Signaling {
  private socket: Socket | null = null;
  private state: SignalingState = { kind: "connecting" };
  private readonly waiting = new Map<number, Waiting>();
  private nextRef = 1;
  private lastHeardAt = 0;
  /** When a ping was last answered, or the connection was made. */
  private lastAnsweredAt = 0;
  /** When something must have been heard, on the present connection. */
  private deadlineAt = Infinity;
  private attempt = 0;
  private readonly attempts = new Set<AbortController>();
  private lostAt: number | null = null;
  private returnTicket: string | null = null;
  private returnsLeft = MOST_RETURNS;
  /** A socket that is being opened with the return ticket, or null. */
  private returning: { readonly socket: Socket; readonly since: number } | null = null;
  private early: Early | null = null;
  /** Of the ticket that was fetched last: where to go with the next. */
  private fetched: Ticket | null = null;
  private pingedAt: number | null = null;
  private roundTripMs = 0;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private pingTimer: ReturnType<typeof setInterval> | null = null;
  /** Grows with every connection: what belongs to an older one is ignored. */
  private generation = 0;
  private isStopped = false;
  private readonly now: () => number;
  private readonly random: () => number;

  constructor(private readonly options: SignalingOptions) {
    this.now = options.now ?? (() => performance.now());
    this.random = options.random ?? Math.random;
  }

  start(): void {
    const drawn = this.options.drawTicket();
    this.openEarly(drawn);
    void this.connect(drawn);
  }

  /** Leave for good, on the page's own wish. */
  stop(): void {
    this.isStopped = true;
    this.drop(CloseCode.NORMAL);
    this.abandonAttempts();
    this.stopRetrying();
  }

  /** Return whether the server was heard within so many milliseconds. */
  isHeard(withinMs: number): boolean {
    return this.state.kind === "open" && this.now() - this.lastHeardAt <= withinMs;
  }

  /** The network is back, or another one: try at once, and trust no connection of before. */
  networkChanged(): void {
    if (this.socket !== null) {
      this.deadlineAt = this.now() + HEARD_AGAIN_WITHIN_MS;
      this.tell({ type: "ping" });
      return;
    }
    if (this.isStopped) return;
    this.abandonAttempts();
    this.stopRetrying();
    this.attempt = 0;
    this.returnsLeft = MOST_RETURNS;
    this.seek();
  }

  /** Send without waiting for an answer. Returns false when there is no connection. */
  tell(command: Command): boolean {
    if (this.socket === null || this.state.kind !== "open") return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  /** Send and wait for `done`, `publish_answer` or `error`. Rejects with `CommandRefused`. */
  ask(command: Command): Promise<ServerMessage> {
    const socket = this.socket;
    if (socket === null || this.state.kind !== "open") {
      return Promise.reject(new CommandRefused("disconnected", ""));
    }
    const ref = this.nextRef++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(ref);
        reject(new CommandRefused("no_answer", ""));
      }, ANSWER_WITHIN_MS);
      this.waiting.set(ref, { resolve, reject, timer });
      socket.send(JSON.stringify({ ...command, ref }));
    });
  }

  private stopRetrying(): void {
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  private abandonAttempts(): void {
    for (const attempt of this.attempts) attempt.abort();
    this.attempts.clear();
    this.returning?.socket.close();
    this.returning = null;
    this.giveUpEarly();
  }

  private giveUpEarly(): void {
    const early = this.early;
    this.early = null;
    early?.socket.close();
  }

  /** Begin one attempt: with the ticket in hand, or, when that has had its chance, with a fetched one. */
  private seek(): void {
    const ticket = this.returnTicket;
    const patienceMs = this.returnPatienceMs();
    const isHopeless = this.returning !== null && this.now() - this.returning.since >= patienceMs;
    const isFirst = this.returnsLeft === MOST_RETURNS;
    const mayReturn = this.returnsLeft > 0 && (this.returning === null || isHopeless);
    if (ticket !== null && this.fetched !== null && mayReturn) {
      this.returnWith(ticket, this.fetched);
      if (isFirst) {
        this.connectAfter(patienceMs);
        return;
      }
    }
    void this.connect();
  }

  /** How long the socket under way may take, or the first that is opened now. */
  private returnPatienceMs(): number {
    const opened = MOST_RETURNS - this.returnsLeft;
    const { first, close, later } = RETURN_WITHIN_MS;
    const withinMs = opened <= 1 ? first : opened <= CLOSE_RETURNS ? close : later;
    return withinMs + RETURN_ROUND_TRIPS * this.roundTripMs;
  }

  private returnWith(ticket: string, fetched: Ticket): void {
    this.returning?.socket.close();
    this.returnsLeft--;
    const socket = this.options.openSocket(fetched.websocket, this.words(`return.${ticket}`));
    const returning = { socket, since: this.now() };
    this.returning = returning;
    socket.onopen = () => {
      if (this.returning !== returning) return;
      this.returning = null;
      this.abandonAttempts();
      this.stopRetrying();
      const generation = this.adopt(socket, fetched);
      this.opened(generation, fetched);
    };
    socket.onclose = () => {
      if (this.returning !== returning) return;
      this.returning = null;
      if (this.attempts.size === 0) this.retryLater();
    };
  }

  /** Open the first socket with the ticket that is yet to be accepted; keep what comes until then. */
  private openEarly(drawn: string): void {
    const socket = this.options.openSocket(LIVE_PATH, this.words(`announced.${drawn}`));
    const early: Early = { socket, isOpen: false, heard: [] };
    this.early = early;
    socket.onopen = () => (early.isOpen = true);
    socket.onmessage = (event) => early.heard.push(event.data);
    // The ticket may come all the same: then another socket is opened, or tells why not.
    socket.onclose = () => {
      if (this.early === early) this.early = null;
    };
  }

  private words(ticket: string): string[] {
    return [PROTOCOL, ticket, `page.${this.options.page}`, "receive"];
  }

  private async connect(drawn?: string): Promise<void> {
    const attempt = new AbortController();
    this.attempts.add(attempt);
    for (const oldest of this.attempts) {
      if (this.attempts.size <= MOST_ATTEMPTS) break;
      oldest.abort();
      this.attempts.delete(oldest);
    }
    this.connectAfter(NEXT_ATTEMPT_AFTER_MS);
    let ticket: Ticket;
    try {
      ticket = await this.options.fetchTicket(attempt.signal, drawn);
    } catch (error) {
      // One that was given up has no say any more.
      if (this.attempts.delete(attempt)) this.ticketRefused(error);
      return;
    }
    if (!this.attempts.has(attempt)) return;
    // With another request's ticket a new socket is surer, unless that under way was let in.
    const isAhead = drawn !== undefined || (this.early?.heard.length ?? 0) > 0;
    const early = isAhead ? this.early : null;
    if (isAhead) this.early = null;
    this.abandonAttempts();
    this.stopRetrying();
    this.fetched = ticket;
    if (early === null) this.open(ticket);
    else this.goOnWith(early, ticket);
  }

  /** The ticket is here, and with it the relay: what the socket has brought meanwhile counts now. */
  private goOnWith(early: Early, ticket: Ticket): void {
    const generation = this.adopt(early.socket, ticket);
    if (early.isOpen) this.opened(generation, ticket);
    for (const data of early.heard) this.received(generation, data);
  }

  private open(ticket: Ticket): void {
    this.adopt(this.options.openSocket(ticket.websocket, this.words(`ticket.${ticket.ticket}`)), ticket);
  }

  /** Make this socket the one that counts; return its generation. */
  private adopt(socket: Socket, ticket: Ticket): number {
    const generation = ++this.generation;
    this.socket = socket;
    this.lastHeardAt = this.lastAnsweredAt = this.now();
    socket.onopen = () => this.opened(generation, ticket);
    socket.onmessage = (event) => this.received(generation, event.data);
    socket.onclose = (event) => this.closed(generation, event.code, event.reason);
    // Also while the socket is still opening: a handshake may hang for minutes.
    this.pingTimer = setInterval(() => this.beat(), PING_EVERY_MS);
    return generation;
  }

  private ticketRefused(error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    this.giveUpEarly();
    const reason = overReasonOf(error);
    if (reason !== null) {
      this.over(reason, error.detail);
      return;
    }
    this.lostAt ??= this.now();
    if (error.status > 0) this.retryLater(RETRY_REFUSED_AFTER_MS);
    else if (this.attempts.size === 0) this.retryLater();
  }

  private opened(generation: number, ticket: Ticket): void {
    if (generation !== this.generation) return;
    this.lastHeardAt = this.lastAnsweredAt = this.now();
    this.setState({ kind: "open" });
    this.options.onOpen(ticket);
  }

  private received(generation: number, data: unknown): void {
    if (generation !== this.generation || typeof data !== "string") return;
    this.lastHeardAt = this.now();
    this.deadlineAt = Infinity;
    const message = JSON.parse(data) as ServerMessage;
    // Only a connection that was let in counts as recovered: a refused one opens too.
    if (message.type === "room_state") {
      this.attempt = 0;
      this.lostAt = null;
      this.returnsLeft = MOST_RETURNS;
    }
    if (message.type === "return_ticket") this.returnTicket = message.ticket;
    if (message.type === "pong") this.answered();
    this.settle(message);
    this.options.onMessage(message);
  }

  private answered(): void {
    this.lastAnsweredAt = this.now();
    if (this.pingedAt === null) return;
    this.roundTripMs = this.lastAnsweredAt - this.pingedAt;
    this.pingedAt = null;
  }

  private settle(message: ServerMessage): void {
    if (!("ref" in message) || message.ref === null) return;
    const waiting = this.waiting.get(message.ref);
    if (waiting === undefined) return;
    this.waiting.delete(message.ref);
    clearTimeout(waiting.timer);
    if (message.type === "error") waiting.reject(new CommandRefused(message.code, message.detail));
    else waiting.resolve(message);
  }

  private beat(): void {
    const now = this.now();
    const isUnheard = now - this.lastAnsweredAt > UNANSWERED_AFTER_MS;
    if (isUnheard || now - this.lastHeardAt > SILENT_AFTER_MS || now > this.deadlineAt) {
      this.drop(CloseCode.SILENT);
      this.lost();
      return;
    }
    this.pingedAt = now;
    this.tell({ type: "ping" });
  }

  private closed(generation: number, code: number, reason: string): void {
    if (generation !== this.generation) return;
    this.drop(null);
    // Used, or of a server that has restarted since.
    if (code === CloseCode.NO_TICKET || code === CloseCode.SERVICE_RESTART) this.returnTicket = null;
    const over = OVER_BY_CLOSE_CODE[code];
    if (over !== undefined) this.over(over, reason);
    // A whole lesson, or many, is sent away in one instant: they come back spread over a second.
    else this.lost(code === CloseCode.SERVICE_RESTART ? RESTART_SPREAD_MS * this.random() : undefined);
  }

  /** Forget the present connection and everything that waited on it. */
  private drop(code: number | null): void {
    this.generation++;
    if (this.pingTimer !== null) clearInterval(this.pingTimer);
    this.pingTimer = null;
    this.deadlineAt = Infinity;
    this.pingedAt = null;
    const socket = this.socket;
    this.socket = null;
    if (socket !== null && code !== null) socket.close(code);
    for (const waiting of this.waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new CommandRefused("disconnected", ""));
    }
    this.waiting.clear();
  }

  private lost(pauseMs?: number): void {
    if (this.isStopped) return;
    this.lostAt ??= this.now();
    this.retryLater(pauseMs);
  }

  /** Try again after a pause: the next of the table, or a longer one the server asked for. */
  private retryLater(pauseMs?: number): void {
    const base = RETRY_AFTER_MS[Math.min(this.attempt, RETRY_AFTER_MS.length - 1)] ?? 1_000;
    this.attempt++;
    this.connectAfter(pauseMs ?? base);
  }

  private connectAfter(pauseMs: number): void {
    this.stopRetrying();
    // The first entry is no reconnection, until an attempt has come to nothing.
    if (this.lostAt !== null) {
      this.setState({ kind: "reconnecting", since: this.lostAt, attempt: this.attempt });
    }
    // Jitter, so that fifty classrooms do not return in the same instant.
    const delay = pauseMs * (0.8 + 0.4 * this.random());
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      this.seek();
    }, delay);
  }

  private over(reason: OverReason, detail: string): void {
    this.setState({ kind: "over", reason, detail });
    this.stop();
  }

  private setState(state: SignalingState): void {
    this.state = state;
    this.options.onState(state);
  }
}

/** Open a browser's WebSocket to `path` of this page's own server. */
export function openBrowserSocket(path: string, protocols: string[]): Socket {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url, protocols) as Socket;
}
