/**
 * What `Publisher` and `Subscriber` do with a peer connection, on one that records it.
 * That browsers and the server agree is shown by the browser tests on the real server.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MediaSource, TrackRef } from "../src/protocol";
import { HUB_LIMITS, STAGE_LIMITS, TILE_LIMITS } from "../src/media/sending";
import { Publisher, Subscriber, type ReceivedTrack } from "../src/rtc";

interface RecordedSender {
  track: MediaStreamTrack | null;
  parameters: RTCRtpSendParameters;
}

class RecordedTransceiver {
  mid: string | null = null;
  currentDirection: RTCRtpTransceiverDirection | null = "recvonly";
  readonly sender: RecordedSender & Pick<RTCRtpSender, "replaceTrack" | "getParameters" | "setParameters">;
  readonly receiver: { track: MediaStreamTrack };

  constructor(
    track: MediaStreamTrack,
    public direction: RTCRtpTransceiverDirection,
  ) {
    this.receiver = { track };
    const sender = {
      track: track as MediaStreamTrack | null,
      parameters: { encodings: [{}] } as unknown as RTCRtpSendParameters,
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

class RecordedConnection {
  static all: RecordedConnection[] = [];
  /** What the next remote description brings. */
  static offered: TrackRef[] = [];
  connectionState: RTCPeerConnectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  readonly transceivers: RecordedTransceiver[] = [];
  localDescription: { sdp: string } | null = null;
  remote: string[] = [];
  isClosed = false;

  constructor() {
    RecordedConnection.all.push(this);
  }

  addTransceiver(track: MediaStreamTrack, init: RTCRtpTransceiverInit): RecordedTransceiver {
    const transceiver = new RecordedTransceiver(track, init.direction ?? "sendrecv");
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

  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

function track(id: string, height = 720): MediaStreamTrack {
  const kind = id === "microphone" ? "audio" : "video";
  return { id, kind, contentHint: "", getSettings: () => ({ height }) } as unknown as MediaStreamTrack;
}

function last(): RecordedConnection {
  const connection = RecordedConnection.all.at(-1);
  if (connection === undefined) throw new Error("no connection was opened");
  return connection;
}

beforeEach(() => {
  vi.useFakeTimers();
  RecordedConnection.all = [];
  RecordedConnection.offered = [];
  vi.stubGlobal("RTCPeerConnection", RecordedConnection);
  vi.stubGlobal("RTCRtpSender", { getCapabilities: () => ({ codecs: [{ mimeType: "video/VP8" }] }) });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the publisher", () => {
  let published: Record<string, MediaSource>[];
  let refused: unknown[];
  let answer: () => Promise<string>;
  let publisher: Publisher;

  beforeEach(() => {
    published = [];
    refused = [];
    answer = () => Promise.resolve("answer");
    publisher = new Publisher(
      {
        publish: (_sdp, sources) => {
          published.push(sources);
          return answer();
        },
        onState: () => undefined,
        onRefused: (error) => refused.push(error),
      },
      HUB_LIMITS,
    );
  });

  it("offers nothing before it is started, then everything at once", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.set("microphone", track("microphone"));
    expect(published).toEqual([]);
    await publisher.restart([]);
    expect(published).toEqual([{ "0": "camera", "1": "microphone" }]);
  });

  it("sends a device that opens only after it was started", async () => {
    await publisher.restart([]);
    expect(published).toEqual([]);
    await publisher.set("camera", track("camera"));
    expect(published).toEqual([{ "0": "camera" }]);
  });

  it("opens nothing any more once it was stopped", async () => {
    await publisher.restart([]);
    publisher.stop();
    await publisher.set("camera", track("camera"));
    expect(published).toEqual([]);
    expect(RecordedConnection.all).toEqual([]);
  });

  it("swaps a device without negotiating", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    const other = track("other");
    await publisher.set("camera", other);
    expect(published).toHaveLength(1);
    expect(last().transceivers[0]?.sender.track).toBe(other);
  });

  it("adds a screen to the same connection, takes it away, and brings it back in its section", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    await publisher.set("screen", track("screen"));
    await publisher.set("screen", null);
    await publisher.set("screen", track("screen"));
    expect(published).toEqual([
      { "0": "camera" },
      { "0": "camera", "1": "screen" },
      { "0": "camera" },
      { "0": "camera", "1": "screen" },
    ]);
    expect(RecordedConnection.all).toHaveLength(1);
    expect(last().transceivers).toHaveLength(2);
  });

  it("sends a classroom's camera smaller as a tile than on stage", async () => {
    publisher = new Publisher(
      { publish: () => answer(), onState: () => undefined, onRefused: () => undefined },
      TILE_LIMITS,
    );
    await publisher.set("camera", track("camera", 720));
    await publisher.restart([]);
    const encoding = () => last().transceivers[0]?.sender.parameters.encodings[0];
    expect(encoding()).toMatchObject({ maxBitrate: 300_000, scaleResolutionDownBy: 2 });
    await publisher.setLimits(STAGE_LIMITS);
    expect(encoding()).toMatchObject({ maxBitrate: 800_000, maxFramerate: 25 });
  });

  it("rebuilds a failed connection with everything that was sent", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    const failed = last();
    failed.becomes("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(failed.isClosed).toBe(true);
    expect(RecordedConnection.all).toHaveLength(2);
    expect(published).toEqual([{ "0": "camera" }, { "0": "camera" }]);
  });

  it("leaves a short disconnection alone, and rebuilds after a long one", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("disconnected");
    await vi.advanceTimersByTimeAsync(3_000);
    last().becomes("connected");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(RecordedConnection.all).toHaveLength(1);
    last().becomes("disconnected");
    await vi.advanceTimersByTimeAsync(4_100);
    expect(RecordedConnection.all).toHaveLength(2);
  });

  it("rebuilds a connection that does not get through", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("connecting");
    await vi.advanceTimersByTimeAsync(14_000);
    expect(RecordedConnection.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(RecordedConnection.all).toHaveLength(2);
  });

  it("lets a connection that got through in time be", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("connecting");
    await vi.advanceTimersByTimeAsync(14_000);
    last().becomes("connected");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(RecordedConnection.all).toHaveLength(1);
  });

  it("offers sound alone once its pictures were refused, whatever is opened later", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.set("microphone", track("microphone"));
    await publisher.restart([]);
    expect(publisher.sendSoundOnly()).toBe(true);
    await publisher.restart([]);
    await publisher.set("screen", track("screen"));
    await publisher.set("camera", track("another"));
    await publisher.set("microphone", track("microphone"));
    expect(published).toEqual([{ "0": "camera", "1": "microphone" }, { "0": "microphone" }]);
    expect(last().transceivers).toHaveLength(1);
    expect(publisher.sendSoundOnly()).toBe(false);
  });

  it("opens no connection for pictures alone once they were refused", async () => {
    publisher.sendSoundOnly();
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    expect(RecordedConnection.all).toEqual([]);
  });

  it("says that it was refused, and begins anew on the next restart", async () => {
    const error = new Error("codec_unsupported");
    answer = () => Promise.reject(error);
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    expect(refused).toEqual([error]);
    answer = () => Promise.resolve("answer");
    await publisher.restart([]);
    expect(last().remote).toEqual(["answer"]);
  });
});

