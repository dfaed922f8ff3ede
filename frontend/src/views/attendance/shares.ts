/** Shares of a lesson's plan, as rules say them in thousandths. */

/** 850 is "85 %", 875 "87.5 %". */
export function shareText(permille: number): string {
  return `${permille / 10} %`;
}

/** Thousandths of what is typed in per cent, to a tenth. */
export function permilleOf(percent: number): number {
  return Math.round(percent * 10);
}
