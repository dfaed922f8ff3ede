/** One job, asked for every second until it is over. */
import { computed, onMounted, watch, type ComputedRef } from "vue";
import { useFetched, useRepeated, type Fetched } from "@/components/office/useFetched";
import { jobs, type Job, type JobState } from "@/registry";

const EVERY_MS = 1000;
const UNFINISHED: readonly JobState[] = ["QUEUED", "RUNNING"];

export function isUnfinished(job: Job): boolean {
  return UNFINISHED.includes(job.state);
}

/** `id` null: there is none yet. */
export function useJob(id: () => string | null): { one: Fetched<Job | null>; job: ComputedRef<Job | null> } {
  const one = useFetched(async () => {
    const wanted = id();
    return wanted === null ? null : jobs.one(wanted);
  });
  onMounted(one.load);
  watch(id, () => {
    one.value.value = null;
    void one.load();
  });
  useRepeated(one.load, EVERY_MS, () => one.value.value !== null && isUnfinished(one.value.value));
  return { one, job: computed(() => one.value.value) };
}