describe("the subscriber", () => {
  const camera: TrackRef = { mid: "0", seat_id: "hub", source: "camera" };
  const screen: TrackRef = { mid: "1", seat_id: "hub", source: "screen" };
  let asked: number;
  let answers: [number, string][];
  let seen: (readonly ReceivedTrack[])[];
  let refused: readonly TrackRef[];
  let subscriber: Subscriber;

  beforeEach(() => {
    asked = 0;
    answers = [];
    seen = [];
    subscriber = new Subscriber({
      subscribe: () => Promise.resolve(asked++),
      answer: (revision, sdp) => answers.push([revision, sdp]),
      onTracks: (tracks, without) => {
        seen.push(tracks);
        refused = without;
      },
      onState: () => undefined,
    });
  });

  async function offer(revision: number, ufrag: string, tracks: TrackRef[]): Promise<void> {
    RecordedConnection.offered = tracks;
    const sdp = `v=0\r\na=ice-ufrag:${ufrag}\r\n`;
    const done = subscriber.offered({ type: "subscribe_offer", revision, sdp, tracks });
    await done;
    const connection = last();
    connection.transceivers.forEach((transceiver, place) => (transceiver.mid = String(place)));
  }

  it("answers in order and says whose each track is", async () => {
    await Promise.all([offer(1, "one", [camera]), offer(2, "one", [camera, screen])]);
    expect(answers.map(([revision]) => revision)).toEqual([1, 2]);
    expect(RecordedConnection.all).toHaveLength(1);
    const newest = seen.at(-1)?.map(({ seatId, source }) => `${seatId}/${source}`);
    expect(newest).toEqual(["hub/camera", "hub/screen"]);
    expect(subscriber.trackOfMid("1")).toEqual(screen);
  });

  it("takes another ufrag for another connection, and closes the old one after the page drew", async () => {
    await offer(1, "one", [camera]);
    const old = last();
    await offer(2, "two", [camera]);
    expect(RecordedConnection.all).toHaveLength(2);
    expect(old.isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(old.isClosed).toBe(true);
  });

  it("no longer shows a track whose section has become inactive", async () => {
    await offer(1, "one", [camera, screen]);
    const section = last().transceivers[1];
    if (section !== undefined) section.currentDirection = "inactive";
    await offer(2, "one", [camera, screen]);
    expect(seen.at(-1)?.map(({ source }) => source)).toEqual(["camera"]);
    expect(refused).toEqual([]);
  });

  it("says which sections the browser rejected for want of a codec", async () => {
    await offer(1, "one", [camera, screen]);
    const section = last().transceivers[1];
    if (section !== undefined) section.currentDirection = "stopped";
    await offer(2, "one", [camera, screen]);
    expect(seen.at(-1)?.map(({ source }) => source)).toEqual(["camera"]);
    expect(refused).toEqual([screen]);
  });

  it("asks anew when the connection fails", async () => {
    await subscriber.restart([]);
    await offer(1, "one", [camera]);
    last().becomes("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toBe(2);
  });

  it("asks anew for an offer that this browser cannot take", async () => {
    const broken = { type: "subscribe_offer", revision: 1, sdp: "broken", tracks: [] } as const;
    await expect(subscriber.offered(broken)).rejects.toThrow("broken");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toBe(1);
    await offer(2, "one", [camera]);
    expect(answers.map(([revision]) => revision)).toEqual([2]);
  });
});
