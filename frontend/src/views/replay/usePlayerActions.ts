/** What the buttons and keys of a player do, whichever way its lesson is played. */
import { onBeforeUnmount, onMounted, ref, type Ref } from "vue";
import type { Chapter } from "@/api";
import { nextChapter, previousChapter } from "./chapters";
import { stepOf } from "./keys";

export const SPEEDS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** What they act on. */
export interface Playing {
  positionMs: Ref<number>;
  isPlaying: Ref<boolean>;
  rate: Ref<number>;
  /** 0 to 1. */
  volume: Ref<number>;
  isMuted: Ref<boolean>;
  toggle: () => void;
  seek: (ms: number) => void;
  setRate: (rate: number) => void;
}

interface About {
  /** What becomes as large as the screen. */
  root: Ref<HTMLElement | undefined>;
  chapters: () => readonly Chapter[];
  endMs: () => number;
  captions?: { toggle: () => void };
}

export interface PlayerActions {
  isFull: Ref<boolean>;
  toggleFull: () => Promise<void>;
  goNext: () => void;
  goBack: () => void;
  onKey: (event: KeyboardEvent) => void;
}

export function usePlayerActions(player: Playing, about: About): PlayerActions {
  const isFull = ref(false);

  function goNext(): void {
    const ms = nextChapter(about.chapters(), player.positionMs.value);
    if (ms !== undefined) player.seek(ms);
  }
  function goBack(): void {
    player.seek(previousChapter(about.chapters(), player.positionMs.value));
  }

  async function toggleFull(): Promise<void> {
    if (document.fullscreenElement === null) await about.root.value?.requestFullscreen();
    else await document.exitFullscreen();
  }

  function onKey(event: KeyboardEvent): void {
    const step = stepOf(event);
    if (step === null || (step.do === "captions" && about.captions === undefined)) return;
    event.preventDefault();
    if (step.do === "toggle") player.toggle();
    else if (step.do === "move") player.seek(player.positionMs.value + step.ms);
    else if (step.do === "next") goNext();
    else if (step.do === "previous") goBack();
    else if (step.do === "to") player.seek(step.share * about.endMs());
    else if (step.do === "louder") {
      player.volume.value = Math.min(1, Math.max(0, player.volume.value + step.by));
      player.isMuted.value = false;
    } else if (step.do === "mute") player.isMuted.value = !player.isMuted.value;
    else if (step.do === "captions") about.captions?.toggle();
    else void toggleFull();
  }

  function noteFull(): void {
    isFull.value = document.fullscreenElement === about.root.value;
  }
  onMounted(() => document.addEventListener("fullscreenchange", noteFull));
  onBeforeUnmount(() => document.removeEventListener("fullscreenchange", noteFull));

  return { isFull, toggleFull, goNext, goBack, onKey };
}
