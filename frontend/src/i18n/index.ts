/**
 * Chinese first, English second. Each area of the product keeps its own module exporting
 * `{ zh, en }`; the keys of an area begin with its name: `t("live.pause")`. A large area is put
 * together from parts, which are named after it.
 */
import { createI18n } from "vue-i18n";
import admin from "./admin";
import alliances from "./alliances";
import attendance from "./attendance";
import captions from "./captions";
import check from "./check";
import classroom from "./classroom";
import county from "./county";
import coverage from "./coverage";
import entry from "./entry";
import general from "./general";
import live from "./live";
import micro from "./micro";
import planning from "./planning";
import registry from "./registry";
import replay from "./replay";
import room from "./room";
import teach from "./teach";
import timetable from "./timetable";

export type Locale = "zh" | "en";
const KEPT_AS = "classrooms.locale";

export const areas = {
  general,
  entry,
  teach,
  live,
  micro,
  classroom,
  check,
  admin,
  alliances,
  attendance,
  captions,
  county,
  coverage,
  planning,
  registry,
  replay,
  room,
  timetable,
};

function messagesOf(locale: Locale): Record<string, Record<string, unknown>> {
  return Object.fromEntries(Object.entries(areas).map(([area, texts]) => [area, texts[locale]]));
}

function keptLocale(): Locale {
  return localStorage.getItem(KEPT_AS) === "en" ? "en" : "zh";
}

function say(locale: Locale): void {
  document.documentElement.lang = locale === "zh" ? "zh-CN" : "en";
}

export const i18n = createI18n({
  legacy: false,
  locale: keptLocale(),
  fallbackLocale: "zh",
  messages: { zh: messagesOf("zh"), en: messagesOf("en") },
});

say(keptLocale());

/** Switch the language of the whole page, now and on the next visit. */
export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale as never;
  localStorage.setItem(KEPT_AS, locale);
  say(locale);
}

export function currentLocale(): Locale {
  return i18n.global.locale.value as Locale;
}

/** Translate outside a component. */
export function translate(key: string, values: Record<string, unknown> = {}): string {
  return i18n.global.t(key, values);
}
