/** Live pages are dark, office pages light: the route says which (`meta.mood`). */
export type Mood = "live" | "office";

export function setMood(mood: Mood): void {
  document.documentElement.classList.toggle("dark", mood === "live");
}
