/**
 * What of a replay is played over this line, and what is said of it.
 *
 * Whoever watches may choose, and that is remembered. Where the recorded pictures do not come fast enough, the
 * small one is played by itself if it is there: it is made when a lesson is published, or when somebody asks.
 */
import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { Clip, Problem, Replay } from "@/api";
import { client } from "@/client";
import { useFetched, useRepeated } from "@/components/office/useFetched";
import { useAction } from "../alliances/common";
import { isBeingMade, type LessonFile } from "./lesson-files";
import { clipOf, keepLine, lineOf, type Line } from "./line";

const EVERY_MS = 3_000;

/** What there is to say: nothing, or a key of `replay.line.note`. */
export type LineNote = "small_by_itself" | "too_slow" | "still_too_slow" | "making" | "failed" | null;

export interface LineChoice {
  /** What whoever watches wants, or what the line leaves. */
  wanted: Ref<Line>;
  /** The clips to play now: those recorded until what is wanted is made. */
  clips: ComputedRef<readonly Clip[]>;
  note: ComputedRef<LineNote>;
  /** The file that is wanted and being made. */
  file: ComputedRef<LessonFile | undefined>;
  problem: Ref<Problem | null>;
  isBusy: Ref<boolean>;
  choose: (line: Line) => Promise<void>;
  retry: () => Promise<void>;
}

export function useLine(replay: Replay, personId: string, isStarved: Ref<boolean>): LineChoice {
  const { t } = useI18n();
  const { isBusy, act } = useAction("replay.files.refused");
  const path = { session_id: replay.session_id };
  const files = useFetched(async () => (await client.get("/api/sessions/{session_id}/replay/light", { path })).data.items);
  const wanted = ref<Line>(lineOf(personId));
  const isByItself = ref(false);
  /** The recorded pictures were asked for although the line is slow: they are not taken away again. */
  let isOverruled = false;

  const fileOf = (line: Line): LessonFile | undefined => files.value.value?.find((each) => each.form === line);
  const file = computed(() => fileOf(wanted.value));
  const light = computed(() => clipOf(file.value, t(`replay.line.${wanted.value}`)));
  const clips = computed(() => (light.value === undefined ? replay.clips : [light.value]));

  const note = computed<LineNote>(() => {
    if (wanted.value !== "FULL" && light.value === undefined) {
      if (file.value !== undefined && isBeingMade(file.value)) return "making";
      return file.value?.state === "FAILED" ? "failed" : null;
    }
    if (wanted.value === "SMALL" && isStarved.value) return "still_too_slow";
    if (wanted.value === "SMALL" && isByItself.value) return "small_by_itself";
    return wanted.value === "FULL" && isStarved.value && !isOverruled ? "too_slow" : null;
  });

  async function make(line: "SMALL" | "SOUND"): Promise<void> {
    await act(() => client.post("/api/sessions/{session_id}/replay/light/{form}", { path: { ...path, form: line } }));
    await files.load();
  }

  /** Have ready what is wanted. */
  async function prepare(): Promise<void> {
    const line = wanted.value;
    if (line === "FULL") return;
    await files.load();
    if (fileOf(line)?.state === "NONE") await make(line);
  }

  async function choose(line: Line): Promise<void> {
    isOverruled = line === "FULL";
    isByItself.value = false;
    wanted.value = line;
    keepLine(personId, line);
    await prepare();
    // One that could not be made is tried again when somebody chooses it, and never by itself.
    if (line !== "FULL" && fileOf(line)?.state === "FAILED") await make(line);
  }

  watch(isStarved, async (isSo) => {
    if (!isSo || wanted.value !== "FULL" || isOverruled) return;
    await files.load();
    if (wanted.value !== "FULL" || fileOf("SMALL")?.state !== "READY") return;
    wanted.value = "SMALL";
    isByItself.value = true;
  });

  useRepeated(files.load, EVERY_MS, () => note.value === "making");
  void prepare();

  return { wanted, clips, note, file, problem: files.problem, isBusy, choose, retry: prepare };
}
