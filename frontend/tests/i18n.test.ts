import { describe, expect, it } from "vitest";
import { areas } from "../src/i18n";

function textsOf(tree: object, path = ""): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof value === "string") texts.set(here, value);
    else for (const [inner, text] of textsOf(value as object, here)) texts.set(inner, text);
  }
  return texts;
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

describe.each(Object.entries(areas))("the words of %s", (_area, { zh, en }) => {
  const chinese = textsOf(zh);
  const english = textsOf(en);

  it("has every key in both languages", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  it("has no empty text, and fills the same values in both languages", () => {
    for (const [key, text] of chinese) {
      expect(text, key).not.toBe("");
      expect(english.get(key), key).not.toBe("");
      expect(new Set(namesIn(english.get(key) ?? "")), key).toEqual(new Set(namesIn(text)));
    }
  });
});
