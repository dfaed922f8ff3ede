/**
 * Media to and from the server: two peer connections, each offered by whoever sends.
 *
 * `Publisher` offers what this seat sends; `Subscriber` answers the server's offers in
 * order. A connection in trouble recovers alone, first by an ICE restart, then by being built
 * anew (`media/recovery`): the other one, the room and the devices stay. No STUN or TURN server is asked unless the ticket names one: many
 * schools reach none, and the server is ICE-lite with an address of its own.
 */
import { arrivedOn, Recovery, type Act } from "./media/recovery";
import { BetterRoad, roadOn } from "./media/roads";
import { encodingsOf, limitEncodings, preferH264, type SendLimits } from "./media/sending";
import type { MediaSource, SubscribeOffer, TrackRef } from "./protocol";

/** Return the session id of a description: it names a connection for as long as it lives (RFC 8866 5.2). */
export function sessionIdOf(sdp: string): string | null {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? null;
}

/** Do things one after another; a failure does not stop the next. */
class Queue {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task, task);
    this.last = result.catch(() => undefined);
    return result;
  }
}

async function mayTakeBetterRoad(better: BetterRoad, connection: RTCPeerConnection): Promise<boolean> {
  const now = performance.now();
  if (connection.connectionState !== "connected" || !better.isLookDue(now)) return false;
  return better.shouldSearch(await roadOn(connection), now);
}

export interface PublisherOptions {
  /** Send `publish` and return the answer's SDP; rejects when refused or cut. */
  readonly publish: (sdp: string, sources: Record<string, MediaSource>) => Promise<string>;
  readonly onState: (state: RTCPeerConnectionState) => void;
  /** The offer was refused; `code` is the server's. Nothing is retried until `restart`. */
  readonly onRefused: (error: unknown) => void;
  /** Whether `publish` was not refused, but lost with the line: `resume` or `restart` follows. */
  readonly isCut: (error: unknown) => boolean;
}

/** What this seat sends. Sources are added, swapped and taken away while it runs. */
export class Publisher {
  private connection: RTCPeerConnection | null = null;
  private iceServers: RTCIceServer[] = [];
  /** In the room. Without a connection as long as no device is open: the first one opens it. */
  private isStarted = false;
  private readonly wanted = new Map<MediaSource, MediaStreamTrack>();
  /** No picture of this browser is of use to the server: pictures are wanted, but not offered. */
  private isSoundOnly = false;
  private readonly transceivers = new Map<MediaSource, RTCRtpTransceiver>();
  private readonly queue = new Queue();
  readonly recovery = new Recovery();
  private readonly betterRoad = new BetterRoad();
  private limits: Readonly<Record<MediaSource, SendLimits>>;
  /** Which encodings of a source anybody wants, as the server said of this connection. */
  private readonly wantedLayers = new Map<MediaSource, readonly string[]>();

  constructor(
    private readonly options: PublisherOptions,
    limitsNow: Readonly<Record<MediaSource, SendLimits>>,
  ) {
    this.limits = limitsNow;
  }

  /** The peer connection, for statistics only. */
  get peer(): RTCPeerConnection | null {
    return this.connection;
  }

  sourceOfMid(mid: string): MediaSource | null {
    for (const [source, transceiver] of this.transceivers) {
      if (transceiver.mid === mid) return source;
    }
    return null;
  }

  /** Begin anew with everything that is wanted: after entering, reconnecting, or a failure. */
  restart(iceServers: RTCIceServer[]): Promise<void> {
    this.iceServers = iceServers;
    return this.queue.run(async () => {
      this.close();
      this.isStarted = true;
      await this.negotiate();
    });
  }

  /** Go on over another road with the connection there is, or make one where there is none. */
  resume(iceServers: RTCIceServer[]): Promise<void> {
    this.iceServers = iceServers;
    return this.queue.run(async () => {
      this.isStarted = true;
      if (this.connection !== null) {
        this.connection.setConfiguration({ iceServers, bundlePolicy: "max-bundle" });
        this.connection.restartIce();
        this.recovery.restarted(performance.now());
      }
      await this.negotiate();
    });
  }

  /** Count what has arrived and do what is due; call it about once a second. */
  async look(): Promise<void> {
    const connection = this.connection;
    const arrived = connection === null ? null : await arrivedOn(connection);
    if (connection === this.connection) this.act(this.recovery.look(arrived, performance.now()));
    if (connection !== null && (await mayTakeBetterRoad(this.betterRoad, connection))) {
      await this.searchBetterRoad(connection);
    }
  }

  /** Reach the relay with these credentials from the next restart on; what flows goes on. */
  renewRelay(iceServers: RTCIceServer[]): void {
    this.iceServers = iceServers;
    this.connection?.setConfiguration({ iceServers, bundlePolicy: "max-bundle" });
  }

