/**
 * What `Publisher` does with a peer connection, on one that records it.
 * That browsers and the server agree is shown by the browser tests on the real server.
 */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MediaSource } from "../src/protocol";
import { HUB_LIMITS, STAGE_LIMITS, TILE_LIMITS } from "../src/media/sending";
import { Publisher } from "../src/media/publisher";
import {
  CUT,
  RecordedConnection,
  RecordedTransceiver,
  last,
  lookFor,
  recordConnections,
  track,
} from "./recorded-connection";

recordConnections();

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
