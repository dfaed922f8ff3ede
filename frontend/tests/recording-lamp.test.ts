/** The lamp that proves a recording: what the teacher reads in each state, and of each fault. */
import { createApp, h, type App, type Component } from "vue";
import { afterEach, describe, expect, it } from "vitest";
import { i18n } from "../src/i18n";
import type { RecordingLight } from "../src/protocol";
import RecordingLamp from "../src/views/live/RecordingLamp.vue";

const GOOD: RecordingLight = { is_recording: true, is_healthy: true, stored_s: 125, problem: null };

let app: App | null = null;
let page: HTMLElement;
afterEach(() => {
  app?.unmount();
  page.remove();
});

function lamp(recording: Partial<RecordingLight>, isRecorded = true): { state: string; text: string } {
  page = document.createElement("div");
  document.body.append(page);
  app = createApp(() => h(RecordingLamp as Component, { recording: { ...GOOD, ...recording }, isRecorded }));
  app.use(i18n).mount(page);
  const found = page.querySelector("[role=status]");
  return {
    state: [...(found?.classList ?? [])].filter((name) => name !== "lamp").join(" "),
    text: (found?.textContent ?? "").replaceAll(/\s+/gu, " ").trim(),
  };
}

describe("the recording lamp", () => {
  it("says how much has reached the disk", () => {
    expect(lamp({})).toEqual({ state: "good", text: expect.stringMatching(/^录制正常.*已存 .*2.*5/u) });
  });

  it("promises nothing before the first bytes are on the disk", () => {
    expect(lamp({ stored_s: 0 })).toEqual({ state: "starting", text: "录制正在开始" });
    app?.unmount();
    page.remove();
    expect(lamp({ is_recording: false, stored_s: 0 }).state).toBe("starting");
  });

  it("says of a lesson that is not recorded that it is not, whatever else it hears", () => {
    expect(lamp({ is_healthy: false, problem: "disk_full" }, false)).toEqual({ state: "off", text: "这节课不录制" });
  });

  it.each(["disk_full", "io_error", "overloaded", "no_media"])("says %s in words of its own", (problem) => {
    const { state, text } = lamp({ is_healthy: false, problem });
    expect(state).toBe("failed");
    expect(text).toMatch(/^录制出错.{6,}/u);
    expect(text).not.toContain(i18n.global.t("live.recording.problem.other"));
    expect(text).not.toContain("已存");
  });

  it.each([null, "what_is_to_come"])("says of a fault it has no word for (%s) that there is one", (problem) => {
    const { state, text } = lamp({ is_healthy: false, problem });
    expect([state, text]).toEqual(["failed", `录制出错${i18n.global.t("live.recording.problem.other")}`]);
  });
});
