/** The filters of a list, as they stand in the address bar. */
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";

/** What the address bar says of a list: its filters, and which page of it. */
export function useAddress<K extends string>(keys: readonly K[]) {
  const route = useRoute();
  const router = useRouter();
  const name = route.name;
  type Wanted = Partial<Record<K | "cursor", string>>;

  const wanted: ComputedRef<Wanted> = computed(() => {
    const read: Wanted = {};
    for (const key of [...keys, "cursor"] as const) {
      const value = route.query[key];
      if (typeof value === "string" && value !== "") read[key] = value;
    }
    return read;
  });
  const isFiltered = computed(() => keys.some((key) => wanted.value[key] !== undefined));

  /** A changed filter begins at the first page again. */
  function change(part: Wanted): void {
    const query = { ...wanted.value, cursor: undefined, ...part };
    void router.replace({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value)) as Wanted });
  }
  /** Whether the page is still this one: an address is watched while it is left, too. */
  const isHere = (): boolean => route.name === name;

  return { wanted, isFiltered, change, isHere };
}
