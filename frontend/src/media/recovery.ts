/**
 * When a media connection seeks another road, and when it is built anew: a pure state machine.
 *
 * In trouble the first step costs nothing that is seen: ICE is restarted, which keeps keys,
 * tracks and pictures. What brings nothing within `REBUILD_AFTER_MS` of that is built anew.
 * Browsers say "disconnected" after 5 to 8 s of silence and "failed" after 15; a class
 * notices sooner, so what arrives is counted here. All times are milliseconds on the page's
 * monotonic clock.
 *
 * Nothing is done while the WebSocket is not heard (`mayAct`): with the whole line cut there
 * is nobody to negotiate with, and connections left alone flow on when it is back.
 */
export type Act = "restart_ice" | "rebuild";

/** Media flowed and stops. Where only connectivity checks are answered, those come every 2.5 s. */
export const SILENT_FLOWING_MS = 2_000;
export const SILENT_IDLE_MS = 6_000;
export const REBUILD_AFTER_MS = 4_000;
/** The server gives a handshake up after 10 s and says so; a blocked road says nothing. */
export const CONNECT_WITHIN_MS = 10_000;
/** After so many failures in a row the page says that the network blocks its media. */
export const BLOCKED_AFTER = 3;

const FLOWING_PER_LOOK = 3;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 8_000;

/** What has arrived on a connection since it was made: packets, and answers to its checks. */
export interface Arrived {
  readonly packets: number;
  readonly answers: number;
}

type Phase = "closed" | "connecting" | "well" | "troubled" | "waiting";

export class Recovery {
  /** Whether the WebSocket is heard, so that something can be negotiated. */
  mayAct = true;
  private phase: Phase = "closed";
  /** When the phase began, or `mayAct` was last false. */
  private since = 0;
  private troubledSince: number | null = null;
  private hasRestarted = false;
  private rebuildAt = 0;
  private failures = 0;
  private arrived: Arrived = { packets: 0, answers: 0 };
  private heardAt = 0;
  private wasFlowing = false;

  /** Since when media is being recovered, or null: the first connection is no recovery. */
  get recoveringSince(): number | null {
    return this.troubledSince;
  }

  /** Return whether connection after connection came to nothing. */
  get isBlocked(): boolean {
    return this.failures >= BLOCKED_AFTER;
  }

  /** A connection is being made. */
  begun(now: number): void {
    this.enter("connecting", now);
    this.arrived = { packets: 0, answers: 0 };
    this.wasFlowing = false;
  }

  /** ICE is being restarted, by its own rule or because a new WebSocket found the media alive. */
  restarted(now: number): void {
    if (this.phase === "well" || this.phase === "waiting") this.trouble(now);
    if (this.phase === "troubled") this.since = now;
    this.hasRestarted = true;
  }

  /** There is none, on purpose. */
  closed(): void {
    this.phase = "closed";
    this.troubledSince = null;
  }

  /** Making the connection came to nothing before it began: an offer was refused or lost. */
  refused(now: number): void {
    this.giveUp(now);
  }

  /** The browser says how the connection is. */
  changed(state: RTCPeerConnectionState, now: number): Act | null {
    if (this.phase === "closed") return null;
    if (state === "connected") this.recovered(now);
    if (state === "disconnected" && this.phase === "well") this.trouble(now);
    if (state === "failed") this.giveUp(now);
    return this.due(now);
  }

  /** The computer is on another network: what was agreed for the old one is worth little. */
  networkChanged(now: number): Act | null {
    if (this.phase === "connecting") this.giveUp(now);
    else if (this.phase === "well" || this.phase === "troubled") this.trouble(now);
    return this.due(now);
  }

  /** Look at what has arrived by `now`; call it about once a second. */
  look(arrived: Arrived | null, now: number): Act | null {
    if (arrived !== null) this.listen(arrived, now);
    if (!this.mayAct) {
      this.since = now;
      return null;
    }
    if (this.phase === "well" && this.isSilent(now)) this.trouble(now);
    return this.due(now);
  }

  private listen(arrived: Arrived, now: number): void {
    const packets = arrived.packets - this.arrived.packets;
    const answers = arrived.answers - this.arrived.answers;
    this.arrived = arrived;
    if (packets <= 0 && answers <= 0) return;
    this.heardAt = now;
    this.wasFlowing = packets >= FLOWING_PER_LOOK;
    if (this.phase === "troubled" && this.hasRestarted) this.recovered(now);
  }

  private isSilent(now: number): boolean {
    const limit = this.wasFlowing ? SILENT_FLOWING_MS : SILENT_IDLE_MS;
    return now - Math.max(this.heardAt, this.since) >= limit;
  }

  private due(now: number): Act | null {
    if (!this.mayAct) return null;
    if (this.phase === "troubled" && !this.hasRestarted) {
      this.hasRestarted = true;
      this.since = now;
      return "restart_ice";
    }
    const isOverdue =
      (this.phase === "troubled" && now - this.since >= REBUILD_AFTER_MS) ||
      (this.phase === "connecting" && now - this.since >= CONNECT_WITHIN_MS);
    if (isOverdue) this.giveUp(now);
    if (this.phase !== "waiting" || now < this.rebuildAt) return null;
    // Should the rebuilding not even begin, it is tried again.
    this.rebuildAt = now + CONNECT_WITHIN_MS;
    return "rebuild";
  }

  private recovered(now: number): void {
    this.enter("well", now);
    this.heardAt = now;
    this.troubledSince = null;
    this.failures = 0;
  }

  private trouble(now: number): void {
    this.enter("troubled", now);
    this.hasRestarted = false;
    this.troubledSince ??= now;
  }

  private giveUp(now: number): void {
    this.failures++;
    this.troubledSince ??= now;
    this.enter("waiting", now);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 2));
    this.rebuildAt = this.failures === 1 ? now : now + pause;
  }

  private enter(phase: Phase, now: number): void {
    this.phase = phase;
    this.since = now;
  }
}

/**
 * Return what has arrived on a connection, or null when it has no track to ask about.
 * The statistics of one track name the transport they came over: with fifty tracks that is
 * a fiftieth of the work of asking for all.
 */
export async function arrivedOn(connection: RTCPeerConnection): Promise<Arrived | null> {
  const [transceiver] = connection.getTransceivers();
  if (transceiver === undefined) return null;
  const isSending = transceiver.sender.track !== null;
  const stats = await (isSending ? transceiver.sender : transceiver.receiver).getStats();
  let packets = 0;
  let answers = 0;
  for (const stat of stats.values() as Iterable<Record<string, unknown>>) {
    if (stat.type === "transport") packets += Number(stat.packetsReceived ?? 0);
    if (stat.type === "candidate-pair") answers += Number(stat.responsesReceived ?? 0);
  }
  return { packets, answers };
}
