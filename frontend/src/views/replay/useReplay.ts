/**
 * One clock over many `<video>` elements.
 *
 * The leading picture (the teacher's camera) plays untouched and the clock goes with it; the
 * others are kept in step by small changes of speed, or a jump when far off. Where there is
 * no picture at all the clock runs by itself. It stands still while a picture that should be
 * seen has not arrived, but never for one that failed.
 */
import { computed, onScopeDispose, reactive, ref, shallowRef, toRaw, watch, type ComputedRef, type Ref } from "vue";
import type { Clip, Replay } from "@/api";
import { correctionOf, ReplayClock } from "./clock";
import { clipsToLoad, isOn, lanesOf, leaderOf, mainLane, shownLanes, type Lane } from "./lanes";
import { soundsAlone, soundsNoMore } from "./sounding";
import { Stalls } from "./stalls";

const TICK_MS = 100;
const SEEK_AGAIN_AFTER_MS = 700;

export interface Player {
  positionMs: Ref<number>;
  isPlaying: Ref<boolean>;
  isWaiting: Ref<boolean>;
  /** The browser wants a click before it lets anything sound. */
  isBlocked: Ref<boolean>;
  /** The line does not carry what is played: it waits too much. */
  isStarved: Ref<boolean>;
  rate: Ref<number>;
  volume: Ref<number>;
  isMuted: Ref<boolean>;
  failed: Set<string>;
  lanes: ComputedRef<Lane[]>;
  loaded: Ref<Clip[]>;
  shown: Ref<Lane[]>;
  main: Ref<Lane | undefined>;
  chosen: Ref<string | null>;
  play: () => void;
  pause: () => void;
  toggle: () => void;
  seek: (ms: number) => void;
  /** Play other clips of the same lesson, from where it is. */
  setClips: (clips: readonly Clip[]) => void;
  setRate: (rate: number) => void;
  isOnNow: (clip: Clip) => boolean;
  attach: (clip: Clip, element: HTMLVideoElement | null) => void;
}

