/** What a key means to the player; keys that belong to a field or a button stay theirs. */
export type Step =
  | { do: "toggle" | "mute" | "full" | "next" | "previous" | "captions" }
  | { do: "move"; ms: number }
  | { do: "to"; share: 0 | 1 }
  | { do: "louder"; by: number };

const STEPS: Record<string, Step> = {
  " ": { do: "toggle" },
  k: { do: "toggle" },
  m: { do: "mute" },
  f: { do: "full" },
  n: { do: "next" },
  p: { do: "previous" },
  c: { do: "captions" },
  ArrowLeft: { do: "move", ms: -5_000 },
  ArrowRight: { do: "move", ms: 5_000 },
  ArrowUp: { do: "louder", by: 0.1 },
  ArrowDown: { do: "louder", by: -0.1 },
  Home: { do: "to", share: 0 },
  End: { do: "to", share: 1 },
};

export function stepOf(event: Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "target">): Step | null {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const target = event.target as { tagName?: string } | null;
  const tag = target?.tagName ?? "";
  if (tag === "INPUT" || tag === "SELECT" || tag === "TEXTAREA") return null;
  // A focused button or link is pressed by the space bar itself.
  if (event.key === " " && (tag === "BUTTON" || tag === "A")) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return STEPS[key] ?? null;
}
