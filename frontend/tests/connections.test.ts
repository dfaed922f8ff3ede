/**
 * What `Publisher` and `Subscriber` do with a peer connection, on one that records it.
 * That browsers and the server agree is shown by the browser tests on the real server.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MediaSource, TrackRef } from "../src/protocol";
import { HUB_LIMITS, STAGE_LIMITS, TILE_LIMITS } from "../src/media/sending";
import { Publisher } from "../src/media/publisher";
import { Subscriber, type ReceivedTrack } from "../src/media/subscriber";

interface RecordedSender {
  track: MediaStreamTrack | null;
  parameters: RTCRtpSendParameters;
}

class RecordedTransceiver {
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

class RecordedConnection {
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

const CUT = new Error("the line is cut");

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

/** What statistics say of a connection that goes over TCP; `packets` have come. */
function overTcp(packets: number): Map<string, object> {
  return new Map<string, object>([
    ["T", { type: "transport", selectedCandidatePairId: "P", packetsReceived: packets }],
    ["P", { type: "candidate-pair", localCandidateId: "L", responsesReceived: packets }],
    ["L", { type: "local-candidate", candidateType: "host", protocol: "tcp" }],
  ]);
}

/** Let a page look once a second for so long, on a line on which media comes. */
async function lookFor(seconds: number, page: { look(): Promise<void> }): Promise<void> {
  for (let second = 1; second <= seconds; second++) {
    vi.advanceTimersByTime(1_000);
    RecordedTransceiver.stats = overTcp(second * 10);
    await page.look();
  }
}

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
        isCut: (error) => error === CUT,
      },
      HUB_LIMITS,
    );
  });

  it("looks for UDP after half a minute over TCP, with the relay's newest credentials", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([{ urls: "turn:a", username: "old" }]);
    last().becomes("connected");
    publisher.renewRelay([{ urls: "turn:a", username: "new" }]);
    expect(last().configuration.iceServers).toEqual([{ urls: "turn:a", username: "new" }]);
    await lookFor(29, publisher);
    expect(last().restarts).toBe(0);
    await lookFor(10, publisher);
    expect(last().restarts).toBe(1);
    expect(published).toHaveLength(2);
    expect(RecordedConnection.all).toHaveLength(1);
    expect(publisher.recovery.recoveringSince).toBeNull();
    await lookFor(40, publisher);
    expect(last().restarts).toBe(1);
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
      { publish: () => answer(), onState: () => undefined, onRefused: () => undefined, isCut: () => false },
      TILE_LIMITS,
    );
    await publisher.set("camera", track("camera", 720));
    await publisher.restart([]);
    expect(encodings()).toMatchObject([
      { rid: "q", maxBitrate: 100_000, scaleResolutionDownBy: 4 },
      { rid: "h", maxBitrate: 300_000, scaleResolutionDownBy: 2 },
    ]);
    await publisher.setLimits(STAGE_LIMITS);
    expect(encodings()).toMatchObject([
      { rid: "q", maxBitrate: 100_000 },
      { rid: "h", maxBitrate: 700_000, maxFramerate: 25 },
    ]);
  });

  function encodings(place = 0): RTCRtpEncodingParameters[] | undefined {
    return last().transceivers[place]?.sender.parameters.encodings;
  }

  it("sends the hub's picture in three sizes and its sound in one, without a name", async () => {
    await publisher.set("camera", track("camera", 1080));
    await publisher.set("microphone", track("microphone"));
    await publisher.restart([]);
    expect(encodings()).toMatchObject([
      { rid: "q", scaleResolutionDownBy: 6, maxBitrate: 150_000, active: true },
      { rid: "h", scaleResolutionDownBy: 3, maxBitrate: 500_000, active: true },
      { rid: "f", scaleResolutionDownBy: 1.5, maxBitrate: 1_800_000, active: true },
    ]);
    expect(encodings(1)).toEqual([{ maxBitrate: 48_000 }]);
  });

  it("pauses the sizes nobody wants, and keeps them paused over a change of device", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    const active = () => encodings()?.map((one) => one.active);
    await publisher.layersWanted("camera", ["q", "h"]);
    expect(active()).toEqual([true, true, false]);
    await publisher.set("camera", track("other"));
    await publisher.layersWanted("screen", ["h"]);
    expect(active()).toEqual([true, true, false]);
    await publisher.layersWanted("camera", ["q", "h", "f"]);
    expect(active()).toEqual([true, true, true]);
  });

  it("begins a new connection with all sizes: what was wanted of the old one is void", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    await publisher.layersWanted("camera", ["q"]);
    await publisher.restart([]);
    expect(encodings()?.map((one) => one.active)).toEqual([true, true, true]);
  });

  it("sends the largest size where the browser takes one only, and never pauses it", async () => {
    RecordedConnection.takesLayers = false;
    await publisher.set("camera", track("camera", 1440));
    await publisher.restart([]);
    await publisher.layersWanted("camera", ["q"]);
    expect(encodings()).toEqual([
      { maxBitrate: 1_800_000, maxFramerate: 30, scaleResolutionDownBy: 2 },
    ]);
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

  /** Let time pass as on a page: the connection is looked at every second. */
  async function seconds(count: number): Promise<void> {
    for (let second = 0; second < count; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await publisher.look();
    }
  }

  it("restarts ICE at once when it is disconnected, and rebuilds when that brings nothing", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("connected");
    last().becomes("disconnected");
    await vi.advanceTimersByTimeAsync(0);
    expect(last().restarts).toBe(1);
    expect(published).toEqual([{ "0": "camera" }, { "0": "camera" }]);
    await seconds(3);
    last().becomes("connected");
    await seconds(1);
    expect(RecordedConnection.all).toHaveLength(1);
    last().becomes("disconnected");
    await seconds(5);
    expect(RecordedConnection.all).toHaveLength(2);
  });

  it("goes on with its connection for a new WebSocket, with that one's servers", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    const servers = [{ urls: "turn:192.0.2.1" }];
    await publisher.resume(servers);
    expect(RecordedConnection.all).toHaveLength(1);
    expect(last().restarts).toBe(1);
    expect(last().configuration.iceServers).toEqual(servers);
    expect(published).toHaveLength(2);
  });

  it("has a connection made where there is none to go on with", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.resume([]);
    expect(published).toEqual([{ "0": "camera" }]);
  });

  it("keeps a connection whose offer was lost with the line, and offers it again", async () => {
    await publisher.set("camera", track("camera"));
    answer = () => Promise.reject(CUT);
    await publisher.restart([]);
    expect(refused).toEqual([]);
    answer = () => Promise.resolve("answer");
    await publisher.resume([]);
    expect(RecordedConnection.all).toHaveLength(1);
    expect(last().remote).toEqual(["answer"]);
  });

  it("restarts ICE on another network", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("connected");
    publisher.networkChanged();
    await vi.advanceTimersByTimeAsync(0);
    expect(last().restarts).toBe(1);
  });

  it("rebuilds a connection that does not get through", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("connecting");
    await seconds(9);
    expect(RecordedConnection.all).toHaveLength(1);
    await seconds(2);
    expect(RecordedConnection.all).toHaveLength(2);
  });

  it("lets a connection that got through in time be", async () => {
    await publisher.set("camera", track("camera"));
    await publisher.restart([]);
    last().becomes("connecting");
    await seconds(9);
    last().becomes("connected");
    for (let second = 0; second < 20; second++) {
      const heard = { type: "candidate-pair", responsesReceived: second };
      RecordedTransceiver.stats = new Map([["pair", heard]]);
      await seconds(1);
    }
    expect(RecordedConnection.all).toHaveLength(1);
    expect(last().restarts).toBe(0);
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
  let restarts: number;
  let mayAsk: boolean;
  let answers: [number, string][];
  let seen: (readonly ReceivedTrack[])[];
  let refused: readonly TrackRef[];
  let subscriber: Subscriber;

  beforeEach(() => {
    asked = 0;
    restarts = 0;
    mayAsk = true;
    answers = [];
    seen = [];
    subscriber = new Subscriber({
      subscribe: (isRestart) => {
        restarts += Number(isRestart);
        return mayAsk ? Promise.resolve(asked++) : Promise.reject(CUT);
      },
      answer: (revision, sdp) => answers.push([revision, sdp]),
      onTracks: (tracks, without) => {
        seen.push(tracks);
        refused = without;
      },
      onState: () => undefined,
    });
  });

  async function offer(revision: number, session: string, tracks: TrackRef[]): Promise<void> {
    RecordedConnection.offered = tracks;
    const sdp = `v=0\r\no=- ${session} ${revision} IN IP4 127.0.0.1\r\na=ice-ufrag:u${revision}\r\n`;
    const done = subscriber.offered({ type: "subscribe_offer", revision, sdp, tracks });
    await done;
    const connection = last();
    connection.transceivers.forEach((transceiver, place) => (transceiver.mid = String(place)));
  }

  it("asks for a restart after half a minute over TCP, and bears a refusal", async () => {
    await offer(1, "one", [camera]);
    last().becomes("connected");
    subscriber.renewRelay([{ urls: "turn:a", username: "new" }]);
    expect(last().configuration.iceServers).toEqual([{ urls: "turn:a", username: "new" }]);
    await lookFor(40, subscriber);
    expect(restarts).toBe(1);
    mayAsk = false;
    await lookFor(60, subscriber);
    expect(restarts).toBe(2);
    expect(RecordedConnection.all).toHaveLength(1);
    expect(subscriber.recovery.recoveringSince).toBeNull();
  });

  it("asks for nothing on entering, where the server offers by itself", async () => {
    await subscriber.entered([], false);
    await offer(1, "one", [camera]);
    last().becomes("connected");
    await subscriber.entered([{ urls: "turn:b" }], true);
    expect(last().configuration.iceServers).toEqual([{ urls: "turn:b" }]);
    await offer(2, "one", [camera]);
    expect(RecordedConnection.all).toHaveLength(1);
    expect(asked).toBe(0);
    // The server has media of this page that the page itself has not.
    subscriber.stop();
    await subscriber.entered([], true);
    expect([asked, restarts]).toEqual([1, 0]);
    await offer(3, "one", [camera]);
    expect(answers.map(([revision]) => revision)).toEqual([1, 2]);
    await offer(4, "two", [camera]);
    expect(answers.map(([revision]) => revision)).toEqual([1, 2, 4]);
  });

  it("answers in order and says whose each track is", async () => {
    await Promise.all([offer(1, "one", [camera]), offer(2, "one", [camera, screen])]);
    expect(answers.map(([revision]) => revision)).toEqual([1, 2]);
    expect(RecordedConnection.all).toHaveLength(1);
    const newest = seen.at(-1)?.map(({ seatId, source }) => `${seatId}/${source}`);
    expect(newest).toEqual(["hub/camera", "hub/screen"]);
    expect(subscriber.trackOfMid("1")).toEqual(screen);
  });

  it("takes another session id for another connection, and closes the old one after the page drew", async () => {
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

  it("asks for a restart of the connection it has, and for a new one where it has none", async () => {
    await subscriber.resume([]);
    expect([asked, restarts]).toEqual([1, 0]);
    await offer(1, "one", [camera]);
    await subscriber.resume([]);
    expect([asked, restarts]).toEqual([2, 1]);
    await offer(2, "one", [camera]);
    expect(RecordedConnection.all).toHaveLength(1);
  });

  it("asks for a restart at once when disconnected, and when nothing comes any more", async () => {
    await offer(1, "one", [camera]);
    last().becomes("connected");
    last().becomes("disconnected");
    expect(restarts).toBe(1);
    subscriber.networkChanged();
    expect(restarts).toBe(2);
  });

  it("asks again later when it could not be asked for", async () => {
    mayAsk = false;
    await subscriber.restart([]);
    mayAsk = true;
    await subscriber.look();
    expect(asked).toBe(1);
  });

  it("asks anew for an offer that this browser cannot take", async () => {
    const broken = { type: "subscribe_offer", revision: 1, sdp: "broken", tracks: [] } as const;
    await expect(subscriber.offered(broken)).rejects.toThrow("broken");
    await subscriber.look();
    expect(asked).toBe(1);
    await offer(2, "one", [camera]);
    expect(answers.map(([revision]) => revision)).toEqual([2]);
  });
});
