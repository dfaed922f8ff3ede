import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { areas } from "../src/i18n";

const SOURCES = join(import.meta.dirname, "../src");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path === join(SOURCES, "i18n") ? [] : sources(path);
    return /\.(vue|ts)$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

/** The keys of texts, `area.inner.key`, and of whatever holds texts. */
function keysOf(tree: object, path: string): { texts: string[]; holders: string[] } {
  const found = { texts: [] as string[], holders: [path] };
  for (const [key, value] of Object.entries(tree)) {
    const here = `${path}.${key}`;
    if (typeof value === "string") found.texts.push(here);
    else {
      const inner = keysOf(value as object, here);
      found.texts.push(...inner.texts);
      found.holders.push(...inner.holders);
    }
  }
  return found;
}

/** Which of `texts` no source names: as a whole, by a prefix that is completed, or by what holds it. */
function unused(texts: readonly string[], holders: readonly string[], code: string): string[] {
  const quoted = new Set([...code.matchAll(/["'`]([a-z][\w.-]*)["'`]/g)].map((match) => match[1] ?? ""));
  // An area alone names too much, as a prefix and as a holder.
  const begun = [...code.matchAll(/`([a-z][\w-]*\.[\w-][\w.-]*\[?)\$\{/g)].map((match) => match[1] ?? "");
  const held = holders.filter((holder) => holder.includes(".") && quoted.has(holder)).map((holder) => `${holder}.`);
  const prefixes = [...begun.map((prefix) => prefix.replace("[", ".")), ...held];
  return texts.filter((text) => !quoted.has(text) && !prefixes.some((prefix) => text.startsWith(prefix)));
}

describe("unused texts", () => {
  it("are found however a used one is named", () => {
    const code = 't("a.whole"); t(`a.states.${state}`); t(`a.days[${n}]`); t(`a.lack_${what}`); t(`a.${any}`); useAction("a.refused")';
    const texts = ["a.whole", "a.states.X", "a.days.0", "a.lack_it", "a.refused.no", "a.gone", "a.whole_too"];
    expect(unused(texts, ["a", "a.states", "a.days", "a.refused"], code)).toEqual(["a.gone", "a.whole_too"]);
  });

  const code = sources(SOURCES).join("\n");
  it.each(Object.entries(areas))("are not in %s", (area, { zh }) => {
    const { texts, holders } = keysOf(zh, area);
    expect(unused(texts, holders, code)).toEqual([]);
  });
});