export function useReplay(replay: Replay): Player {
  const clock = new ReplayClock(replay.duration_ms);
  const elements = new Map<string, HTMLVideoElement>();
  const nudged = new Set<string>();
  const soughtAt = new Map<string, number>();

  const positionMs = ref(0);
  const isPlaying = ref(false);
  const isWaiting = ref(false);
  const isBlocked = ref(false);
  const isStarved = ref(false);
  const stalls = new Stalls();
  const rate = ref(1);
  const volume = ref(1);
  const isMuted = ref(false);
  const failed = reactive(new Set<string>());
  const chosen = ref<string | null>(null);

  const clips = shallowRef<readonly Clip[]>(replay.clips);
  const lanes = computed(() => lanesOf(clips.value));
  const loaded = shallowRef<Clip[]>([]);
  const shown = shallowRef<Lane[]>([]);
  const main = computed(() => mainLane(shown.value, chosen.value));

  function isOnNow(clip: Clip): boolean {
    return isOn(clip, positionMs.value, replay.stage);
  }

  /** Show the clock's position, and load and show what belongs to it. */
  function show(now: number): void {
    positionMs.value = clock.positionAt(now);
    isPlaying.value = clock.isPlaying;
    const load = clipsToLoad({ clips: clips.value, stage: replay.stage }, positionMs.value);
    if (!isSame(load, loaded.value)) loaded.value = load;
    const lanesNow = shownLanes(lanes.value, positionMs.value, replay.stage);
    if (!isSame(lanesNow, shown.value)) shown.value = lanesNow;
  }

  function elementTimeMs(clip: Clip, element: HTMLVideoElement): number {
    return clip.start_ms + element.currentTime * 1000;
  }

  /** Whether the file has nothing at `position`, although by the index it should. */
  function isBeyond(clip: Clip, element: HTMLVideoElement, position: number): boolean {
    return element.duration > 0 && (position - clip.start_ms) / 1000 >= element.duration - 0.05;
  }

  /** Whether the element has played all it has. Playing it would begin it again. */
  function isSpent(element: HTMLVideoElement): boolean {
    return element.ended || (element.duration > 0 && element.currentTime >= element.duration - 0.05);
  }

  function isMissing(clip: Clip): boolean {
    if (failed.has(clip.id)) return false;
    const element = elements.get(clip.id);
    if (element === undefined) return true;
    return element.seeking || (element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !isSpent(element));
  }

  function jump(clip: Clip, element: HTMLVideoElement, position: number, now: number): void {
    const last = soughtAt.get(clip.id) ?? -Infinity;
    if (element.seeking || now - last < SEEK_AGAIN_AFTER_MS) return;
    soughtAt.set(clip.id, now);
    element.currentTime = Math.max(0, (position - clip.start_ms) / 1000);
  }

  async function start(element: HTMLVideoElement): Promise<void> {
    try {
      await element.play();
    } catch (error) {
      // AbortError: paused again before it began. A failed load comes as an `error` event.
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      isBlocked.value = true;
      clock.pause(performance.now());
    }
  }

  /** Keep one picture that is on in step with the clock. */
  function keepInStep(clip: Clip, element: HTMLVideoElement, now: number, isLeader: boolean): void {
    const position = clock.positionAt(now);
    const drift = elementTimeMs(clip, element) - position;
    const correction = correctionOf(drift, clock.rate, nudged.has(clip.id));
    const isRunning = clock.isPlaying && !clock.isHeld;
    // Standing still, a picture shows the very frame that was asked for.
    const isOff = correction.do === "jump" || (!isRunning && Math.abs(drift) > 40);
    if (isOff && !isBeyond(clip, element, position)) jump(clip, element, position, now);
    const isNudge = isRunning && !isLeader && correction.do === "nudge";
    if (isNudge) nudged.add(clip.id);
    else nudged.delete(clip.id);
    const speed = isNudge ? correction.rate : clock.rate;
    if (element.playbackRate !== speed) element.playbackRate = speed;
    if (isRunning && element.paused && !isSpent(element)) void start(element);
    else if (!isRunning && !element.paused) element.pause();
  }

  function tick(): void {
    const now = performance.now();
    const position = clock.positionAt(now);
    const on = clips.value.filter((clip) => isOn(clip, position, replay.stage) && !failed.has(clip.id));
    clock.hold(on.some(isMissing), now);
    isWaiting.value = clock.isHeld && clock.isPlaying;
    stalls.note(now, isWaiting.value ? "waits" : clock.isPlaying ? "plays" : "paused");
    isStarved.value = stalls.isTooMuch;
    const leader = leaderOf(on);
    const lead = leader && elements.get(leader.id);
    if (leader && lead && clock.isPlaying && !clock.isHeld && !lead.paused && !lead.seeking && !isSpent(lead)) {
      const drift = elementTimeMs(leader, lead) - clock.positionAt(now);
      if (correctionOf(drift, clock.rate, false).do !== "jump") clock.follow(elementTimeMs(leader, lead), now);
    }
    for (const clip of loaded.value) {
      const element = elements.get(clip.id);
      if (element === undefined) continue;
      if (on.includes(clip)) keepInStep(clip, element, now, clip === leader);
      else if (!element.paused) element.pause();
    }
    clock.endsAt(now);
    show(now);
  }

  function applySound(): void {
    for (const element of elements.values()) {
      element.volume = volume.value;
      element.muted = isMuted.value;
    }
  }
  watch([volume, isMuted], applySound);

  function attach(clip: Clip, element: HTMLVideoElement | null): void {
    if (element === null) {
      letGo(elements.get(clip.id));
      elements.delete(clip.id);
      nudged.delete(clip.id);
      soughtAt.delete(clip.id);
      return;
    }
    if (elements.get(clip.id) === element) return;
    elements.set(clip.id, element);
    element.volume = volume.value;
    element.muted = isMuted.value;
    element.addEventListener("error", () => failed.add(clip.id));
  }

  function act(change: (now: number) => void): void {
    change(performance.now());
    tick();
  }

  const timer = setInterval(tick, TICK_MS);
  onScopeDispose(() => {
    clearInterval(timer);
    for (const element of elements.values()) element.pause();
  });
  tick();

  function play(): void {
    isBlocked.value = false;
    act((now) => clock.play(now));
  }
  function pause(): void {
    act((now) => clock.pause(now));
  }

  const itself = { pause };
  watch(isPlaying, (is) => (is ? soundsAlone(itself) : soundsNoMore(itself)), { flush: "sync" });
  onScopeDispose(() => soundsNoMore(itself));

  return {
    positionMs,
    isPlaying,
    isWaiting,
    isBlocked,
    isStarved,
    rate,
    volume,
    isMuted,
    failed,
    lanes,
    loaded,
    shown,
    main,
    chosen,
    play,
    pause,
    toggle: () => (clock.isPlaying ? pause() : play()),
    seek: (ms) => {
      soughtAt.clear();
      act((now) => clock.seek(ms, now));
    },
    setClips: (others) => {
      clips.value = others;
      stalls.forget();
      act(() => undefined);
    },
    setRate: (value) => {
      rate.value = value;
      act((now) => clock.setRate(value, now));
    },
    isOnNow,
    attach,
  };
}

/** Fetch no more of it. An element that is out of the page would, until it is collected, and keep the line from others. */
function letGo(element: HTMLVideoElement | undefined): void {
  element?.pause();
  element?.removeAttribute("src");
  element?.load();
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, i) => toRaw(each) === toRaw(b[i]));
}
