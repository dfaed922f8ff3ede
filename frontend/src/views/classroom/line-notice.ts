/**
 * What is wrong with this classroom's line, for the assistant: what it means for the lesson,
 * and that there is nothing to do where there is nothing to do.
 */
import { translate } from "@/i18n";
import type { LinkMeasured, Seat } from "@/protocol";
import { keptOf, waitText } from "../live/line-words";

export interface Words {
  readonly text: string;
  readonly hint?: string;
}

/** Return the words for a seat's own line, or null when it is well or not measured yet. */
export function lineNotice(me: Seat, measured: LinkMeasured | null): Words | null {
  if (me.link === "unknown" || measured === null || measured.cause === null) return null;
  const { cause } = measured;
  // A satellite's delay lasts the whole lesson: no notice stands over the picture for it.
  if (cause === "delay" && me.link === "good") return null;
  const text = translate(`classroom.line.${cause}`, { time: waitText(measured.rtt_ms ?? 0) });
  if (cause === "narrow_down" || cause === "declared_down") {
    const isSoundOnly = keptOf(measured.plan) === "sound";
    return { text, hint: translate(isSoundOnly ? "classroom.line.kept_all" : "classroom.line.kept_some") };
  }
  if (cause === "loss_down" && !me.is_saving) return { text, hint: translate("classroom.line.may_save") };
  if (cause === "loss_up" || cause === "narrow_up") return { text, hint: translate("classroom.line.teacher_knows") };
  return { text };
}
