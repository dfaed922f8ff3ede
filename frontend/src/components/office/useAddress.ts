/** The filters of a list, as they stand in the address bar. */
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";

/**
 * What the address bar says of a list: its filters, and which page of it. `list` is given where a page
 * has several: it begins the names of this one's in the address, and what the others ask for stays.
 */
export function useAddress<K extends string>(keys: readonly K[], list = "") {
  const route = useRoute();
  const router = useRouter();
  const name = route.name;
  type Wanted = Partial<Record<K | "cursor", string>>;
  const inAddress = (key: string): string => (list === "" ? key : `${list}_${key}`);

  /** The same object as long as it says the same: who watches it is told of changes of this list only. */
  const wanted: ComputedRef<Wanted> = computed((was?: Wanted) => {
    const read: Wanted = {};
    for (const key of [...keys, "cursor"] as const) {
      const value = route.query[inAddress(key)];
      if (typeof value === "string" && value !== "") read[key] = value;
    }
    return was !== undefined && JSON.stringify(was) === JSON.stringify(read) ? was : read;
  });
  const isFiltered = computed(() => keys.some((key) => wanted.value[key] !== undefined));

  /** A changed filter begins at the first page again. */
  function change(part: Wanted): void {
    const own = new Set([...keys, "cursor"].map(inAddress));
    const query = Object.fromEntries(Object.entries(route.query).filter(([key]) => !own.has(key)));
    for (const [key, value] of Object.entries({ ...wanted.value, cursor: undefined, ...part })) {
      if (value) query[inAddress(key)] = value as string;
    }
    void router.replace({ query });
  }
  /** Filter by nothing. */
  function clear(): void {
    change(Object.fromEntries(keys.map((key) => [key, undefined])) as Wanted);
  }
  /** Whether the page is still this one: an address is watched while it is left, too. */
  const isHere = (): boolean => route.name === name;

  return { wanted, isFiltered, change, clear, isHere };
}
