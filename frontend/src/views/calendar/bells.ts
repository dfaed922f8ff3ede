/** Clocks and periods as they are typed. */
import type { Period } from "@/calendars";

const PAUSE_MINUTES = 10;
const LESSON_MINUTES = 40;
const FIRST_MINUTE = 8 * 60 + 30;

/** `08:30`, up to `24:00`. */
export function isClock(text: string): boolean {
  return /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text);
}

/** `10-01`; the 29th of February is a day. */
export function isMonthDay(text: string): boolean {
  if (!/^\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`2024-${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(5, 10) === text;
}

function clockOf(minutes: number): string {
  const text = (n: number): string => String(n).padStart(2, "0");
  return `${text(Math.floor(minutes / 60))}:${text(minutes % 60)}`;
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}

/** The period that most likely follows: 40 minutes, ten after the last one ends. */
export function nextPeriod(periods: readonly Period[]): Period {
  const last = periods.at(-1);
  const begins = last !== undefined && isClock(last.ends) ? minutesOf(last.ends) + PAUSE_MINUTES : FIRST_MINUTE;
  const starts = Math.min(begins, 24 * 60 - LESSON_MINUTES);
  const number = Math.min(16, Math.max(0, ...periods.map((period) => period.number)) + 1);
  return { number, kind: "LESSON", starts: clockOf(starts), ends: clockOf(starts + LESSON_MINUTES) };
}