  /** Restart ICE although nothing is wrong: UDP may be open again. */
  private searchBetterRoad(connection: RTCPeerConnection): Promise<void> {
    return this.queue.run(async () => {
      if (connection !== this.connection || !this.recovery.mayAct) return;
      connection.restartIce();
      await this.negotiate();
    });
  }

  networkChanged(): void {
    this.act(this.recovery.networkChanged(performance.now()));
  }

  private act(act: Act | null): void {
    if (act === "restart_ice") void this.resume(this.iceServers);
    if (act === "rebuild") void this.restart(this.iceServers);
  }

  /**
   * From the next `restart` on offer sound alone: this browser's pictures were refused.
   * Return false when that was so already, so that nobody tries for ever.
   */
  sendSoundOnly(): boolean {
    const isNew = !this.isSoundOnly;
    this.isSoundOnly = true;
    return isNew;
  }

  /** Send `track` as `source`, or stop sending it (null). */
  set(source: MediaSource, track: MediaStreamTrack | null): Promise<void> {
    if (track === null) this.wanted.delete(source);
    else this.wanted.set(source, track);
    return this.queue.run(async () => {
      if (!this.isStarted || (track !== null && !this.mayOffer(track))) return;
      const transceiver = this.transceivers.get(source);
      const isSending = transceiver?.direction === "sendonly";
      if (transceiver !== undefined && isSending && track !== null) {
        // A changed device keeps its section: nothing to negotiate.
        await transceiver.sender.replaceTrack(track);
        await this.applyLimits(source, transceiver);
        return;
      }
      if (isSending || track !== null) await this.negotiate();
    });
  }

  /** Allow each source this much from now on: tile or stage. */
  setLimits(limitsNow: Readonly<Record<MediaSource, SendLimits>>): Promise<void> {
    this.limits = limitsNow;
    return this.queue.run(() => this.applyAllLimits());
  }

  /** Send only these encodings of a source: nobody wants the others now. */
  layersWanted(source: MediaSource, rids: readonly string[]): Promise<void> {
    this.wantedLayers.set(source, rids);
    return this.queue.run(() => this.applyAllLimits());
  }

  stop(): void {
    this.isStarted = false;
    this.wanted.clear();
    this.close();
  }

  private mayOffer(track: MediaStreamTrack): boolean {
    return !this.isSoundOnly || track.kind === "audio";
  }

  private offered(): Map<MediaSource, MediaStreamTrack> {
    return new Map([...this.wanted].filter(([, track]) => this.mayOffer(track)));
  }

  private close(): void {
    this.recovery.closed();
    this.connection?.close();
    this.connection = null;
    this.transceivers.clear();
    this.wantedLayers.clear();
  }

  private open(): RTCPeerConnection {
    const connection = new RTCPeerConnection({
      iceServers: this.iceServers,
      bundlePolicy: "max-bundle",
    });
    connection.onconnectionstatechange = () => {
      if (connection !== this.connection) return;
      this.options.onState(connection.connectionState);
      this.act(this.recovery.changed(connection.connectionState, performance.now()));
    };
    this.recovery.begun(performance.now());
    return connection;
  }

  private async negotiate(): Promise<void> {
    if (this.connection === null && this.offered().size === 0) return;
    const connection = (this.connection ??= this.open());
    try {
      await this.arrangeSections(connection);
      await connection.setLocalDescription();
      const sdp = connection.localDescription?.sdp ?? "";
      const answer = await this.options.publish(sdp, this.sourcesByMid());
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      await this.applyAllLimits();
    } catch (error) {
      // What was offered and not answered is offered again: no other connection is needed.
      if (this.options.isCut(error)) return;
      // A half-made negotiation cannot be taken up again: the next restart begins anew.
      this.isStarted = false;
      this.close();
      this.options.onRefused(error);
    }
  }

  private async arrangeSections(connection: RTCPeerConnection): Promise<void> {
    const offered = this.offered();
    for (const [source, track] of offered) {
      track.contentHint = this.limits[source].contentHint;
      const known = this.transceivers.get(source);
      if (known !== undefined) {
        known.direction = "sendonly";
        await known.sender.replaceTrack(track);
        continue;
      }
      this.transceivers.set(source, this.addSection(connection, source, track));
    }
    for (const [source, transceiver] of this.transceivers) {
      if (offered.has(source)) continue;
      transceiver.direction = "inactive";
      await transceiver.sender.replaceTrack(null);
    }
  }

