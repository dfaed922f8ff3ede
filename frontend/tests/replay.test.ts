import { describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import type { Clip, Replay } from "../src/api";
import { correctionOf, IN_STEP_MS, ReplayClock, TOO_FAR_MS } from "../src/views/replay/clock";
import { stepOf } from "../src/views/replay/keys";
import {
  clipsToLoad,
  holesOf,
  isOn,
  lanesOf,
  leaderOf,
  LOAD_AHEAD_MS,
  mainLane,
  shownLanes,
} from "../src/views/replay/lanes";
import { useReplay, type Player } from "../src/views/replay/useReplay";

function clip(change: Partial<Clip> = {}): Clip {
  const start = change.start_ms ?? 0;
  return {
    id: `${change.seat_id ?? "hub"}-${change.group ?? "camera"}-${start}`,
    seat_id: "hub",
    name: "王老师",
    group: "camera",
    mime: "video/mp4",
    start_ms: 0,
    duration_ms: 60_000,
    has_audio: true,
    has_video: true,
    url: "/clip",
    ...change,
  };
}

const STAGE = [{ seat_id: "site-a", name: "示范一村小", from_ms: 20_000, to_ms: 30_000 }];
const CLIPS = [
  clip(),
  clip({ group: "screen", start_ms: 10_000, duration_ms: 10_000, has_audio: false }),
  clip({ seat_id: "site-a", name: "示范一村小", start_ms: 19_000, duration_ms: 14_000 }),
];

describe("the clock of a replay", () => {
  it("runs at the speed chosen, from where it was", () => {
    const clock = new ReplayClock(60_000);
    clock.play(1_000);
    expect(clock.positionAt(3_000)).toBe(2_000);
    clock.setRate(2, 3_000);
    expect(clock.positionAt(4_000)).toBe(4_000);
    clock.setRate(0.5, 4_000);
    expect(clock.positionAt(6_000)).toBe(5_000);
  });

  it("keeps its position while paused, and seeks while paused", () => {
    const clock = new ReplayClock(60_000);
    clock.play(0);
    clock.pause(5_000);
    expect(clock.positionAt(9_000)).toBe(5_000);
    clock.seek(40_000, 9_000);
    expect(clock.positionAt(20_000)).toBe(40_000);
  });

  it("stands still while it is held, and goes on from there", () => {
    const clock = new ReplayClock(60_000);
    clock.play(0);
    clock.hold(true, 2_000);
    expect(clock.isPlaying).toBe(true);
    expect(clock.positionAt(7_000)).toBe(2_000);
    clock.hold(false, 7_000);
    expect(clock.positionAt(8_000)).toBe(3_000);
  });

  it("does not lose time when it is told twice that it is held", () => {
    const clock = new ReplayClock(60_000);
    clock.play(0);
    clock.hold(true, 2_000);
    clock.hold(true, 5_000);
    expect(clock.positionAt(6_000)).toBe(2_000);
  });

  it("goes with the leading picture", () => {
    const clock = new ReplayClock(60_000);
    clock.play(0);
    clock.follow(1_950, 2_000);
    expect(clock.positionAt(3_000)).toBe(2_950);
  });

  it("stops at the end once, and begins again from the start", () => {
    const clock = new ReplayClock(10_000);
    clock.play(0);
    expect(clock.endsAt(9_999)).toBe(false);
    expect(clock.endsAt(12_000)).toBe(true);
    expect(clock.endsAt(12_100)).toBe(false);
    expect(clock.positionAt(13_000)).toBe(10_000);
    clock.play(14_000);
    expect(clock.positionAt(15_000)).toBe(1_000);
  });

  it("stays within the lesson", () => {
    const clock = new ReplayClock(10_000);
    clock.seek(-5_000, 0);
    expect(clock.positionAt(0)).toBe(0);
    clock.seek(99_000, 0);
    expect(clock.positionAt(0)).toBe(10_000);
  });
});

describe("keeping pictures in step", () => {
  it("leaves alone what nobody notices", () => {
    expect(correctionOf(IN_STEP_MS, 1, false)).toEqual({ do: "nothing" });
    expect(correctionOf(-IN_STEP_MS, 1, false)).toEqual({ do: "nothing" });
  });

  it("slows a picture that is ahead and hurries one that is behind", () => {
    const ahead = correctionOf(200, 1, false);
    const behind = correctionOf(-200, 1, false);
    expect(ahead.do === "nudge" && ahead.rate).toBeLessThan(1);
    expect(behind.do === "nudge" && behind.rate).toBeGreaterThan(1);
  });

  it("goes on nudging below the threshold until the picture is close", () => {
    expect(correctionOf(60, 1, true).do).toBe("nudge");
    expect(correctionOf(20, 1, true).do).toBe("nothing");
  });

  it("jumps when nudging would take too long, later at higher speed", () => {
    expect(correctionOf(TOO_FAR_MS + 1, 1, false).do).toBe("jump");
    expect(correctionOf(-TOO_FAR_MS - 1, 1, true).do).toBe("jump");
    expect(correctionOf(TOO_FAR_MS + 1, 2, false).do).toBe("nudge");
  });

  it("brings any drift within half a second back in step, at every speed", () => {
    for (const rate of [0.5, 1, 1.5, 2]) {
      for (const start of [-490, -100, 90, 300, 490]) {
        let drift = start;
        let isNudged = false;
        for (let tick = 0; tick < 300; tick++) {
          const correction = correctionOf(drift, rate, isNudged);
          isNudged = correction.do === "nudge";
          if (correction.do === "nudge") drift += (correction.rate - rate) * 100;
        }
        expect(Math.abs(drift), `${start} at ${rate}`).toBeLessThanOrEqual(25);
      }
    }
  });
});

describe("which pictures there are", () => {
  it("puts the teacher first and gathers the clips of one camera", () => {
    const lanes = lanesOf([...CLIPS, clip({ start_ms: 70_000 })]);
    expect(lanes.map((lane) => lane.key)).toEqual(["hub/camera", "hub/screen", "site-a/camera"]);
    expect(lanes[0]?.clips).toHaveLength(2);
  });

  it("shows a classroom only while it is on stage, although its clip is longer", () => {
    const site = CLIPS[2] as Clip;
    expect([19_500, 20_000, 29_999, 30_000].map((ms) => isOn(site, ms, STAGE))).toEqual([false, true, true, false]);
  });

  it("loads a clip before its time, and not earlier", () => {
    const at = 10_000 - LOAD_AHEAD_MS;
    expect(clipsToLoad({ clips: CLIPS, stage: STAGE }, at - 1)).toHaveLength(1);
    expect(clipsToLoad({ clips: CLIPS, stage: STAGE }, at)).toHaveLength(2);
  });

  it("keeps the teacher's place where there is no picture", () => {
    const lanes = lanesOf(CLIPS);
    expect(shownLanes(lanes, 90_000, STAGE).map((lane) => lane.key)).toEqual(["hub/camera"]);
  });

  it("shows the shared screen large, unless the viewer chose another", () => {
    const shown = shownLanes(lanesOf(CLIPS), 15_000, STAGE);
    expect(mainLane(shown, null)?.key).toBe("hub/screen");
    expect(mainLane(shown, "hub/camera")?.key).toBe("hub/camera");
    expect(mainLane(shown, "site-a/camera")?.key).toBe("hub/screen");
  });

  it("shows what is under the second camera large while no screen is shared, as the file of the lesson does", () => {
    const board = clip({ group: "second_camera", duration_ms: 60_000 });
    const lanes = lanesOf([clip({ duration_ms: 60_000 }), board, clip({ group: "screen", start_ms: 20_000, duration_ms: 10_000 })]);
    const mainAt = (ms: number, chosen: string | null = null) => mainLane(shownLanes(lanes, ms, []), chosen)?.key;
    expect([mainAt(10_000), mainAt(25_000), mainAt(35_000)]).toEqual(["hub/second_camera", "hub/screen", "hub/second_camera"]);
    expect(mainAt(10_000, "hub/camera")).toBe("hub/camera");
  });

  it("follows the teacher's camera, else what sounds", () => {
    expect(leaderOf(CLIPS)?.id).toBe("hub-camera-0");
    expect(leaderOf(CLIPS.slice(1))?.id).toBe("site-a-camera-19000");
    expect(leaderOf([])).toBeUndefined();
  });

  it("names the stretches without the teacher's picture", () => {
    const clips = [clip({ start_ms: 5_000, duration_ms: 10_000 }), clip({ start_ms: 15_400, duration_ms: 4_600 })];
    expect(holesOf(clips, 30_000)).toEqual([
      { from_ms: 0, to_ms: 5_000 },
      { from_ms: 20_000, to_ms: 30_000 },
    ]);
  });
});

describe("a picture that is played no more", () => {
  it("is fetched no more, so that what is played has the line", () => {
    const replay = { clips: CLIPS, stage: STAGE, duration_ms: 60_000 } as unknown as Replay;
    const scope = effectScope();
    const player = scope.run(() => useReplay(replay)) as Player;
    const [first] = CLIPS as [Clip];
    const element = document.createElement("video");
    element.setAttribute("src", "/clip");
    const load = vi.spyOn(element, "load");
    player.attach(first, element);
    player.attach(first, element); // Vue tells of it at each rendering
    expect(load).not.toHaveBeenCalled();
    player.attach(first, null);
    expect(element.hasAttribute("src")).toBe(false);
    expect(load).toHaveBeenCalledOnce();
    player.attach(first, null);
    expect(load).toHaveBeenCalledOnce();
    scope.stop();
  });
});

describe("the player's keys", () => {
  function press(key: string, tagName = "DIV", ctrlKey = false): ReturnType<typeof stepOf> {
    return stepOf({ key, altKey: false, ctrlKey, metaKey: false, target: { tagName } as unknown as EventTarget });
  }

  it("leaves fields, buttons and the browser's own keys alone", () => {
    expect(press(" ")).toEqual({ do: "toggle" });
    expect(press("ArrowLeft")).toEqual({ do: "move", ms: -5_000 });
    expect(press(" ", "BUTTON")).toBeNull();
    expect(press("ArrowLeft", "INPUT")).toBeNull();
    expect(press("f", "DIV", true)).toBeNull();
    expect(press("x")).toBeNull();
  });
});
