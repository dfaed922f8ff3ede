/** The bar on top: every page of the office has its place, and every group opens by hand and by keyboard. */
import { createApp, h, nextTick, ref, type App } from "vue";
import { createMemoryHistory, createRouter, type RouteRecordRaw, type Router } from "vue-router";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import MenuGroup from "../src/components/office/MenuGroup.vue";
import { GROUPS, groupsFor, placeOf, type Group } from "../src/components/office/places";
import { i18n } from "../src/i18n";
import { router } from "../src/router";

const places = GROUPS.flatMap((group) => group.places);
/** Pages with the bar on top: those of the office that are light. */
const pages = router
  .getRoutes()
  .filter((route) => route.meta.mood === "office" && route.meta.needs === "person" && route.name !== undefined)
  .map((route) => route.path.replace(/\/$/, "").replace(/:\w+/g, "0193"));

describe("places", () => {
  it.each(pages)("know where %s belongs", (path) => {
    expect(placeOf(path)).not.toBeNull();
  });

  it("each lead to a page, and no two to the same", () => {
    const found = places.map((place) => router.resolve(place.at).name);
    expect(found).not.toContain("not-found");
    expect(new Set(found).size).toBe(places.length);
  });

  it("are named in both languages", () => {
    for (const { word } of [...GROUPS, ...places]) {
      expect(i18n.global.te(word, "zh" as never), word).toBe(true);
      expect(i18n.global.te(word, "en" as never), word).toBe(true);
    }
  });

  it.each([
    ["/admin", "/admin"],
    ["/admin/points", "/admin/points"],
    ["/admin/attendance/term", "/admin/attendance/term"],
    ["/admin/sessions/0193", "/admin/sessions"],
    ["/replay/0193", "/admin/sessions"],
    ["/admin/recording-views", "/admin/sessions"],
    ["/admin/retention-rules", "/admin/retention-rules"],
    ["/admin/pairings/0193", "/admin/alliances"],
    ["/teach/hours", "/teach/hours"],
  ])("mark %s as part of %s", (path, at) => {
    expect(placeOf(path)?.at).toBe(at);
  });

  it.each([
    [{ isTeacher: true, isOffice: false }, ["own"], false],
    [{ isTeacher: false, isOffice: true }, GROUPS.slice(1).map(({ id }) => id), true],
    [{ isTeacher: true, isOffice: true }, GROUPS.map(({ id }) => id), true],
  ])("are shown to whom they are for: %o", (who, ids, isShown) => {
    const groups = groupsFor(who);
    expect(groups.map(({ id }) => id)).toEqual(ids);
    const shown = groups.flatMap((group) => group.places).map(({ at }) => at);
    expect(shown.includes("/admin/retention-rules")).toBe(isShown);
    expect(placeOf("/admin/retention-rules", groups) !== null).toBe(isShown);
  });

  it("mark nothing where nothing belongs", () => {
    expect(placeOf("/admin/unheard-of")).toBeNull();
    expect(placeOf("/teacher")).toBeNull();
  });
});

describe("a group of places", () => {
  const group = GROUPS.find(({ id }) => id === "today") as Group;
  const isOpen = ref(false);
  let app: App;
  let page: HTMLElement;
  let inner: Router;

  const button = (): HTMLElement => page.querySelector("button") as HTMLElement;
  const links = (): HTMLElement[] => [...page.querySelectorAll("a")];
  async function press(key: string): Promise<void> {
    (document.activeElement ?? button()).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await nextTick();
    await nextTick();
  }

  beforeEach(async () => {
    isOpen.value = false;
    const routes: RouteRecordRaw[] = [{ path: "/:all(.*)*", component: { render: () => null } }];
    inner = createRouter({ history: createMemoryHistory(), routes });
    await inner.push("/admin/points");
    page = document.createElement("div");
    document.body.append(page);
    app = createApp(() =>
      h(MenuGroup, {
        group,
        here: placeOf("/admin/points"),
        open: isOpen.value,
        "onUpdate:open": (now: boolean) => (isOpen.value = now),
      }),
    );
    app.use(i18n).use(inner).mount(page);
  });
  afterEach(() => {
    app.unmount();
    page.remove();
  });

  it("says whether it is open, and which page this is", async () => {
    expect(button().getAttribute("aria-expanded")).toBe("false");
    button().click();
    await nextTick();
    expect(button().getAttribute("aria-expanded")).toBe("true");
    expect(links().map((link) => link.getAttribute("aria-current"))).toEqual([null, "page"]);
  });

  it("is walked by arrow keys and left by Escape, back to its button", async () => {
    button().focus();
    await press("ArrowDown");
    expect(isOpen.value).toBe(true);
    expect(document.activeElement).toBe(links()[0]);
    await press("ArrowDown");
    await press("ArrowDown");
    expect(document.activeElement).toBe(links()[0]);
    await press("ArrowUp");
    expect(document.activeElement).toBe(links()[1]);
    await press("Escape");
    expect(isOpen.value).toBe(false);
    expect(document.activeElement).toBe(button());
  });

  it("opens at its last place upwards", async () => {
    button().focus();
    await press("ArrowUp");
    expect(document.activeElement).toBe(links()[1]);
  });

  it("closes when somebody presses beside it, and not when inside", async () => {
    button().click();
    await nextTick();
    links()[0]?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
    expect(isOpen.value).toBe(true);
    document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
    expect(isOpen.value).toBe(false);
  });

  it("closes when the focus goes elsewhere", async () => {
    const other = document.createElement("button");
    document.body.append(other);
    button().focus();
    await press("ArrowDown");
    other.focus();
    expect(isOpen.value).toBe(false);
    other.remove();
  });

  it("closes when the page changes", async () => {
    button().click();
    await nextTick();
    await inner.push("/admin");
    await nextTick();
    expect(isOpen.value).toBe(false);
  });
});
