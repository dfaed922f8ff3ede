/** What was heard, added up by week or by school: where each sum leads, and how it is drawn. */
import type { LocationQueryRaw } from "vue-router";
import type { MinuteSums, RowQuery, SchoolMinutes, WeekMinutes } from "@/attendance";
import { fontOf, frameOf, type Drawing } from "@/components/office/chart";
import { shiftDate, weekdayOf } from "@/components/office/times";
import { writeRowQuery } from "./query";

export const MINUTES = ["audible", "degraded", "lost", "offline"] as const;
export type Minute = (typeof MINUTES)[number];
export const GROUPS = ["week", "school"] as const;
export type Group = (typeof GROUPS)[number];

const HOUR_MS = 3_600_000;
const USUAL_WEEKS = 8;
const COLOURS: Record<Minute, string> = { audible: "jade", degraded: "amber", lost: "zhu", offline: "ink-3" };

/** A week or a school: what it is called, what was heard there, and the address of its rows. */
export interface MinuteGroup {
  key: string;
  name: string;
  sums: MinuteSums;
  rows: LocationQueryRaw;
}

/** Between which days to add up: those asked for, or the last weeks until today. */
export function daysOf({ from, to }: RowQuery, today: string): { from: string; to: string } {
  if (from !== undefined) return { from, to: to ?? (today < from ? from : today) };
  const last = to ?? today;
  return { from: shiftDate(last, 1 - weekdayOf(last) - 7 * (USUAL_WEEKS - 1)), to: last };
}

/** A week leads to the schools in it, and its rows. `days`: between which it was added up. */
export function weekGroup(
  { monday, ...sums }: WeekMinutes,
  wanted: RowQuery,
  days: { from: string; to: string },
): MinuteGroup {
  const sunday = shiftDate(monday, 6);
  const own = { from: monday < days.from ? days.from : monday, to: sunday > days.to ? days.to : sunday };
  return {
    key: monday,
    name: own.from.slice(5),
    sums,
    rows: { ...writeRowQuery({ ...wanted, ...own, cursor: undefined }), by: "school" },
  };
}

/** A school leads to its weeks, and its rows. */
export function schoolGroup({ school, ...sums }: SchoolMinutes, wanted: RowQuery): MinuteGroup {
  return {
    key: school.id,
    name: school.name,
    sums,
    rows: { ...writeRowQuery({ ...wanted, school_id: school.id, cursor: undefined }), by: "week" },
  };
}

export function msOf(sums: MinuteSums, minute: Minute): number {
  return sums[`${minute}_ms`];
}

/** All minutes that were measured, in ms. */
export function measuredOf(sums: MinuteSums): number {
  return MINUTES.reduce((all, minute) => all + msOf(sums, minute), 0);
}

/** `12.5`: hours, to a tenth. */
export function tenthsText(ms: number): string {
  return (ms / HOUR_MS).toFixed(1);
}

/** Hours as columns, one part upon the other. `words`: what each part is called. */
export function stacked(groups: readonly MinuteGroup[], words: Record<Minute, string>): Drawing {
  return (look) => {
    const font = fontOf(look);
    type Drawn = { seriesName: string; data: { name: string; value: number } };
    return {
      ...frameOf(
        groups.map(({ name }) => name),
        look,
      ),
      legend: { top: 0, right: 24, textStyle: font, itemWidth: 14 },
      // No HTML in the tooltip: the pages' CSP takes no style attributes in markup.
      tooltip: {
        renderMode: "richText",
        formatter: ({ seriesName, data }: Drawn) => `${data.name}  ${seriesName} ${data.value.toFixed(1)} h`,
      },
      series: MINUTES.map((minute) => ({
        type: "bar",
        name: words[minute],
        stack: "minutes",
        barMaxWidth: 44,
        cursor: "pointer",
        itemStyle: { color: look.colour(COLOURS[minute]) },
        data: groups.map(({ key, name, sums }) => ({ key, name, value: msOf(sums, minute) / HOUR_MS })),
      })),
    };
  };
}
