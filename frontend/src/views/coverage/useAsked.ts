/** Over which roster and period a page of figures asks, as its address says. */
import { computed, onMounted, watch, type ComputedRef, type WatchSource } from "vue";
import { useAddress } from "@/components/office/useAddress";
import { dateOf, shiftDate, weekdayOf } from "@/components/office/times";
import { useFetched, type Fetched } from "@/components/office/useFetched";
import { coverage, type Asked, type Basis, type PeriodChoice } from "@/coverage";
import { rosters, type Roster } from "@/registry";

export const ASKED_KEYS = ["roster", "from", "to", "basis", "region"] as const;

/** The Sunday of the last week that is over. */
export function lastSunday(today: string): string {
  return shiftDate(today, -weekdayOf(today));
}

/** What is over of the term of today: periods still to come would be lacking. null: nothing yet. */
export function termToDate(choices: readonly PeriodChoice[], today: string): PeriodChoice | null {
  const term = choices.find(({ is_term, first, last }) => is_term && first <= today && today < last);
  const last = lastSunday(today);
  return term === undefined || last < term.first ? null : { ...term, last };
}

/** The period somebody means who names none: the term to date; outside of terms, the latest one. */
export function usualPeriod(choices: readonly PeriodChoice[], today: string): PeriodChoice | undefined {
  const terms = choices.filter((each) => each.is_term).sort((a, b) => (a.first < b.first ? 1 : -1));
  return termToDate(choices, today) ?? terms.find(({ first }) => first <= today) ?? terms[0];
}

/** The latest roster whose figures one may see: asked about unless the address names another. */
const latestRoster = async (): Promise<Roster[]> => (await rosters.list({ is_own: true, limit: 1 })).items;

export interface AskedState<K extends string> {
  wanted: ComputedRef<Partial<Record<K | (typeof ASKED_KEYS)[number] | "cursor", string>>>;
  change: (part: Partial<Record<K | (typeof ASKED_KEYS)[number] | "cursor", string>>) => void;
  isHere: () => boolean;
  /** The latest roster, or none: there is none one may see the figures of. */
  latest: Fetched<Roster[]>;
  periods: Fetched<PeriodChoice[]>;
  /** null: not known yet, or there is no roster or no term. */
  asked: ComputedRef<Asked | null>;
}

/** `more`: what else the address of the page says. */
export function useAsked<K extends string = never>(more: readonly K[] = []): AskedState<K> {
  const { wanted, change, isHere } = useAddress<K | (typeof ASKED_KEYS)[number]>([...ASKED_KEYS, ...more]);
  const latest = useFetched(latestRoster);
  const rosterId = computed(() => wanted.value.roster ?? latest.value.value?.[0]?.id);
  const periods = useFetched(async () => (rosterId.value === undefined ? [] : coverage.periods(rosterId.value)));

  onMounted(latest.load);
  watch(
    rosterId,
    (id) => {
      if (id !== undefined) void periods.load();
    },
    { immediate: true },
  );

  const asked = computed<Asked | null>(() => {
    const usual = usualPeriod(periods.value.value ?? [], dateOf(new Date()));
    const from = wanted.value.from ?? usual?.first;
    const to = wanted.value.to ?? usual?.last;
    if (rosterId.value === undefined || from === undefined || to === undefined) return null;
    const basis: Basis = wanted.value.basis === "LOCKED" ? "LOCKED" : "COUNTED";
    return { roster_id: rosterId.value, from, to, basis, region_code: wanted.value.region };
  });

  return { wanted, change, isHere, latest, periods, asked };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * Ask as soon as it is known over what, and again when that or `also` has become another; the
 * address may say the same in a new object. `isOther`: over another roster or period than before.
 */
export function whenAsked(
  { asked, isHere }: Pick<AskedState<never>, "asked" | "isHere">,
  also: readonly WatchSource[],
  ask: (isOther: boolean) => void,
): void {
  watch(
    [asked, ...also],
    (now, before) => {
      if (asked.value !== null && isHere() && !isSame(now, before)) ask(!isSame(now[0], before[0]));
    },
    { immediate: true },
  );
}

/** The address of another page that asks over the same roster and period. */
export function addressOf({ roster_id, from, to, basis, region_code }: Asked): Record<string, string | undefined> {
  return { roster: roster_id, from, to, basis: basis === "LOCKED" ? basis : undefined, region: region_code };
}
