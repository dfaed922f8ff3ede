/** Which curriculum holds where: of a region's own plans, the latest that has begun. */
import type { Tone } from "@/components/office/StateTag.vue";
import type { Curriculum } from "@/coverage";

export type Force = "HOLDS" | "TO_COME" | "REPLACED";
export const FORCE_TONES: Record<Force, Tone> = { HOLDS: "good", TO_COME: "waiting", REPLACED: "plain" };

/** How each plan stands on a day, by its id. `plans`: all of the regions in sight. */
export function forceOf(plans: readonly Curriculum[], today: string): Map<string, Force> {
  const latest = new Map<string, string>();
  for (const { region, valid_from } of plans) {
    const where = region?.id ?? "";
    if (valid_from <= today && valid_from > (latest.get(where) ?? "")) latest.set(where, valid_from);
  }
  return new Map(
    plans.map(({ id, region, valid_from }) => {
      const holding = latest.get(region?.id ?? "");
      return [id, valid_from > today ? "TO_COME" : valid_from === holding ? "HOLDS" : "REPLACED"];
    }),
  );
}
