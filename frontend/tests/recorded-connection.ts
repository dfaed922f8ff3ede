/** A peer connection that records what `Publisher` and `Subscriber` do with it. */
import { afterEach, beforeEach, vi } from "vitest";
import type { TrackRef } from "../src/protocol";

interface RecordedSender {
  track: MediaStreamTrack | null;
  parameters: RTCRtpSendParameters;
}

export class RecordedTransceiver {
  /** What every track's statistics say. */
  static stats = new Map<string, object>();
  mid: string | null = null;
  currentDirection: RTCRtpTransceiverDirection | null = "recvonly";
  readonly sender: RecordedSender & Pick<RTCRtpSender, "replaceTrack" | "getParameters" | "setParameters"> & {
    getStats: () => Promise<Map<string, object>>;
  };
  readonly receiver: { track: MediaStreamTrack; getStats: () => Promise<Map<string, object>> };

  constructor(
    track: MediaStreamTrack,
    public direction: RTCRtpTransceiverDirection,
    encodings: RTCRtpEncodingParameters[] = [{}],
  ) {
    this.receiver = { track, getStats: () => Promise.resolve(RecordedTransceiver.stats) };
    const sender = {
      getStats: () => Promise.resolve(RecordedTransceiver.stats),
      track: track as MediaStreamTrack | null,
      parameters: { encodings } as unknown as RTCRtpSendParameters,
      replaceTrack: (next: MediaStreamTrack | null) => {
        sender.track = next;
        return Promise.resolve();
      },
      getParameters: () => structuredClone(sender.parameters),
      setParameters: (next: RTCRtpSendParameters) => {
        sender.parameters = next;
        return Promise.resolve();
      },
    };
    this.sender = sender;
  }

  setCodecPreferences(): void {}
}

export class RecordedConnection {
  static all: RecordedConnection[] = [];
  /** What the next remote description brings. */
  static offered: TrackRef[] = [];
  /** Whether several encodings are taken, as by every browser of these years. */
  static takesLayers = true;
  connectionState: RTCPeerConnectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  readonly transceivers: RecordedTransceiver[] = [];
  localDescription: { sdp: string } | null = null;
  remote: string[] = [];
  isClosed = false;
  restarts = 0;
  configuration: RTCConfiguration = {};

  constructor() {
    RecordedConnection.all.push(this);
  }

  addTransceiver(track: MediaStreamTrack, init: RTCRtpTransceiverInit): RecordedTransceiver {
    const transceiver = new RecordedTransceiver(
      track,
      init.direction ?? "sendrecv",
      RecordedConnection.takesLayers ? init.sendEncodings : [{}],
    );
    this.transceivers.push(transceiver);
    return transceiver;
  }

  setLocalDescription(): Promise<void> {
    this.transceivers.forEach((transceiver, place) => (transceiver.mid = String(place)));
    this.localDescription = { sdp: `local ${RecordedConnection.all.indexOf(this)}` };
    return Promise.resolve();
  }

  setRemoteDescription({ type, sdp }: { type: string; sdp: string }): Promise<void> {
    this.remote.push(sdp);
    if (sdp.includes("broken")) return Promise.reject(new Error("broken"));
    if (type === "offer") {
      for (const { source } of RecordedConnection.offered.slice(this.transceivers.length)) {
        this.transceivers.push(new RecordedTransceiver(track(source), "recvonly"));
      }
    }
    return Promise.resolve();
  }

  getTransceivers(): RecordedTransceiver[] {
    return this.transceivers;
  }

  close(): void {
    this.isClosed = true;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  restartIce(): void {
    this.restarts++;
  }

  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

export const CUT = new Error("the line is cut");

export function track(id: string, height = 720): MediaStreamTrack {
  const kind = id === "microphone" ? "audio" : "video";
  return { id, kind, contentHint: "", getSettings: () => ({ height }) } as unknown as MediaStreamTrack;
}

export function last(): RecordedConnection {
  const connection = RecordedConnection.all.at(-1);
  if (connection === undefined) throw new Error("no connection was opened");
  return connection;
}

/** Give every test of a file recorded connections, none of them used, and timers it turns itself. */
export function recordConnections(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    RecordedTransceiver.stats = new Map();
    RecordedConnection.all = [];
    RecordedConnection.offered = [];
    RecordedConnection.takesLayers = true;
    vi.stubGlobal("RTCPeerConnection", RecordedConnection);
    vi.stubGlobal("RTCRtpSender", { getCapabilities: () => ({ codecs: [{ mimeType: "video/VP8" }] }) });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** What statistics say of a connection that goes over TCP; `packets` have come. */
function overTcp(packets: number): Map<string, object> {
  return new Map<string, object>([
    ["T", { type: "transport", selectedCandidatePairId: "P", packetsReceived: packets }],
    ["P", { type: "candidate-pair", localCandidateId: "L", responsesReceived: packets }],
    ["L", { type: "local-candidate", candidateType: "host", protocol: "tcp" }],
  ]);
}

/** Let a page look once a second for so long, on a line on which media comes. */
export async function lookFor(seconds: number, page: { look(): Promise<void> }): Promise<void> {
  for (let second = 1; second <= seconds; second++) {
    vi.advanceTimersByTime(1_000);
    RecordedTransceiver.stats = overTcp(second * 10);
    await page.look();
  }
}
