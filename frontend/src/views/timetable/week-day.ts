/** Which week a page shows: a day of it, kept in the address; and the week in words. */
import { computed, type WritableComputedRef } from "vue";
import { useI18n } from "vue-i18n";
import { useRoute, useRouter } from "vue-router";
import { dateIn, dateOf, shiftDate } from "@/components/office/times";
import type { Week } from "@/timetable";

export function useWeekDay(): { day: WritableComputedRef<string>; words: (week: Week) => string } {
  const { t } = useI18n();
  const route = useRoute();
  const router = useRouter();
  const day = computed({
    get: () => dateIn(route.query.date) ?? dateOf(new Date()),
    set: (date: string) => void router.replace({ query: { ...route.query, date } }),
  });
  function words(week: Week): string {
    const number = week.week_number;
    const name = number === null ? t("timetable.out_of_term") : t("timetable.week_n", { n: number });
    return `${week.first_day} – ${shiftDate(week.first_day, 6)} · ${name}`;
  }
  return { day, words };
}
