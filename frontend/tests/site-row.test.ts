/** A classroom of a course: what is not one's to see is not asked for, and what is chosen is what is sent. */
import { createPinia } from "pinia";
import { createApp, h, ref, type App, type Component } from "vue";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Named } from "../src/api";
import { i18n } from "../src/i18n";
import type { SiteWish } from "../src/timetable";
import SiteRow from "../src/views/timetable/SiteRow.vue";

let app: App | null = null;
let page: HTMLElement;
afterEach(() => {
  app?.unmount();
  page.remove();
  vi.unstubAllGlobals();
});

/** Serve the classes and the people of a school, or have it be nobody's to see. */
function serve(classes: Named[], people: Named[] | null): void {
  vi.stubGlobal("fetch", (path: string) => {
    const isClasses = path.startsWith("/api/school-classes");
    const found = isClasses ? { items: classes, next_cursor: null } : (people ?? { type: "not-found", title: "", status: 404 });
    const status = !isClasses && people === null ? 404 : 200;
    return Promise.resolve(
      new Response(JSON.stringify(found), { status, headers: { "content-type": "application/json" } }),
    );
  });
}

function shown(wish: SiteWish, known: Named[] = [], passers: Named[] = []) {
  const model = ref(wish);
  page = document.createElement("div");
  document.body.append(page);
  app = createApp(() =>
    h(SiteRow as Component, {
      modelValue: model.value,
      name: "云岭教学点 多媒体教室",
      school: "s1",
      known,
      passers,
      "onUpdate:modelValue": (value: SiteWish) => (model.value = value),
    }),
  );
  app.use(i18n).use(createPinia()).mount(page);
  return model;
}

const selects = (): HTMLElement[] => [...page.querySelectorAll<HTMLElement>(".el-select__wrapper")];
const texts = (): string[] => selects().map((each) => each.textContent.trim());

async function choose(place: number, name: string): Promise<void> {
  selects()[place]?.click();
  const option = (): HTMLElement | undefined =>
    [...document.querySelectorAll<HTMLElement>(".el-select-dropdown__item")].find(
      (each) => each.textContent.trim() === name,
    );
  await expect.poll(option).toBeDefined();
  option()?.click();
}

describe("a classroom of a course", () => {
  it("takes part as is chosen, with a class and an assistant of its school", async () => {
    serve([{ id: "c1", name: "三年级一班" }], [{ id: "p1", name: "次仁老师" }]);
    const model = shown({ mode: "LIVE", class_id: "", assistant_id: "", through_id: "" });
    await choose(1, "三年级一班");
    await choose(2, "次仁老师");
    expect(page.textContent).not.toContain("什么都不计入");
    await choose(0, "观摩");
    expect(model.value).toEqual({ mode: "OBSERVE", class_id: "c1", assistant_id: "p1", through_id: "" });
    await expect.poll(() => page.textContent).toContain("什么都不计入");
  });

  it("is not offered what no screen does, and keeps what was planned so before", async () => {
    serve([], []);
    const model = shown({ mode: "RECORDED", class_id: "", assistant_id: "", through_id: "" });
    expect(page.textContent).toContain("还不能播放录像");
    await choose(0, "直播");
    expect(model.value.mode).toBe("LIVE");
    await expect.poll(() => page.textContent).not.toContain("还不能播放录像");
    const offered = [...document.querySelectorAll(".el-select-dropdown__item")].map((each) => each.textContent.trim());
    expect(offered).toContain("录播");
    expect(offered).not.toContain("植入");
  });

  it("names the class that was chosen although it is closed by now", async () => {
    serve([{ id: "c1", name: "三年级一班" }], []);
    shown({ mode: "LIVE", class_id: "c0", assistant_id: "", through_id: "" }, [{ id: "c0", name: "去年的三年级" }]);
    await expect.poll(texts).toContain("去年的三年级");
  });

  it("leaves class and assistant to a school that is not one's own", async () => {
    serve([], null);
    const model = shown({ mode: "LIVE", class_id: "c9", assistant_id: "", through_id: "" });
    await expect.poll(() => selects().length).toBe(1);
    expect(page.textContent).toContain("由它自己安排");
    await choose(0, "观摩");
    expect(model.value).toEqual({ mode: "OBSERVE", class_id: "c9", assistant_id: "", through_id: "" });
  });

  it("has the lessons from the hub until another of its classrooms is named to pass them on", async () => {
    serve([], null);
    const passers = [{ id: "r2", name: "中心校 一号教室" }];
    const model = shown({ mode: "LIVE", class_id: "", assistant_id: "", through_id: "" }, [], passers);
    await expect.poll(texts).toContain("直接听主讲学校");
    expect(page.textContent).not.toContain("照样直接到");
    await choose(1, "中心校 一号教室");
    expect(model.value.through_id).toBe("r2");
    await expect.poll(() => page.textContent).toContain("照样直接到");
  });
});
