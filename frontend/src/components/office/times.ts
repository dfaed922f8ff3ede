/** Moments and spans as the schools write them: always in China Standard Time, to which lessons keep. */
import { currentLocale, translate } from "@/i18n";

const ZONE = "Asia/Shanghai";
const MINUTE_MS = 60_000;

function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const language = currentLocale() === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(language, { timeZone: ZONE, hourCycle: "h23", ...options });
}

/** `10:05` */
export function timeOf(iso: string): string {
  return formatOf({ hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** `10:05:09` */
export function exactTimeOf(iso: string): string {
  return formatOf({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(iso));
}

/** `11月22日 周日` */
export function dayOf(iso: string): string {
  return formatOf({ month: "long", day: "numeric", weekday: "short" }).format(new Date(iso));
}

/** `2026-11-22`: the day at the schools in which a moment lies. */
export function dateOf(moment: Date): string {
  // The Swedish way of writing dates is ISO 8601's.
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(moment);
}

/** A day as an address says it (`2026-11-22`); undefined for whatever is none. */
export function dateIn(asked: unknown): string | undefined {
  return typeof asked === "string" && /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : undefined;
}

/** `2026-11-22 10:05` */
export function momentOf(iso: string): string {
  return `${dateOf(new Date(iso))} ${timeOf(iso)}`;
}

/** `2026-11-22` moved by whole days. */
export function shiftDate(date: string, days: number): string {
  const moment = new Date(`${date}T00:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

/** Which day of its week `2026-11-22` is: 1 Monday to 7 Sunday. */
export function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}

/** `周一`: the word of a weekday, 1 Monday to 7 Sunday. */
export function weekdayText(weekday: number): string {
  return translate(`general.weekdays[${weekday - 1}]`);
}

/** How long ago `iso` was, in one unit, as seen at `now`. */
export function agoText(iso: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(iso)) / MINUTE_MS);
  if (minutes < 1) return translate("general.ago.now");
  if (minutes < 60) return translate("general.ago.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return translate("general.ago.hours", { n: hours });
  return translate("general.ago.days", { n: Math.floor(hours / 24) });
}

/** Whole minutes of a span, rounded to the nearest. */
export function minutesOf(ms: number): number {
  return Math.round(ms / MINUTE_MS);
}

/** `12.4 MB` */
export function bytesText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power]}`;
}
