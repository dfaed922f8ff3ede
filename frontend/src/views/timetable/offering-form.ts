/** The form of a course: its fields, how each classroom takes part, and what is sent of it. */
import { reactive, watch } from "vue";
import type { Named } from "@/api";
import type { Offering, OfferingIn, SiteWish } from "@/timetable";
import { takeUntouched, useEdited } from "../registry/common";
import { factsOfOffering } from "./facts";

type Site = Offering["sites"][number];

const fieldsOf = (of: Offering | null) => ({
  name: of?.name ?? "",
  kind: of?.kind ?? "DELIVERY",
  hub_school_id: of?.hub_school.id ?? "",
  hub_classroom_id: of?.hub_classroom?.id,
  lecturer_id: of?.lecturer.id ?? "",
  subject: of?.subject ?? "",
  grade_no: of?.grade_no ?? 3,
  textbook: of?.textbook ?? "",
  language: of?.language ?? "",
  term_id: of?.term.id ?? "",
  periods_a_week: of?.periods_a_week ?? 2,
  minutes: of?.minutes ?? 40,
  is_after_school: of?.is_after_school ?? false,
  sites: of?.sites.map((site) => site.classroom.id) ?? [],
});
const siteOf = (of: Offering | null, id: string): Site | undefined => of?.sites.find(({ classroom }) => classroom.id === id);
const wishAt = (site: Site | undefined): SiteWish => ({
  mode: site?.mode ?? "LIVE",
  class_id: site?.school_class?.id ?? "",
  assistant_id: site?.assistant?.id ?? "",
  through_id: site?.through_id ?? "",
});

/** `of` null: a new course. `words`: as for `factsOfOffering`. */
export function useOfferingForm(of: Offering | null, words: Parameters<typeof factsOfOffering>[1]) {
  const { base, form, others, edited, takeTheirs } = useEdited(of, fieldsOf, (now) => factsOfOffering(now, words));

  /** The name and the school of every classroom that was ever offered, or is the course's: also those beyond one's scope. */
  const rooms = reactive(new Map<string, { name: string; school: string }>());
  watch(
    base,
    (now) => {
      for (const { school, classroom } of now?.sites ?? []) see(school, classroom);
      if (now?.hub_classroom) see(now.hub_school, now.hub_classroom);
    },
    { immediate: true, flush: "sync" },
  );
  function see(school: Named, classroom: Named): void {
    rooms.set(classroom.id, { name: `${school.name} ${classroom.name}`, school: school.id });
  }
  const nameOf = (id: string): string => rooms.get(id)?.name ?? "";

  /** What was changed of how a classroom takes part; one that is taken out and chosen again keeps it. */
  const changed = reactive(new Map<string, SiteWish>());
  const kept = (id: string): SiteWish => changed.get(id) ?? wishAt(siteOf(base.value, id));
  /** A classroom that was taken out passes nothing on any more. */
  function throughOf(id: string): string | null {
    const { through_id } = kept(id);
    return form.sites.includes(through_id) ? through_id : null;
  }
  const wishOf = (id: string): SiteWish => ({ ...kept(id), through_id: throughOf(id) ?? "" });
  const change = (id: string, wish: SiteWish): void => void changed.set(id, wish);

  /** Who may pass the lessons on to a classroom: every other one of the course. */
  const passersFor = (id: string): Named[] =>
    form.sites.filter((other) => other !== id).map((other) => ({ id: other, name: nameOf(other) }));
  /** The class and the assistant of a classroom, also where nothing else of its school is shown to one. */
  const knownAt = (id: string): Named[] => {
    const site = siteOf(base.value, id);
    return [site?.school_class, site?.assistant].flatMap((each) => each ?? []);
  };
  /** The pairing named for a classroom is with the school that gave it the lessons; from another it is none. */
  function pairingOf(id: string): string | null {
    const site = siteOf(base.value, id);
    const giverOf = (through: string | null, hub: string | undefined) => (through ? rooms.get(through)?.school : hub);
    const gave = giverOf(site?.through_id ?? null, base.value?.hub_school.id);
    return site && gave === giverOf(throughOf(id), form.hub_school_id) ? site.pairing_id : null;
  }

  /** Whoever chooses another school chooses its teacher and its classroom too. */
  function chooseHub(school: string): void {
    Object.assign(form, { hub_school_id: school, lecturer_id: "", hub_classroom_id: undefined });
  }
  function takeAll(): void {
    changed.clear();
    takeTheirs();
  }
  function body(): OfferingIn {
    return {
      ...form,
      hub_class_id: base.value?.hub_class?.id ?? null,
      hub_classroom_id: form.hub_classroom_id ?? null,
      sites: form.sites.map((classroom_id) => {
        const { mode, class_id, assistant_id } = kept(classroom_id);
        return {
          classroom_id,
          class_id: class_id || null,
          assistant_id: assistant_id || null,
          mode,
          pairing_id: pairingOf(classroom_id),
          through_id: throughOf(classroom_id),
        };
      }),
    };
  }
  /** Save at the server; false: somebody was faster, and the form is over what it is now. */
  async function saved(save: (was: Offering | null, body: OfferingIn) => Promise<unknown>): Promise<boolean> {
    const was = base.value;
    if (was === null) {
      await save(null, body());
      return true;
    }
    if (await edited(was, () => save(was, body()))) return true;
    for (const [id, wish] of changed) takeUntouched(wish, wishAt(siteOf(was, id)), wishAt(siteOf(base.value, id)));
    return false;
  }

  return { base, form, others, rooms, nameOf, wishOf, change, passersFor, knownAt, chooseHub, takeAll, saved };
}
