/** A rule of how long recordings are kept, as a form holds it, and what it would do, in words. */
import { translate as t } from "@/i18n";
import type { NewRetentionRule, Purpose, RetentionEffect } from "@/recordings";

export interface RuleForm {
  purpose: Purpose;
  keeps: "DAYS" | "FOR_EVER";
  keep_days: number;
  grace_days: number;
  valid_from: string;
  note: string;
}

/** The rule a form says, but for why: what it would do does not depend on that. */
export function draftOf(form: RuleForm): Omit<NewRetentionRule, "note"> {
  const { purpose, grace_days, valid_from } = form;
  return { purpose, keep_days: form.keeps === "DAYS" ? form.keep_days : null, grace_days, valid_from };
}

const counted = (key: string, n: number): string => t(`admin.retention.effect.${key}`, { n });

/** How long a rule keeps, in words. */
export function keptText(keep_days: number | null): string {
  return keep_days === null ? t("admin.retention.for_ever") : t("admin.retention.days", { n: keep_days });
}

/** What a rule would do to the recordings there are, in sentences; how many are touched first. */
export function sentencesOf(effect: RetentionEffect): string[] {
  const said = [counted("all", effect.recordings)];
  if (effect.sooner > 0) said.push(counted("sooner", effect.sooner));
  if (effect.at_once > 0) said.push(counted("at_once", effect.at_once));
  if (effect.held > 0) said.push(counted("held", effect.held));
  if (effect.later > 0) said.push(counted("later", effect.later));
  if (effect.recordings > 0 && effect.sooner + effect.later === 0) said.push(t("admin.retention.effect.none"));
  return said;
}
