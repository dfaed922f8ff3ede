import { beforeEach, describe, expect, it } from "vitest";
import {
  arrivedOn,
  BLOCKED_AFTER,
  CONNECT_WITHIN_MS,
  Recovery,
  REBUILD_AFTER_MS,
  SILENT_FLOWING_MS,
  SILENT_IDLE_MS,
  type Act,
} from "../src/media/recovery";

/** A connection that is looked at twice a second, and what was to be done at which time. */
class Watched {
  readonly recovery = new Recovery();
  readonly done: [number, Act][] = [];
  now = 0;
  private packets = 0;
  private answers = 0;

  constructor() {
    this.recovery.begun(this.now);
  }

  note(act: Act | null): void {
    if (act !== null) this.done.push([this.now, act]);
    if (act === "rebuild") this.recovery.begun(this.now);
  }

  becomes(state: RTCPeerConnectionState): void {
    this.note(this.recovery.changed(state, this.now));
  }

  /** Let time pass while so many packets, or answers to checks, come a second. */
  pass(ms: number, coming: { packets?: number; answers?: number } = {}): void {
    for (const until = this.now + ms; this.now < until; ) {
      this.now += 500;
      this.packets += (coming.packets ?? 0) / 2;
      this.answers += (coming.answers ?? 0) / 2;
      const arrived = { packets: this.packets, answers: this.answers };
      this.note(this.recovery.look(arrived, this.now));
    }
  }

  forget(): void {
    this.done.length = 0;
  }

  get acts(): Act[] {
    return this.done.map(([, act]) => act);
  }
}

const FLOWING = { packets: 50 };
let one: Watched;

beforeEach(() => {
  one = new Watched();
});

describe("a connection that is well", () => {
  beforeEach(() => {
    one.becomes("connected");
    one.pass(5_000, FLOWING);
  });

  it("is left alone while media comes, or only checks are answered", () => {
    one.pass(60_000, FLOWING);
    one.pass(60_000, { answers: 1 });
    expect(one.done).toEqual([]);
    expect(one.recovery.recoveringSince).toBeNull();
  });

  it("restarts ICE after 2 s without media, and is built anew 4 s later", () => {
    const at = one.now;
    one.pass(20_000);
    expect(one.done.slice(0, 2)).toEqual([
      [at + SILENT_FLOWING_MS, "restart_ice"],
      [at + SILENT_FLOWING_MS + REBUILD_AFTER_MS, "rebuild"],
    ]);
  });

  it("waits longer where nothing was flowing", () => {
    one.pass(5_000, { answers: 1 });
    const at = one.now;
    one.pass(7_000);
    expect(one.done).toEqual([[at + SILENT_IDLE_MS, "restart_ice"]]);
  });

  it("restarts ICE at once when the browser says disconnected", () => {
    one.becomes("disconnected");
    expect(one.done).toEqual([[one.now, "restart_ice"]]);
    expect(one.recovery.recoveringSince).toBe(one.now);
  });

  it("is well again with the first packet after the restart", () => {
    one.becomes("disconnected");
    one.pass(3_000);
    one.pass(20_000, FLOWING);
    expect(one.acts).toEqual(["restart_ice"]);
    expect(one.recovery.recoveringSince).toBeNull();
  });

  it("is built anew at once when the browser says failed", () => {
    one.becomes("failed");
    expect(one.done).toEqual([[one.now, "rebuild"]]);
  });

  it("seeks another road at once on another network, also while it seeks one", () => {
    one.note(one.recovery.networkChanged(one.now));
    one.note(one.recovery.networkChanged(one.now));
    expect(one.acts).toEqual(["restart_ice", "restart_ice"]);
  });

  it("does nothing while there is nobody to negotiate with, and goes on if media comes back", () => {
    one.recovery.mayAct = false;
    one.pass(30_000);
    one.becomes("disconnected");
    one.pass(30_000);
    expect(one.done).toEqual([]);
    one.pass(500, FLOWING);
    one.becomes("connected");
    one.recovery.mayAct = true;
    one.pass(10_000, FLOWING);
    expect(one.done).toEqual([]);
  });

  it("does what is due as soon as there is somebody again", () => {
    one.recovery.mayAct = false;
    one.becomes("disconnected");
    one.pass(30_000);
    one.recovery.mayAct = true;
    one.pass(500);
    expect(one.acts).toEqual(["restart_ice"]);
    one.forget();
    one.recovery.mayAct = false;
    one.becomes("failed");
    one.recovery.mayAct = true;
    one.pass(500);
    expect(one.acts).toEqual(["rebuild"]);
  });

  it("is not mistaken for silent because nobody looked for a while", () => {
    one.now += 600_000;
    one.pass(500, FLOWING);
    expect(one.done).toEqual([]);
  });

  it("takes a restart begun by somebody else for its own", () => {
    one.recovery.restarted(one.now);
    one.pass(3_500);
    expect(one.done).toEqual([]);
    one.pass(1_000);
    expect(one.acts).toEqual(["rebuild"]);
  });
});

