import { expect, it } from "vitest";
import {
  ageOf,
  frameNumberAt,
  numberOfCells,
  readStamp,
  STAMP_CELLS,
  STAMP_HEIGHT,
  stampCells,
} from "../src/test-picture";

/** Draw a stamp as the page does, `blur` of each cell mixed with grey. */
function pictureOf(number: number, width: number, height: number, blur = 0) {
  const data = new Uint8ClampedArray(width * height * 4).fill(60);
  const cells = stampCells(number);
  for (let row = Math.floor(height * (1 - STAMP_HEIGHT)); row < height; row++) {
    for (let column = 0; column < width; column++) {
      const isWhite = cells[Math.floor((column * STAMP_CELLS) / width)];
      const level = (isWhite ? 255 : 0) * (1 - blur) + 128 * blur;
      data.fill(level, (row * width + column) * 4, (row * width + column) * 4 + 3);
    }
  }
  return { data, width, height };
}

it("a number is read back at every size the encoder may choose", () => {
  const sizes = [
    [1280, 720],
    [640, 360],
    [480, 270],
    [320, 180],
  ] as const;
  for (const [width, height] of sizes) {
    for (const number of [0, 1, 12_345, 699_050, 2 ** 20 - 1]) {
      expect(readStamp(pictureOf(number, width, height))).toBe(number);
      expect(readStamp(pictureOf(number, width, height, 0.5))).toBe(number);
    }
  }
});

it("a picture without a stamp reads as none", () => {
  const data = new Uint8ClampedArray(640 * 360 * 4).fill(200);
  expect(readStamp({ data, width: 640, height: 360 })).toBeNull();
});

it("one wrong cell is refused by the marks or the parity", () => {
  const cells = stampCells(4_711);
  for (let wrong = 0; wrong < cells.length; wrong++) {
    const damaged = cells.map((cell, place) => (place === wrong ? !cell : cell));
    expect(numberOfCells(damaged)).toBeNull();
  }
  expect(numberOfCells(cells.slice(1))).toBeNull();
});

it("neighbouring numbers differ in one bit cell", () => {
  for (const number of [0, 7, 255, 65_535]) {
    const [one, next] = [stampCells(number), stampCells(number + 1)];
    const differing = one.filter((cell, place) => place < 22 && cell !== next[place]);
    expect(differing).toHaveLength(1);
  }
});

it("the number tells the picture's age, also over the turn of the counter", () => {
  const turn = (2 ** 20 * 1000) / 25;
  expect(frameNumberAt(turn)).toBe(0);
  expect(ageOf(frameNumberAt(turn - 200), turn)).toBe(200);
  expect(ageOf(frameNumberAt(1_000_000), 1_000_400)).toBe(400);
});
