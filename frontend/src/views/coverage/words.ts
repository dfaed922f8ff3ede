/** Figures and gaps in words, in the language of the page. */
import type { Tone } from "@/components/office/StateTag.vue";
import { currentLocale, translate } from "@/i18n";
import type { Definition, Gap, Indicator, Site, Standing, Subject } from "@/coverage";
import { gradeOf } from "./grades";

/** A share in per cent, to a tenth and never rounded up: 99.9% is not all. A dash: there is nothing to be a share of. */
export function shareText(permille: number | null): string {
  return permille === null ? "–" : `${(permille / 10).toFixed(1)}%`;
}

/** Thousandths of `of`, rounded down as the server does; null: there is nothing to be a share of. */
export function permilleOf(part: number, of: number): number | null {
  // Periods come in tenths: counted in them, the division is exact.
  return of > 0 ? Math.floor((Math.round(part * 10) * 1000) / Math.round(of * 10)) : null;
}

/** Periods and counts: `1,234.5`, whole numbers without a point. */
export function numberText(value: number): string {
  return new Intl.NumberFormat(currentLocale() === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: 1 }).format(value);
}

export function titleOf(definition: Definition): string {
  return currentLocale() === "zh" ? definition.title_zh : definition.title_en;
}
export function ruleOf(definition: Definition): string {
  return currentLocale() === "zh" ? definition.rule_zh : definition.rule_en;
}
export function subjectOf(subject: Subject): string {
  return currentLocale() === "zh" ? subject.label_zh : subject.label_en;
}

const TONES: Record<Standing, Tone> = { FULL: "good", OFFERED: "waiting", TOO_FEW: "warning", NOT_OFFERED: "bad" };
export function toneOf(standing: Standing): Tone {
  return TONES[standing];
}

/** `三年级音乐还差 30 节: 应开 42 节, 本校开 0 节, 送达 12 节`: what is lacking, and why. */
export function gapText({ grade_no, subject, required, local, delivered, gap }: Gap): string {
  return translate(delivered === 0 && local === 0 ? "coverage.gap_none_taught" : "coverage.gap", {
    grade: gradeOf(grade_no),
    subject: subjectOf(subject),
    required: numberText(required),
    local: numberText(local),
    delivered: numberText(delivered),
    gap: numberText(gap),
  });
}

/** What a site itself has of a figure; `of` 0: the figure does not ask about it. `weeks`: teaching weeks. */
export function measureOf(site: Site, indicator: Indicator, weeks: number): { part: number; of: number } {
  const measures: Record<Indicator, { part: number; of: number }> = {
    COV_REACHED: { part: Math.min(site.reached, 1), of: 1 },
    COV_REGULAR: { part: site.weeks, of: weeks },
    COV_NEED: { part: site.needs_met, of: site.needs },
    COV_PERIODS: { part: site.filled, of: site.lacking },
    OFFER_RATE: { part: site.offered, of: site.subjects },
    PERIOD_RATE: { part: site.taught, of: site.required },
  };
  return measures[indicator];
}
