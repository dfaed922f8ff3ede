import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LocalMedia } from "../src/media/local";
import type { MediaSource } from "../src/protocol";

/** A device's track, which can be unplugged. */
class DeviceTrack extends EventTarget {
  enabled = true;
  readyState: "live" | "ended" = "live";

  constructor(readonly kind: "video" | "audio") {
    super();
  }

  getSettings() {
    return { height: 720 };
  }

  stop(): void {
    this.readyState = "ended";
  }

  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** The browser's devices: what is plugged in, and whether the person allows it. */
class Devices extends EventTarget {
  hasCamera = true;
  isAllowed = true;
  readonly opened: DeviceTrack[] = [];

  enumerateDevices() {
    return Promise.resolve([]);
  }

  getUserMedia(wanted: MediaStreamConstraints) {
    if (!this.isAllowed) return Promise.reject(new DOMException("", "NotAllowedError"));
    if (wanted.video !== undefined && !this.hasCamera) {
      return Promise.reject(new DOMException("", "NotReadableError"));
    }
    const track = new DeviceTrack(wanted.video === undefined ? "audio" : "video");
    this.opened.push(track);
    return Promise.resolve({ getTracks: () => [track] });
  }
}

let devices: Devices;
let sent: Map<MediaSource, MediaStreamTrack | null>;
let local: LocalMedia;

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

function camera(): DeviceTrack {
  const track = devices.opened.filter((one) => one.kind === "video").at(-1);
  if (track === undefined) throw new Error("no camera was opened");
  return track;
}

beforeEach(() => {
  localStorage.clear();
  devices = new Devices();
  vi.stubGlobal("navigator", { mediaDevices: devices });
  sent = new Map();
  local = new LocalMedia({
    onTrack: (source, track) => sent.set(source, track),
    testTitle: () => "测试画面",
  });
});

afterEach(() => {
  local.stop();
  vi.unstubAllGlobals();
});

describe("what this computer sends", () => {
  it("is camera and microphone, once they are open", async () => {
    await local.openUsual();
    expect([...sent.keys()].sort()).toEqual(["camera", "microphone"]);
    expect(local.sources.camera.problem).toBeNull();
  });

  it("stays muted when the muted device is unplugged and plugged in again", async () => {
    await local.openUsual();
    local.setMuted("camera", true);
    expect(camera().enabled).toBe(false);
    devices.hasCamera = false;
    const gone = camera();
    gone.unplug();
    await settled();
    expect(sent.get("camera")).toBeNull();
    expect(local.sources.camera.problem).toBe("busy");
    devices.hasCamera = true;
    devices.dispatchEvent(new Event("devicechange"));
    await settled();
    expect(camera()).not.toBe(gone);
    expect(camera().enabled).toBe(false);
    expect(local.sources.camera.problem).toBeNull();
  });

  it("is nothing, with the reason, when the person does not allow it", async () => {
    devices.isAllowed = false;
    await local.openUsual();
    expect(sent.size).toBe(0);
    expect(local.sources.camera.problem).toBe("denied");
    expect(local.sources.microphone.problem).toBe("denied");
  });

  it("is let go when the page is left, also what was still opening", async () => {
    await local.openMicrophone();
    const opening = local.openCamera();
    local.stop();
    await opening;
    expect(devices.opened.map((track) => track.readyState)).toEqual(["ended", "ended"]);
    expect(sent.get("camera")).toBeUndefined();
  });

  it("mutes before the device is there, too", async () => {
    local.setMuted("microphone", true);
    await local.openMicrophone();
    expect(devices.opened[0]?.enabled).toBe(false);
  });
});
