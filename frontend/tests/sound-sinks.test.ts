/** Which track each audio element plays, over connections that are built anew. */
import { createApp, h, nextTick, shallowRef, type App } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import SoundSinks from "../src/components/live/SoundSinks.vue";
import type { ReceivedTrack } from "../src/media/subscriber";

class Stream {
  constructor(readonly tracks: MediaStreamTrack[]) {}
}

let app: App;
let page: HTMLElement;
const tracks = shallowRef<readonly ReceivedTrack[]>([]);
const played: HTMLMediaElement[] = [];

function received(id: string, seatId = "hub"): ReceivedTrack {
  return { seatId, source: "microphone", track: { id, kind: "audio" } as MediaStreamTrack };
}

async function hear(...now: ReceivedTrack[]): Promise<readonly unknown[]> {
  tracks.value = now;
  await nextTick();
  await vi.waitFor(() => expect(played.length).toBeGreaterThan(0));
  return [...page.querySelectorAll("audio")].flatMap(
    (element) => (element.srcObject as unknown as Stream).tracks,
  );
}

beforeEach(() => {
  vi.stubGlobal("MediaStream", Stream);
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    configurable: true,
    writable: true,
    value: null,
  });
  vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(function (
    this: HTMLMediaElement,
  ) {
    played.push(this);
    return Promise.resolve();
  });
  played.length = 0;
  tracks.value = [];
  page = document.createElement("div");
  app = createApp({ render: () => h(SoundSinks, { tracks: tracks.value }) });
  app.mount(page);
});

afterEach(() => {
  app.unmount();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("plays the track of a new connection although it has the name of the one before", async () => {
  const before = received("hub-microphone");
  expect(await hear(before)).toEqual([before.track]);
  const after = received("hub-microphone");
  const [playing] = await hear(after);
  expect(playing).toBe(after.track);
  await vi.waitFor(() => expect(played).toHaveLength(2));
});

it("leaves what plays alone when another begins or ends", async () => {
  const hub = received("hub-microphone");
  const stage = received("stage-microphone", "a");
  await hear(hub);
  const [, second] = await hear(hub, stage);
  expect(second).toBe(stage.track);
  const remaining = await hear(hub);
  expect(remaining).toHaveLength(1);
  expect(remaining[0]).toBe(hub.track);
  expect(played.filter((element) => element.dataset.seat === "hub")).toHaveLength(1);
});
