/** How one thing stands that the device check looks at. */
export type Mark = "ok" | "warning" | "bad" | "running" | "waiting";

/** One line of the device check: what is looked at, how it stands, and that in words. */
export interface Step {
  name: string;
  mark: Mark;
  text: string;
}
