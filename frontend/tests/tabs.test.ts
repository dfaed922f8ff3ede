/** Pages beside each other: the one that is open is marked, also by what belongs to it. */
import { createApp, h, type App } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, describe, expect, it } from "vitest";
import PageTabs from "../src/components/office/PageTabs.vue";
import { GROUPS, placeOf } from "../src/components/office/places";
import { router } from "../src/router";

const PAGES = ["coverage/figures", "coverage/gaps", "coverage/sheets", "registry/schools", "registry/rosters"].map(
  (path) => ({ to: { path: `/admin/${path}`, query: { roster: "r1" } }, word: path }),
);

let app: App | null = null;
afterEach(() => app?.unmount());

async function markedAt(path: string): Promise<(string | null)[]> {
  const inner = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: "/:all(.*)*", component: { render: () => null } }],
  });
  await inner.push(path);
  const root = document.createElement("div");
  app = createApp(() => h(PageTabs, { label: "pages", pages: PAGES }));
  app.use(inner).mount(root);
  const marked = [...root.querySelectorAll("a")].filter((link) => link.getAttribute("aria-current") === "page");
  expect(marked.every((link) => link.classList.contains("here"))).toBe(true);
  return marked.map((link) => link.textContent);
}

describe("tabs", () => {
  it.each([
    ["/admin/coverage/figures?basis=LOCKED", "coverage/figures"],
    ["/admin/coverage/lessons", "coverage/figures"],
    ["/admin/coverage/schools/0193", "coverage/gaps"],
    ["/admin/coverage/sheets/0193", "coverage/sheets"],
    ["/admin/registry/schools/0193", "registry/schools"],
    ["/admin/registry/rosters/0193", "registry/rosters"],
  ])("at %s mark %s alone", async (path, word) => {
    expect(await markedAt(path)).toEqual([word]);
  });

  it("mark none where none belongs", async () => {
    expect(await markedAt("/admin/coverage/curricula")).toEqual([]);
  });

  it.each(["/admin/coverage", "/admin/registry"])("under %s hold pages of one group of the bar", (path) => {
    const children = router.getRoutes().find((route) => route.path === path)?.children ?? [];
    const groups = children.map((child) => {
      const place = placeOf(`${path}/${child.path.replace(/:\w+/g, "0193")}`);
      return GROUPS.find(({ places }) => place !== null && places.includes(place))?.id;
    });
    expect(groups.length).toBeGreaterThan(3);
    expect(new Set(groups).size).toBe(1);
  });
});
