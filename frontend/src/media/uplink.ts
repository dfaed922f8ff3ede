/**
 * What only the sending browser knows: that its line has made the picture smaller.
 *
 * The server sees a small picture and cannot tell a dark room from a narrow line; the
 * browser's encoder says why (webrtc-stats, `qualityLimitationReason`).
 */

/** With less than this no picture of a lesson is sharp; a smaller figure with a reason is a lack. */
export const ENOUGH_BPS = 500_000;
/** Looks in a row that begin and that end it: every other second, so that a start is no trouble. */
const LOOKS_TO_BEGIN = 4;
const LOOKS_TO_END = 3;

interface Figure {
  readonly type: string;
  readonly kind?: string;
  readonly active?: boolean;
  readonly qualityLimitationReason?: string;
  readonly nominated?: boolean;
  readonly availableOutgoingBitrate?: number;
}

/** Return whether a picture is sent smaller for want of a line; null: no picture is sent. */
export function isNarrowed(stats: Iterable<Figure>): boolean | null {
  const figures = [...stats];
  const sent = figures.filter(
    (one) => one.type === "outbound-rtp" && one.kind === "video" && one.active !== false,
  );
  if (sent.length === 0) return null;
  const available = figures.find((one) => one.type === "candidate-pair" && one.nominated === true)?.availableOutgoingBitrate;
  const isLimited = sent.some((one) => one.qualityLimitationReason === "bandwidth");
  return isLimited && available !== undefined && available < ENOUGH_BPS;
}

/** Say so when it lasts, and take it back when that has ended. */
export class UplinkWatch {
  isNarrow = false;
  private inARow = 0;

  look(isNarrowNow: boolean | null): boolean {
    if (isNarrowNow === null) {
      this.isNarrow = false;
      this.inARow = 0;
    } else if (isNarrowNow === this.isNarrow) {
      this.inARow = 0;
    } else if (++this.inARow >= (isNarrowNow ? LOOKS_TO_BEGIN : LOOKS_TO_END)) {
      this.isNarrow = isNarrowNow;
      this.inARow = 0;
    }
    return this.isNarrow;
  }
}
