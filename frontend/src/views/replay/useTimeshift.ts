/** A lesson played from its parts: all pictures and sounds on one clock, also those that begin while it plays. */
import { computed, onScopeDispose, ref, shallowReactive, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { Problem, type ShiftLane, type ShiftTrack } from "@/api";
import { correctionOf, ReplayClock } from "./clock";
import { TrackFeed } from "./feed";
import { frontierOf } from "./playlist";
import { extentOf, joined, trackKey } from "./shift-lanes";
import { soundsAlone, soundsNoMore } from "./sounding";
import { Sparing } from "./sparing";

const TICK_MS = 100;
const POLL_MS = 4_000;
/** A part that could not be fetched is asked for again after this. */
const RETRY_MS = 3_000;
const SEEK_AGAIN_AFTER_MS = 700;
/** As close as this to the newest part there is nothing to catch up with, and it is played as it is made. */
const NEWEST_MS = 1_500;
/** As close as this to the end there is nothing more to play. */
const END_MS = 200;
export const CATCH_UP = 1.25;

export interface Timeshift {
  /** What there is, the hub's first. A track stays the same object. */
  lanes: ShallowRef<readonly ShiftLane[]>;
  positionMs: Ref<number>;
  newestMs: Ref<number>;
  isPlaying: Ref<boolean>;
  isWaiting: Ref<boolean>;
  isBlocked: Ref<boolean>;
  /** What has something at the position. */
  on: ShallowRef<readonly ShiftTrack[]>;
  /** What was recorded at the position, whether or not it is played. */
  listed: ShallowRef<readonly ShiftTrack[]>;
  /** It is known what was recorded. */
  isListed: Ref<boolean>;
  /** The line does not carry the camera: sound and a shared screen go on without it. */
  isCameraOut: Ref<boolean>;
  /** The browser cannot play what these sent. */
  failed: ShallowRef<readonly ShiftTrack[]>;
  /** Faster than the lesson until it meets its newest part. */
  rate: Ref<number>;
  /** 0 to 1. */
  volume: Ref<number>;
  isMuted: Ref<boolean>;
  problem: ComputedRef<Problem | null>;
  /** The server was asked again: play what has begun since, go on with the rest. */
  learn: (told: readonly ShiftLane[]) => void;
  /** Play a track in an element; once each. */
  attach: (track: ShiftTrack, element: HTMLMediaElement) => void;
  toggle: () => void;
  seek: (ms: number) => void;
  setRate: (rate: number) => void;
  catchUp: () => void;
  /** Ask at once for what could not be fetched. */
  retry: () => void;
}

/** `given`: at least one. */
export function useTimeshift(given: readonly ShiftLane[], startMs: number): Timeshift {
  const clock = new ReplayClock(Infinity);
  const known = new Map<string, TrackFeed>();
  const lanes = shallowRef<readonly ShiftLane[]>([]);
  let feeds: readonly TrackFeed[] = [];
  /** What can be left out for the line's sake; nothing where nothing else would be left. */
  let cameras: readonly TrackFeed[] = [];
  const sparing = new Sparing();
  let isTrying = false;
  const isCameraOut = ref(false);
  const elements = new Map<TrackFeed, HTMLMediaElement>();
  const soughtAt = new Map<TrackFeed, number>();
  const positionMs = ref(startMs);
  const newestMs = ref(extentOf(given).untilMs);
  const isPlaying = ref(false);
  const isWaiting = ref(false);
  const isBlocked = ref(false);
  const on = shallowRef<readonly ShiftTrack[]>([]);
  const listed = shallowRef<readonly ShiftTrack[]>([]);
  const failed = shallowRef<readonly ShiftTrack[]>([]);
  const rate = ref(1);
  const volume = ref(1);
  const isMuted = ref(false);
  /** What could not be fetched lately: the playlists, or parts of a track. */
  const problems = shallowReactive(new Map<TrackFeed | "playlists", Problem>());
  const problem = computed(() => [...problems.values()][0] ?? null);
  const resumesAt = new Map<TrackFeed, number>();
  let isPolling = false;
  /** Until the playlists were read nobody knows what there is, and nothing is played past. */
  const isListed = ref(false);
  learn(given);
  clock.seek(startMs, performance.now());

  function learn(told: readonly ShiftLane[]): void {
    for (const lane of told) {
      for (const track of lane.tracks) {
        const feed = known.get(trackKey(track));
        if (feed === undefined) known.set(trackKey(track), new TrackFeed(track, lane.from_ms, lane.zero_ms));
        else feed.renew(track, lane.from_ms);
      }
    }
    lanes.value = joined(lanes.value, told);
    feeds = lanes.value.flatMap((lane) => lane.tracks.flatMap((track) => known.get(trackKey(track)) ?? []));
    cameras = camerasOf(lanes.value, feeds);
  }

  /** Refused and offline are said in the page until the same works; anything else is a fault. */
  function say(what: TrackFeed | "playlists", error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    problems.set(what, error);
  }

  async function poll(): Promise<void> {
    if (isPolling) return;
    isPolling = true;
    try {
      await Promise.all(feeds.map((feed) => feed.refresh()));
      newestMs.value = frontierOf(feeds.map((feed) => feed.stretches));
      isListed.value = true;
      problems.delete("playlists");
    } catch (error) {
      say("playlists", error);
    } finally {
      isPolling = false;
    }
  }

  async function fill(feed: TrackFeed, position: number): Promise<void> {
    if (performance.now() < (resumesAt.get(feed) ?? 0)) return;
    try {
      if (await feed.fill(position)) problems.delete(feed);
    } catch (error) {
      resumesAt.set(feed, performance.now() + RETRY_MS);
      say(feed, error);
    }
  }

  function setRate(value: number): void {
    rate.value = value;
    clock.setRate(value, performance.now());
  }

  /** Pictures have their sound beside them. */
  function applySound(): void {
    for (const [feed, element] of elements) {
      if (feed.track.is_video) continue;
      element.volume = volume.value;
      element.muted = isMuted.value;
    }
  }
  watch([volume, isMuted], applySound);

  async function start(element: HTMLMediaElement): Promise<void> {
    try {
      await element.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      isBlocked.value = true;
      clock.pause(performance.now());
    }
  }

  function keepInStep(feed: TrackFeed, element: HTMLMediaElement, now: number, isLeader: boolean): void {
    const position = clock.positionAt(now);
    const drift = element.currentTime * 1000 - position;
    const isRunning = clock.isPlaying && !clock.isHeld;
    const correction = correctionOf(drift, clock.rate, element.playbackRate !== clock.rate);
    const isOff = correction.do === "jump" || (!isRunning && Math.abs(drift) > 40);
    if (isOff && !element.seeking && now - (soughtAt.get(feed) ?? -Infinity) > SEEK_AGAIN_AFTER_MS) {
      soughtAt.set(feed, now);
      element.currentTime = position / 1000;
    }
    // The leading sound is played untouched, so that it stays smooth: the clock goes with it.
    const isLed = !isLeader && correction.do === "nudge" && isRunning;
    element.playbackRate = isLed ? correction.rate : clock.rate;
    if (isRunning && element.paused) void start(element);
    else if (!isRunning && !element.paused) element.pause();
  }

  /** Leave the camera out, or bring it back, by how the line has been. */
  function spare(now: number, position: number, isPlayed: boolean): void {
    const was = sparing.leavesOut;
    sparing.note(now, isWaiting.value ? "waits" : isPlayed ? "plays" : "paused", position);
    if (sparing.leavesOut && !was) for (const feed of cameras) feed.stop();
    isCameraOut.value = sparing.leavesOut;
    if (isPlayed && !isTrying && sparing.isTrialDue(now)) void tryCamera(position);
  }

  async function tryCamera(position: number): Promise<void> {
    const camera = cameras.find((feed) => feed.isOn(position));
    isTrying = true;
    try {
      const fromMs = await camera?.tryAhead(position, clock.rate);
      sparing.tried(performance.now(), fromMs);
    } finally {
      isTrying = false;
    }
  }

  /** From where on a feed is to be fetched; null: it is left out. */
  function wantedFrom(feed: TrackFeed, position: number): number | null {
    return sparing.leavesOut && cameras.includes(feed) ? sparing.backAtMs : position;
  }

  /** Say which tracks these are, if they are others than before. */
  function tell(where: ShallowRef<readonly ShiftTrack[]>, those: readonly TrackFeed[]): void {
    const tracks = those.map((feed) => feed.track);
    const isSame = tracks.length === where.value.length && tracks.every((track, i) => where.value[i] === track);
    if (!isSame) where.value = tracks;
  }

  function tick(): void {
    const now = performance.now();
    const position = clock.positionAt(now);
    const playing = feeds.filter((feed) => feed.isOn(position) && !(sparing.leavesOut && cameras.includes(feed)));
    const isAtEnd = position >= newestMs.value - END_MS;
    if (isThrough(position) && clock.isPlaying) clock.pause(now);
    clock.hold(isAtEnd || !isListed.value || playing.some((feed) => !feed.isReadyAt(position)), now);
    isWaiting.value = clock.isPlaying && clock.isHeld && !isAtEnd;
    const isBehind = newestMs.value - position >= NEWEST_MS || isOver();
    if (isListed.value && clock.isPlaying && rate.value > 1 && !isBehind) setRate(1);
    const leader = playing.find((feed) => !feed.track.is_video);
    const sound = leader && elements.get(leader);
    if (sound && clock.isPlaying && !clock.isHeld && !sound.paused && !sound.seeking) {
      const drift = sound.currentTime * 1000 - position;
      if (correctionOf(drift, clock.rate, false).do !== "jump") clock.follow(sound.currentTime * 1000, now);
    }
    for (const [feed, element] of elements) {
      if (playing.includes(feed)) keepInStep(feed, element, now, feed === leader);
      else if (!element.paused) element.pause();
      const fromMs = wantedFrom(feed, position);
      if (fromMs !== null) void fill(feed, fromMs);
    }
    if (cameras.length > 0) spare(now, position, clock.isPlaying && !clock.isHeld);
    tell(on, playing);
    tell(
      listed,
      feeds.filter((feed) => feed.isListedAt(position)),
    );
    tell(
      failed,
      feeds.filter((feed) => feed.hasFailed),
    );
    positionMs.value = clock.positionAt(now);
    isPlaying.value = clock.isPlaying;
  }

  /** Whether nothing more is recorded. */
  function isOver(): boolean {
    return isListed.value && feeds.every((feed) => feed.isOver);
  }

  /** Whether all of a lesson that is over was played. */
  function isThrough(position: number): boolean {
    return isOver() && position >= newestMs.value - END_MS;
  }

  /** Play or pause; what was played to its end begins again. */
  function toggle(now: number): void {
    if (clock.isPlaying) {
      clock.pause(now);
      return;
    }
    if (isThrough(clock.positionAt(now))) clock.seek(extentOf(lanes.value).fromMs, now);
    clock.play(now);
  }

  function act(change: (now: number) => void): void {
    isBlocked.value = false;
    change(performance.now());
    tick();
  }

  const itself = { pause: () => act((now) => clock.pause(now)) };
  watch(isPlaying, (is) => (is ? soundsAlone(itself) : soundsNoMore(itself)), { flush: "sync" });

  const ticking = setInterval(tick, TICK_MS);
  const polling = setInterval(() => void poll(), POLL_MS);
  void poll();
  onScopeDispose(() => {
    clearInterval(ticking);
    clearInterval(polling);
    soundsNoMore(itself);
    for (const feed of feeds) feed.dispose();
  });

  return {
    positionMs,
    newestMs,
    isPlaying,
    isWaiting,
    isBlocked,
    lanes,
    on,
    listed,
    isListed,
    isCameraOut,
    failed,
    rate,
    volume,
    isMuted,
    problem,
    learn: (told) => {
      learn(told);
      void poll();
    },
    attach: (track, element) => {
      const feed = feeds.find((each) => each.track === track);
      if (feed === undefined || elements.has(feed)) return;
      elements.set(feed, element);
      applySound();
      feed.attach(element);
    },
    toggle: () => act(toggle),
    seek: (ms) => {
      soughtAt.clear();
      sparing.forgetTrial();
      act((now) => clock.seek(Math.max(extentOf(lanes.value).fromMs, Math.min(ms, newestMs.value - 1000)), now));
    },
    setRate: (value) => {
      setRate(value);
      tick();
    },
    catchUp: () => {
      setRate(CATCH_UP);
      act((now) => clock.play(now));
    },
    retry: () => {
      resumesAt.clear();
      void poll();
    },
  };
}

/** The pictures of cameras, if there is sound or a screen beside them. `feeds`: the tracks of all lanes, in order. */
function camerasOf(lanes: readonly ShiftLane[], feeds: readonly TrackFeed[]): readonly TrackFeed[] {
  const groups = lanes.flatMap((lane) => lane.tracks.map(() => lane.group));
  const cameras = feeds.filter((feed, i) => feed.track.is_video && groups[i] !== "screen");
  return cameras.length < feeds.length ? cameras : [];
}
