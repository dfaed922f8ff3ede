/** What waits for a hand says how much of it there is, or for how long, in either language. */
import { createApp, h, nextTick, shallowRef } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, describe, expect, it } from "vitest";
import type { Hand } from "../src/county";
import { i18n } from "../src/i18n";
import HandList from "../src/views/county/HandList.vue";

const hands = shallowRef<Hand[]>([]);
const names = ["admin-sessions", "admin-attendance", "admin-needs", "admin-alliances", "registry-jobs"];

async function shown(...given: Hand[]): Promise<string[]> {
  hands.value = given;
  const component = { render: () => null };
  const routes = [{ path: "/", component }, ...names.map((name) => ({ path: `/${name}`, name, component }))];
  const page = document.createElement("div");
  const app = createApp(() => h(HandList, { hands: hands.value }));
  app
    .use(i18n)
    .use(createRouter({ history: createMemoryHistory(), routes }))
    .mount(page);
  await nextTick();
  const said = [...page.querySelectorAll("li")].map((line) => line.textContent.trim());
  app.unmount();
  return said;
}

describe("what waits for a hand", () => {
  const before = i18n.global.locale.value;
  afterEach(() => {
    i18n.global.locale.value = before;
  });

  it("says for how long something is away in minutes, hours or days", async () => {
    for (const [count, says] of [
      [5, "5min"],
      [119, "119min"],
      [120, "2h"],
      [2879, "47h"],
      [2880, "2d"],
    ] as const) {
      i18n.global.locale.value = "en";
      const [line] = await shown({ hand: "QUEUE_KEEPING", count });
      expect(line).toMatch(new RegExp(`^${says} *nobody uploads and removes recordings`));
      expect(line).toContain("classrooms worker --queue KEEPING");
    }
  });

  it("says it in Chinese", async () => {
    i18n.global.locale.value = "zh";
    expect(await shown({ hand: "SECOND_PLACE", count: 61 }, { hand: "QUEUE_REPLAYS", count: 180 })).toEqual([
      expect.stringMatching(/^61分钟 *录像的第二存放处用不了/),
      expect.stringMatching(/^3小时 *下课以后的回看没有程序在做/),
    ]);
  });

  it("counts everything else, with its unit", async () => {
    expect(await shown({ hand: "DISK", count: 7 }, { hand: "ROOM", count: 4 }, { hand: "JOBS", count: 300 })).toEqual([
      expect.stringMatching(/^7%/),
      expect.stringMatching(/^4GB/),
      expect.stringMatching(/^300/),
    ]);
  });
});