describe("a connection being made", () => {
  it("is given 10 s, and then made anew", () => {
    one.pass(9_500);
    expect(one.done).toEqual([]);
    one.pass(1_000);
    expect(one.done).toEqual([[CONNECT_WITHIN_MS, "rebuild"]]);
  });

  it("is made anew at once on another network", () => {
    one.note(one.recovery.networkChanged(one.now));
    expect(one.acts).toEqual(["rebuild"]);
  });

  it("that fails at once is tried ever more rarely, without end, and the page says so", () => {
    const at: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      one.forget();
      one.becomes("failed");
      expect(one.recovery.isBlocked).toBe(attempt + 1 >= BLOCKED_AFTER);
      const before = one.now;
      while (one.done.length === 0) one.pass(500);
      at.push(one.now - before);
    }
    expect(at).toEqual([0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
    one.becomes("connected");
    expect(one.recovery.isBlocked).toBe(false);
    expect(one.recovery.recoveringSince).toBeNull();
  });

  it("is tried again when its making was refused, and when the making never begins", () => {
    one.recovery.refused(one.now);
    expect(one.recovery.look(null, one.now)).toBe("rebuild");
    expect(one.recovery.look(null, one.now + CONNECT_WITHIN_MS - 1)).toBeNull();
    expect(one.recovery.look(null, one.now + CONNECT_WITHIN_MS)).toBe("rebuild");
  });

  it("is no trouble to speak of the first time", () => {
    one.pass(5_000);
    expect(one.recovery.recoveringSince).toBeNull();
  });
});

it("what was closed on purpose stays closed", () => {
  one.recovery.closed();
  one.becomes("failed");
  one.note(one.recovery.networkChanged(one.now));
  one.pass(60_000);
  expect(one.done).toEqual([]);
});

describe("what has arrived", () => {
  const stats = new Map<string, object>([
    ["T", { type: "transport", packetsReceived: 7 }],
    ["P1", { type: "candidate-pair", responsesReceived: 2 }],
    ["P2", { type: "candidate-pair", responsesReceived: 3 }],
    ["I", { type: "inbound-rtp", packetsReceived: 99 }],
  ]);

  function connection(track: object | null): RTCPeerConnection {
    const sender = { track, getStats: () => Promise.resolve(track === null ? new Map() : stats) };
    const receiver = { getStats: () => Promise.resolve(track === null ? stats : new Map()) };
    return { getTransceivers: () => [{ sender, receiver }] } as unknown as RTCPeerConnection;
  }

  it("is counted on the transport of a track that is sent or received", async () => {
    expect(await arrivedOn(connection({}))).toEqual({ packets: 7, answers: 5 });
    expect(await arrivedOn(connection(null))).toEqual({ packets: 7, answers: 5 });
  });

  it("is unknown where there is no track", async () => {
    const empty = { getTransceivers: () => [] } as unknown as RTCPeerConnection;
    expect(await arrivedOn(empty)).toBeNull();
  });
});
