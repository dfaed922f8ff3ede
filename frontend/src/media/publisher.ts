/** What this seat sends, over a connection that it offers to the server. */
import { Queue, RecoveringConnection } from "./connection";
import { encodingsOf, limitEncodings, preferH264, type SendLimits } from "./sending";
import type { MediaSource } from "../protocol";

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
export class Publisher extends RecoveringConnection {
  /** In the room. Without a connection as long as no device is open: the first one opens it. */
  private isStarted = false;
  private readonly wanted = new Map<MediaSource, MediaStreamTrack>();
  /** No picture of this browser is of use to the server: pictures are wanted, but not offered. */
  private isSoundOnly = false;
  private readonly transceivers = new Map<MediaSource, RTCRtpTransceiver>();
  private readonly queue = new Queue();
  private limits: Readonly<Record<MediaSource, SendLimits>>;
  /** Which encodings of a source anybody wants, as the server said of this connection. */
  private readonly wantedLayers = new Map<MediaSource, readonly string[]>();

  constructor(
    private readonly options: PublisherOptions,
    limitsNow: Readonly<Record<MediaSource, SendLimits>>,
  ) {
    super(options.onState);
    this.limits = limitsNow;
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
        this.connection.setConfiguration(this.configuration);
        this.connection.restartIce();
        this.recovery.restarted(performance.now());
      }
      await this.negotiate();
    });
  }

  /** Restart ICE although nothing is wrong: UDP may be open again. */
  protected searchBetterRoad(connection: RTCPeerConnection): Promise<void> {
    return this.queue.run(async () => {
      if (connection !== this.connection || !this.recovery.mayAct) return;
      connection.restartIce();
      await this.negotiate();
    });
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
