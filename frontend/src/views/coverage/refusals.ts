/** What the server refuses of figures, in words. */
import { translate } from "@/i18n";

const REFUSED = ["no-teaching-weeks", "period-too-long", "not-found", "figures-being-counted"] as const;

/** Title and hint by the problem's type, for a note in the page. */
export function refusalsOf(): Record<string, [string, string]> {
  return Object.fromEntries(
    REFUSED.map((type) => [type, [translate(`coverage.cannot.${type}`), translate(`coverage.cannot.${type}-hint`)]]),
  );
}