  private addSection(
    connection: RTCPeerConnection,
    source: MediaSource,
    track: MediaStreamTrack,
  ): RTCRtpTransceiver {
    const transceiver = connection.addTransceiver(track, {
      direction: "sendonly",
      sendEncodings: encodingsOf(track, this.limits[source]),
    });
    const capabilities = RTCRtpSender.getCapabilities(track.kind);
    if (track.kind === "video" && capabilities !== null) {
      transceiver.setCodecPreferences(preferH264(capabilities.codecs));
    }
    return transceiver;
  }

  private sourcesByMid(): Record<string, MediaSource> {
    const sources: Record<string, MediaSource> = {};
    for (const [source, transceiver] of this.transceivers) {
      if (transceiver.mid !== null && this.wanted.has(source)) sources[transceiver.mid] = source;
    }
    return sources;
  }

  private async applyAllLimits(): Promise<void> {
    for (const [source, transceiver] of this.transceivers) {
      if (transceiver.direction === "sendonly") await this.applyLimits(source, transceiver);
    }
  }

  private async applyLimits(source: MediaSource, transceiver: RTCRtpTransceiver): Promise<void> {
    const track = transceiver.sender.track;
    const parameters = transceiver.sender.getParameters();
    if (track === null || parameters.encodings.length === 0) return;
    limitEncodings(parameters.encodings, track, this.limits[source], this.wantedLayers.get(source));
    if (track.kind === "video") parameters.degradationPreference = this.limits[source].degradation;
    await transceiver.sender.setParameters(parameters);
  }
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
export class Subscriber {
  private connection: RTCPeerConnection | null = null;
  private iceServers: RTCIceServer[] = [];
  private remoteSession: string | null = null;
  private tracks: readonly TrackRef[] = [];
  private readonly queue = new Queue();
  readonly recovery = new Recovery();
  private readonly betterRoad = new BetterRoad();

  constructor(private readonly options: SubscriberOptions) {}

  /** The peer connection, for statistics only. */
  get peer(): RTCPeerConnection | null {
    return this.connection;
  }

  /** What the server named in its last offer, in the order of the sections. */
  get named(): readonly TrackRef[] {
    return this.tracks;
  }

  /** Whose a received media section is. */
  trackOfMid(mid: string): TrackRef | null {
    return this.tracks.find((track) => track.mid === mid) ?? null;
  }

  /** Ask for everything anew: after entering, reconnecting, or a failure. */
  restart(iceServers: RTCIceServer[]): Promise<void> {
    this.iceServers = iceServers;
    return this.ask(false);
  }

  /** Go on over another road with the connection there is, or ask for one where there is none. */
  resume(iceServers: RTCIceServer[]): Promise<void> {
    this.iceServers = iceServers;
    if (this.connection === null) return this.ask(false);
    this.connection.setConfiguration({ iceServers, bundlePolicy: "max-bundle" });
    this.recovery.restarted(performance.now());
    return this.ask(true);
  }

  /** Count what has arrived and do what is due; call it about once a second. */
  async look(): Promise<void> {
    const connection = this.connection;
    const arrived = connection === null ? null : await arrivedOn(connection);
    if (connection === this.connection) this.act(this.recovery.look(arrived, performance.now()));
    if (connection !== null && (await mayTakeBetterRoad(this.betterRoad, connection))) {
      await this.searchBetterRoad(connection);
    }
  }

  /** Reach the relay with these credentials from the next restart on; what flows goes on. */
  renewRelay(iceServers: RTCIceServer[]): void {
    this.iceServers = iceServers;
    this.connection?.setConfiguration({ iceServers, bundlePolicy: "max-bundle" });
  }

  /** Ask for a restart of ICE although nothing is wrong: UDP may be open again. */
  private async searchBetterRoad(connection: RTCPeerConnection): Promise<void> {
    if (connection !== this.connection || !this.recovery.mayAct) return;
    try {
      await this.options.subscribe(true);
    } catch {
      // What there is goes on; the next search comes.
    }
  }

  networkChanged(): void {
    this.act(this.recovery.networkChanged(performance.now()));
  }

  private act(act: Act | null): void {
    if (act === "restart_ice") void this.resume(this.iceServers);
    if (act === "rebuild") void this.restart(this.iceServers);
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
    this.remoteSession = null;
  }

  private async accept(offer: SubscribeOffer): Promise<void> {
    // Another session id is another connection at the server; another ufrag is an ICE restart.
    const session = sessionIdOf(offer.sdp);
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

  private open(): RTCPeerConnection {
    const connection = new RTCPeerConnection({
      iceServers: this.iceServers,
      bundlePolicy: "max-bundle",
    });
    connection.onconnectionstatechange = () => {
      if (connection !== this.connection) return;
      this.options.onState(connection.connectionState);
      this.act(this.recovery.changed(connection.connectionState, performance.now()));
    };
    this.recovery.begun(performance.now());
    return connection;
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
