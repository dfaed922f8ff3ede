/**
 * What `Subscriber` does with a peer connection, on one that records it.
 * That browsers and the server agree is shown by the browser tests on the real server.
 */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { TrackRef } from "../src/protocol";
import { Subscriber, type ReceivedTrack } from "../src/media/subscriber";
import { CUT, RecordedConnection, last, lookFor, recordConnections } from "./recorded-connection";

recordConnections();

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
