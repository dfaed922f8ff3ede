import { describe, expect, it } from "vitest";
import { areas, i18n } from "../src/i18n";

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

describe("English texts with one and many", () => {
  const counted = Object.entries(areas).flatMap(([area, { en }]) =>
    [...textsOf(en, area)].filter(([, text]) => text.includes("|")),
  );

  it.each(counted)("%s", (key, text) => {
    const [one = "", many = "", ...others] = text.split(" | ");
    const said = (n: number): string => i18n.global.t(key, { n }, { locale: "en" });
    const filled = (form: string, n: number): string =>
      form.replaceAll(/\{(\w+)\}/g, (_, name) => (name === "n" ? `${n}` : ""));
    expect([one, many].every((form) => namesIn(form).includes("n")) && others.length === 0).toBe(true);
    expect([0, 1, 2].map(said)).toEqual([filled(many, 0), filled(one, 1), filled(many, 2)]);
  });
});
