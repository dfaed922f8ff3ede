/**
 * What the server refuses about timetables, in words: a clash names the lesson and its time, a classroom
 * that cannot receive says why.
 */
import { useI18n } from "vue-i18n";
import type { Problem } from "@/api";
import { useAction } from "../alliances/common";
import { whenOf } from "./standing";

interface Clash {
  kind: "PERSON" | "CLASSROOM" | "CLASS" | "LINE";
  at_once: number;
  name: string;
  title: string;
  planned_start: string;
}

/** `roomOf`: what a classroom of the form is called. */
export function useTimetableAction(roomOf: (id: string) => string = () => ""): ReturnType<typeof useAction> {
  const { t, te } = useI18n();
  return useAction("alliances.refused", (problem: Problem) => {
    const [first] = (problem.extra.clashes ?? []) as Clash[];
    if (first !== undefined) {
      const n = Number(problem.extra.count);
      const { name, title, at_once } = first;
      const values = { name, title, at_once, when: whenOf(first.planned_start), n };
      if (first.kind === "LINE") {
        return t("timetable.refused.lesson-clash-line", values);
      }
      return t(n > 1 ? "timetable.refused.lesson-clash-more" : "timetable.refused.lesson-clash", values);
    }
    const { reason, classroom_id } = problem.extra as Partial<Record<string, string>>;
    if (problem.type === "site-unfit" && te(`timetable.unfit.${reason}`)) {
      const name = roomOf(classroom_id ?? "") || t("timetable.unfit.a_room");
      return t(`timetable.unfit.${reason}`, { name });
    }
    const key = `timetable.refused.${problem.type}`;
    return te(key) ? t(key) : null;
  });
}
