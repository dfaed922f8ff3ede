/** A field that looks for what is typed: what is chosen keeps its name, whatever is found meanwhile. */
import { createPinia } from "pinia";
import { createApp, h, ref, type App, type Component } from "vue";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Problem, type Named } from "../src/api";
import FoundSelect from "../src/components/office/FoundSelect.vue";
import { i18n } from "../src/i18n";

const ROOMS: Named[] = [
  { id: "a", name: "甲校 一班" },
  { id: "b", name: "乙校 一班" },
  { id: "c", name: "丙校 一班" },
];

let app: App | null = null;
let page: HTMLElement;
afterEach(() => {
  app?.unmount();
  page.remove();
});

type Chosen = string | undefined | string[];

function shown(chosen: Chosen, nameOf: (id: string) => Promise<Named>) {
  const model = ref<Chosen>(chosen);
  const asked: string[] = [];
  const find = (text: string): Promise<Named[]> => {
    asked.push(text);
    return Promise.resolve(ROOMS.filter(({ name }) => name.includes(text)));
  };
  page = document.createElement("div");
  document.body.append(page);
  app = createApp(() =>
    h(FoundSelect as Component, {
      modelValue: model.value,
      find,
      nameOf,
      "onUpdate:modelValue": (value: Chosen) => (model.value = value),
    }),
  );
  app.use(i18n).use(createPinia()).mount(page);
  return { model, asked };
}
const named = (id: string): Promise<Named> => Promise.resolve(ROOMS.find((each) => each.id === id) as Named);
const tags = (): string[] => [...page.querySelectorAll(".el-select__tags-text")].map((tag) => tag.textContent.trim());

function type(text: string): void {
  const input = page.querySelector("input");
  if (input === null) throw new Error("no input");
  input.value = text;
  input.dispatchEvent(new Event("input"));
}

describe("a field that looks for what is typed", () => {
  it("takes several, and keeps their names while others are looked for", async () => {
    const { asked } = shown(["a", "b"], named);
    await expect.poll(tags).toEqual(["甲校 一班", "乙校 一班"]);
    type("丙");
    await expect.poll(() => asked).toContain("丙");
    expect(tags()).toEqual(["甲校 一班", "乙校 一班"]);
  });

  it("shows the id of what is not there any more", async () => {
    const gone = vi.fn(() => Promise.reject(new Problem("not-found", "", 404)));
    shown(["gone"], gone);
    await expect.poll(tags).toEqual(["gone"]);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it("names one that was chosen elsewhere, and another when that changes", async () => {
    const { model } = shown("a", named);
    await expect.poll(() => page.textContent).toContain("甲校 一班");
    model.value = "b";
    await expect.poll(() => page.textContent).toContain("乙校 一班");
  });
});
