/**
 * Pictures that arrive and are never shown: a computer without a decoder for them.
 *
 * A browser says nothing about it: packets are counted, the picture stays black. So what
 * came in is compared with what came out, and the page says it in words.
 */

/** A picture counts as undecodable after this much media without one decoded frame. */
export const DECODE_WITHIN_MS = 8_000;

/** What `getStats` says of one received picture; `key` names it across looks. */
export interface PictureCounters {
  readonly key: string;
  /** Payload without headers and padding: a probe of the line is not a picture. */
  readonly payloadBytes: number;
  readonly framesDecoded: number;
}

interface Arriving {
  /** When its media was first seen to come without a break. */
  since: number;
  payloadBytes: number;
  isStuck: boolean;
}

/** Look every second or two; the answer is which pictures this computer cannot decode. */
export class DecodeWatch {
  private readonly arriving = new Map<string, Arriving>();

  /**
   * Return the keys of the pictures that have come for `DECODE_WITHIN_MS` and never were
   * decoded. `now` is in monotonic milliseconds; a picture that is not among `pictures` is
   * forgotten, and one decoded frame clears it.
   */
  look(pictures: readonly PictureCounters[], now: number): ReadonlySet<string> {
    const named = new Set(pictures.map((picture) => picture.key));
    for (const key of this.arriving.keys()) if (!named.has(key)) this.arriving.delete(key);
    for (const picture of pictures) this.lookAt(picture, now);
    return new Set([...this.arriving].filter(([, one]) => one.isStuck).map(([key]) => key));
  }

  private lookAt({ key, payloadBytes, framesDecoded }: PictureCounters, now: number): void {
    const known = this.arriving.get(key);
    if (framesDecoded > 0 || payloadBytes === 0) {
      this.arriving.delete(key);
    } else if (known === undefined || payloadBytes < known.payloadBytes) {
      // New, or counted from zero again by a new connection.
      this.arriving.set(key, { since: now, payloadBytes, isStuck: false });
    } else if (!known.isStuck && payloadBytes === known.payloadBytes) {
      // It has stopped coming: that is the line's or the sender's doing, not this computer's.
      known.since = now;
    } else {
      known.payloadBytes = payloadBytes;
      known.isStuck ||= now - known.since >= DECODE_WITHIN_MS;
    }
  }
}

/** Return the counters of every received picture in a `getStats` report. */
export function picturesIn(
  report: RTCStatsReport,
  keyOfMid: (mid: string) => string | null,
): PictureCounters[] {
  const pictures: PictureCounters[] = [];
  report.forEach((stat: RTCInboundRtpStreamStats) => {
    if (stat.type !== "inbound-rtp" || stat.kind !== "video" || stat.mid === undefined) return;
    const key = keyOfMid(stat.mid);
    if (key === null) return;
    pictures.push({
      key,
      payloadBytes: stat.bytesReceived ?? 0,
      framesDecoded: stat.framesDecoded ?? 0,
    });
  });
  return pictures;
}
