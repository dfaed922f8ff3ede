import { afterEach, expect, it } from "vitest";
import { setLocale } from "../src/i18n";
import { figureTexts } from "../src/room-figures";

const FIGURES = {
  noise_db: -61.4,
  heard_db: -20.6,
  voice_db: -25,
  clipped_percent: 0.4,
  echo_db: null,
  echo_delay_ms: null,
};

afterEach(() => setLocale("zh"));

it("the figures of a sound test stand in one order, in whole decibels", () => {
  setLocale("zh");
  const texts = figureTexts(FIGURES);
  expect(texts.map(({ name }) => name)).toEqual(["heard", "echo", "voice", "noise", "clipped"]);
  expect(texts.map(({ text }) => text)).toEqual(["-21 分贝", "没有", "-25 分贝", "-61 分贝", "0.4 %"]);
});

it("an echo is told with how late it comes", () => {
  setLocale("zh");
  const [, echo] = figureTexts({ ...FIGURES, echo_db: -30.2, echo_delay_ms: 240 });
  expect(echo?.text).toBe("-30 分贝, 晚 240 毫秒");
});
