/** Plans in words: clock times, sentences of conflicts, what a plan costs a school. */
import { weekdayText } from "@/components/office/times";
import type { Conflict, PlannedSlot, SchoolCost } from "@/plannings";
import { translate } from "@/i18n";

const COSTS = ["away_minutes", "off_days", "cut_minutes", "moved_breaks", "missed", "crowded"] as const;

/** Minutes after midnight as `09:05`. */
export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** Each time a slot is held at over the term: when, and on how many days. */
export function timesOf(slot: PlannedSlot): string[] {
  return slot.timings.map(
    (each) =>
      `${each.first} – ${each.last} ${clockOf(each.starts_minute)}–${clockOf(each.ends_minute)} · ` +
      translate("planning.lessons", { n: each.lessons }),
  );
}

/** What a plan asks of a school, each thing in words; none: it costs nothing. */
export function costsOf(cost: SchoolCost): string[] {
  return COSTS.filter((name) => cost[name] > 0).map((name) => translate(`planning.cost.${name}`, { n: cost[name] }));
}

/** The one sentence that says why something is not placed. */
export function sentenceOf({ code, values }: Conflict): string {
  return translate(`planning.conflict.${code}`, {
    ...values,
    kind: values.kind === undefined ? "" : translate(`planning.kinds.${values.kind}`),
    day: typeof values.weekday === "number" && values.weekday > 0 ? weekdayText(values.weekday) : "",
    date: values.day,
  });
}
