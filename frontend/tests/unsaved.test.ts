/** A page with changes that are not saved asks before it is left. */
import { ElMessageBox } from "element-plus";
import { createApp, defineComponent, h, nextTick, ref, type App } from "vue";
import { createMemoryHistory, createRouter, RouterView, type Router } from "vue-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import { useUnsaved } from "../src/views/coverage/useUnsaved";

const isUnsaved = ref(false);
const Page = defineComponent({
  setup() {
    useUnsaved(() => isUnsaved.value);
    return () => null;
  },
});

describe("a page with unsaved changes", () => {
  let app: App;
  let router: Router;

  beforeEach(async () => {
    isUnsaved.value = false;
    router = createRouter({
      history: createMemoryHistory(),
      routes: [
        { path: "/plan/:id", component: Page },
        { path: "/other", component: { render: () => null } },
      ],
    });
    await router.push("/plan/1");
    app = createApp(() => h(RouterView));
    app.use(i18n).use(router).mount(document.createElement("div"));
    await nextTick();
  });
  afterEach(() => {
    app.unmount();
    vi.restoreAllMocks();
  });

  function answered(isYes: boolean) {
    const asking = vi.spyOn(ElMessageBox, "confirm");
    if (isYes) asking.mockResolvedValue("confirm" as never);
    else asking.mockRejectedValue("cancel");
    return asking;
  }
  function closed(): boolean {
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  }

  it.each(["/other", "/plan/2"])("is not left for %s against the person's will", async (path) => {
    isUnsaved.value = true;
    const asking = answered(false);
    await router.push(path);
    expect(router.currentRoute.value.path).toBe("/plan/1");
    expect(asking).toHaveBeenCalledTimes(1);
  });

  it("is left when the person agrees", async () => {
    isUnsaved.value = true;
    answered(true);
    await router.push("/other");
    expect(router.currentRoute.value.path).toBe("/other");
  });

  it("asks nothing while everything is saved", async () => {
    const asking = answered(false);
    expect(closed()).toBe(false);
    await router.push("/other");
    expect(router.currentRoute.value.path).toBe("/other");
    expect(asking).not.toHaveBeenCalled();
  });

  it("has the browser ask when it is closed, and no longer once it is left", async () => {
    isUnsaved.value = true;
    expect(closed()).toBe(true);
    answered(true);
    await router.push("/other");
    expect(closed()).toBe(false);
  });
});
