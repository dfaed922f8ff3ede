/** The chapters of a lesson that is played from its parts. */
import { createPinia } from "pinia";
import { createApp, defineComponent, h, type App } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { i18n } from "../src/i18n";
import TimeshiftPanel from "../src/views/replay/TimeshiftPanel.vue";

const seek = vi.hoisted(() => vi.fn());
/** Its own tests are those of `useTimeshift`; here it is somewhere, and told to go elsewhere. */
vi.mock("../src/views/replay/TimeshiftPlayer.vue", () => ({
  default: defineComponent({
    emits: ["position"],
    setup(_, { emit, expose }) {
      expose({ seek });
      return () => h("button", { class: "lane", onClick: () => emit("position", 16_000) });
    },
  }),
}));

const LANE = { seat_id: "hub", name: "王老师", group: "camera", from_ms: 0, until_ms: 60_000, tracks: [] };
const STAGE = { kind: "STAGE", from_ms: 15_000, to_ms: 30_000, name: "示范一村小" };

let app: App;
let page: HTMLElement;
let chapters: object[];

beforeEach(() => {
  chapters = [];
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ lanes: [LANE], chapters })));
  page = document.createElement("div");
  app = createApp(() => h(TimeshiftPanel, { sessionId: "0193" }));
  app.use(i18n).use(createPinia());
});
afterEach(() => {
  app.unmount();
  seek.mockReset();
  vi.unstubAllGlobals();
});
const lane = () => page.querySelector<HTMLButtonElement>("button.lane");
const chapter = () => page.querySelector<HTMLButtonElement>("button.span");

it("are listed, say which of them is on, and lead to their beginning", async () => {
  chapters = [STAGE];
  app.mount(page);
  await expect.poll(() => chapter()?.textContent).toContain("示范一村小 上台");
  expect(chapter()?.getAttribute("aria-current")).toBe("false");
  lane()?.click();
  await expect.poll(() => chapter()?.getAttribute("aria-current")).toBe("true");
  chapter()?.click();
  expect(seek.mock.calls).toEqual([[15_000]]);
});

it("are not spoken of where there is none yet", async () => {
  app.mount(page);
  await expect.poll(lane).not.toBeNull();
  expect(page.textContent).not.toContain("章节");
});
