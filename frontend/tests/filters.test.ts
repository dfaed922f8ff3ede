import { createPinia } from "pinia";
import { afterEach, describe, expect, it } from "vitest";
import { createApp, defineComponent, h, nextTick, type App, type Component } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import DaysPicker from "../src/components/office/DaysPicker.vue";
import FilterSelect from "../src/components/office/FilterSelect.vue";
import SearchField from "../src/components/office/SearchField.vue";
import { useAddress } from "../src/components/office/useAddress";
import { i18n } from "../src/i18n";

let app: App | null = null;
afterEach(() => {
  app?.unmount();
  app = null;
});

function mounted(component: Component, props: Record<string, unknown> = {}): HTMLElement {
  const root = document.createElement("div");
  app = createApp(() => h(component, props));
  app.use(i18n).use(createPinia()).mount(root);
  return root;
}

/** A field with what it was given, and what it says when it is changed. */
function field(component: Component, props: Record<string, unknown>): { root: HTMLElement; said: unknown[] } {
  const said: unknown[] = [];
  const root = mounted(component, { ...props, "onUpdate:modelValue": (value: unknown) => said.push(value) });
  return { root, said };
}

describe("the fields over lists", () => {
  it("show the days that are chosen, and none", () => {
    const shown = (modelValue: object): string[] =>
      [...field(DaysPicker, { modelValue }).root.querySelectorAll("input")].map((input) => input.value);
    expect(shown({ from: "2026-03-02", to: "2026-03-08" })).toEqual(["2026-03-02", "2026-03-08"]);
    expect(shown({})).toEqual(["", ""]);
  });

  it("ask for text when it is entered, and for none when it is emptied", async () => {
    const { root, said } = field(SearchField, { modelValue: undefined, label: "name", maxlength: 5 });
    const input = root.querySelector("input");
    if (input === null) throw new Error("no input");
    expect([input.maxLength, input.placeholder]).toEqual([5, "name"]);
    for (const text of ["bai", ""]) {
      input.value = text;
      input.dispatchEvent(new Event("input"));
      await nextTick();
      expect([input.value, said.length]).toEqual([text, text === "" ? 1 : 0]);
      input.dispatchEvent(new Event("change"));
    }
    expect(said).toEqual(["bai", undefined]);
  });

  it("say the name of what is chosen, and what may be", async () => {
    const items = [
      { id: "a", name: "first" },
      { id: "b", name: "second" },
    ];
    const { root } = field(FilterSelect, { modelValue: "b", items, label: "which" });
    await nextTick();
    expect(root.textContent).toContain("second");
    expect(field(FilterSelect, { modelValue: undefined, items, label: "which" }).root.textContent).toContain("which");
  });
});

describe("filters in the address bar", () => {
  async function addressAt(path: string, list = ""): Promise<{ address: ReturnType<typeof useAddress<"q" | "state">>; router: Router }> {
    const page = defineComponent({ render: () => null });
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [
        { path: "/list", name: "list", component: page },
        { path: "/other", name: "other", component: page },
      ],
    });
    await router.push(path);
    let address: ReturnType<typeof useAddress<"q" | "state">> | null = null;
    app = createApp(() => null);
    app.use(router);
    app.runWithContext(() => (address = useAddress(["q", "state"], list)));
    app.mount(document.createElement("div"));
    if (address === null) throw new Error("no address");
    return { address, router };
  }

  it("are those of the list, and its page", async () => {
    const { address } = await addressAt("/list?q=bai&state=&cursor=c1&foreign=1");
    expect(address.wanted.value).toEqual({ q: "bai", cursor: "c1" });
    expect(address.isFiltered.value).toBe(true);
    expect((await addressAt("/list?cursor=c1")).address.isFiltered.value).toBe(false);
  });

  it("begin at the first page when one changes, and keep the others", async () => {
    const { address, router } = await addressAt("/list?q=bai&cursor=c1");
    address.change({ state: "OPEN" });
    await expect.poll(() => router.currentRoute.value.fullPath).toBe("/list?q=bai&state=OPEN");
    address.change({ q: undefined, cursor: "c2" });
    await expect.poll(() => router.currentRoute.value.fullPath).toBe("/list?state=OPEN&cursor=c2");
  });

  it("of one list on the page leave those of another as they are", async () => {
    const { address, router } = await addressAt("/list?need_q=bai&need_cursor=c1&offer_q=he&offer_cursor=c9", "need");
    const before = address.wanted.value;
    expect(before).toEqual({ q: "bai", cursor: "c1" });
    address.change({ state: "OPEN" });
    await expect
      .poll(() => router.currentRoute.value.query)
      .toEqual({ need_q: "bai", need_state: "OPEN", offer_q: "he", offer_cursor: "c9" });
    expect(address.wanted.value).not.toBe(before);
    const changed = address.wanted.value;
    await router.push("/list?need_q=bai&need_state=OPEN&offer_q=li");
    expect(address.wanted.value).toBe(changed);
  });

  it("are cleared, with the page of the list", async () => {
    const { address, router } = await addressAt("/list?q=bai&state=OPEN&cursor=c1&foreign=1");
    address.clear();
    await expect.poll(() => router.currentRoute.value.fullPath).toBe("/list?foreign=1");
  });

  it("are this page's until it is left", async () => {
    const { address, router } = await addressAt("/list?q=bai");
    expect(address.isHere()).toBe(true);
    await router.push("/other?q=x");
    expect(address.isHere()).toBe(false);
  });
});
