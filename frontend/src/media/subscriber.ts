/** What this seat receives, over a connection that the server offers; its offers are answered in order. */
import { Queue, RecoveringConnection } from "./connection";
import type { MediaSource, SubscribeOffer, TrackRef } from "../protocol";

/** Return the session id of a description: it names a connection for as long as it lives (RFC 8866 5.2). */
export function sessionIdOf(sdp: string): string | null {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? null;
}

/** A received track: whose it is, and what it shows. */
export interface ReceivedTrack {
  readonly seatId: string;
  readonly source: MediaSource;
  readonly track: MediaStreamTrack;
}

export interface SubscriberOptions {
  /** Send `subscribe`: the server's offer follows. Rejects when there is no connection. */
  readonly subscribe: (isRestart: boolean) => Promise<unknown>;
  readonly answer: (revision: number, sdp: string) => void;
  /** `refused`: what this browser answered with a rejected section, for want of a codec. */
  readonly onTracks: (tracks: readonly ReceivedTrack[], refused: readonly TrackRef[]) => void;
  readonly onState: (state: RTCPeerConnectionState) => void;
}

/** What this seat receives. */
export class Subscriber extends RecoveringConnection {
  private remoteSession: string | null = null;
  /** Of the connection that was given up here: an offer to go on with it comes too late. */
  private closedSession: string | null = null;
  private tracks: readonly TrackRef[] = [];
  private readonly queue = new Queue();

  constructor(private readonly options: SubscriberOptions) {
    super(options.onState);
  }

  /** What the server named in its last offer, in the order of the sections. */
  get named(): readonly TrackRef[] {
    return this.tracks;
  }

  /** Whose a received media section is. */
  trackOfMid(mid: string): TrackRef | null {
    return this.tracks.find((track) => track.mid === mid) ?? null;
  }

  /**
   * In the room: the server offers by itself what there is, over the connection of before if
   * `isResumed`. Where this page has none any more, it asks for another.
   */
  entered(iceServers: RTCIceServer[], isResumed: boolean): Promise<void> {
    this.iceServers = iceServers;
    if (!isResumed || this.takeUp()) return Promise.resolve();
    return this.ask(false);
  }

  /** Ask for everything anew: after a failure. */
  restart(iceServers: RTCIceServer[]): Promise<void> {
    this.iceServers = iceServers;
    return this.ask(false);
  }

  /** Go on over another road with the connection there is, or ask for one where there is none. */
  resume(iceServers: RTCIceServer[]): Promise<void> {
    this.iceServers = iceServers;
    return this.ask(this.takeUp());
  }

  /** Have the connection there is look for another road; return whether there is one. */
  private takeUp(): boolean {
    if (this.connection === null) return false;
    this.connection.setConfiguration(this.configuration);
    this.recovery.restarted(performance.now());
    return true;
  }

  /** Ask for a restart of ICE although nothing is wrong: UDP may be open again. */
  protected async searchBetterRoad(connection: RTCPeerConnection): Promise<void> {
    if (connection !== this.connection || !this.recovery.mayAct) return;
    try {
      await this.options.subscribe(true);
    } catch {
      // What there is goes on; the next search comes.
    }
  }

  private async ask(isRestart: boolean): Promise<void> {
    try {
      await this.options.subscribe(isRestart);
    } catch {
      // No WebSocket: the next one asks. Refused: asked again after a pause, while it lasts.
      this.recovery.refused(performance.now());
    }
  }

  /** Take the server's offer. Offers are answered in the order they came. */
  offered(offer: SubscribeOffer): Promise<void> {
    return this.queue.run(() => this.accept(offer));
  }

  stop(): void {
    this.close();
    this.recovery.closed();
  }

  private close(): void {
    this.connection?.close();
    this.connection = null;
    this.closedSession = this.remoteSession ?? this.closedSession;
    this.remoteSession = null;
  }

  private async accept(offer: SubscribeOffer): Promise<void> {
    // Another session id is another connection at the server; another ufrag is an ICE restart.
    const session = sessionIdOf(offer.sdp);
    if (this.connection === null && session !== null && session === this.closedSession) return;
    const replaced = session === this.remoteSession ? null : this.connection;
    if (replaced !== null) this.connection = null;
    this.remoteSession = session;
    const connection = (this.connection ??= this.open());
    try {
      await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
      await connection.setLocalDescription();
    } catch (error) {
      // An offer this browser cannot take: a new connection is the only way on.
      this.close();
      replaced?.close();
      this.recovery.refused(performance.now());
      throw error;
    }
    this.tracks = offer.tracks;
    this.options.answer(offer.revision, connection.localDescription?.sdp ?? "");
    this.report(connection);
    // Only now, and after the page has drawn: closing blackens the pictures it keeps showing
    // until the new connection brings the first frame.
    if (replaced !== null) setTimeout(() => replaced.close(), 0);
  }

  private report(connection: RTCPeerConnection): void {
    const received: ReceivedTrack[] = [];
    // A section that was only switched off keeps its transceiver; a rejected one's is stopped,
    // and gone from the list (RFC 9429 section 5.11).
    const transceivers = connection
      .getTransceivers()
      .filter((one) => one.currentDirection !== "stopped");
    for (const transceiver of transceivers) {
      const named = transceiver.mid === null ? null : this.trackOfMid(transceiver.mid);
      if (named === null || transceiver.currentDirection === "inactive") continue;
      received.push({
        seatId: named.seat_id,
        source: named.source,
        track: transceiver.receiver.track,
      });
    }
    const refused = this.tracks.filter(({ mid }) => !transceivers.some((one) => one.mid === mid));
    this.options.onTracks(received, refused);
  }
}
