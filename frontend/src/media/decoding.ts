/**
 * Pictures that are sent here and never shown: a computer without a decoder for them.
 *
 * A browser says nothing about it: the picture stays black. So what came in is compared with
 * what came out, and the page says it in words. The server spares a browser what its answer
 * declined, so nothing at all may come in as well: H.264 is missing from browsers that are
 * built without it, or that fetch it after their first start.
 */

/** A picture counts as undecodable after this much media without one decoded frame. */
export const DECODE_WITHIN_MS = 8_000;

/** What `getStats` says of one received picture; `key` names it across looks. */
export interface PictureCounters {
  readonly key: string;
  /** Payload without headers and padding: a probe of the line is not a picture. */
  readonly payloadBytes: number;
  readonly framesDecoded: number;
  /** It is published to the room, and this browser declined one of the formats it may have. */
  readonly isDeclined: boolean;
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
   * Return the keys of the pictures that have come, or were declined, for `DECODE_WITHIN_MS`
   * and never were decoded. `now` is in monotonic milliseconds; a picture that is not among `pictures` is
   * forgotten, and one decoded frame clears it.
   */
  look(pictures: readonly PictureCounters[], now: number): ReadonlySet<string> {
    const named = new Set(pictures.map((picture) => picture.key));
    for (const key of this.arriving.keys()) if (!named.has(key)) this.arriving.delete(key);
    for (const picture of pictures) this.lookAt(picture, now);
    return new Set([...this.arriving].filter(([, one]) => one.isStuck).map(([key]) => key));
  }

  private lookAt(picture: PictureCounters, now: number): void {
    const { key, payloadBytes, framesDecoded, isDeclined } = picture;
    const known = this.arriving.get(key);
    if (framesDecoded > 0 || (payloadBytes === 0 && !isDeclined)) {
      this.arriving.delete(key);
    } else if (known === undefined || payloadBytes < known.payloadBytes) {
      // New, or counted from zero again by a new connection.
      this.arriving.set(key, { since: now, payloadBytes, isStuck: false });
    } else if (!known.isStuck && !isDeclined && payloadBytes === known.payloadBytes) {
      // It has stopped coming: that is the line's or the sender's doing, not this computer's.
      known.since = now;
    } else {
      known.payloadBytes = payloadBytes;
      known.isStuck ||= now - known.since >= DECODE_WITHIN_MS;
    }
  }
}

/** What `getStats` counts of one media section. */
export type Counted = Pick<PictureCounters, "payloadBytes" | "framesDecoded">;

/** Return the counters of the received pictures in a `getStats` report, by mid. */
export function picturesIn(report: RTCStatsReport): ReadonlyMap<string, Counted> {
  const pictures = new Map<string, Counted>();
  report.forEach((stat: RTCInboundRtpStreamStats) => {
    if (stat.type !== "inbound-rtp" || stat.kind !== "video" || stat.mid === undefined) return;
    pictures.set(stat.mid, {
      payloadBytes: stat.bytesReceived ?? 0,
      framesDecoded: stat.framesDecoded ?? 0,
    });
  });
  return pictures;
}

/** Return the mids of which `answer` left out a format that `offer` named. */
export function declinedIn(offer: string, answer: string): ReadonlySet<string> {
  const taken = formatsByMid(answer);
  const declined = [...formatsByMid(offer)].filter(([mid, formats]) =>
    [...formats].some((format) => taken.get(mid)?.has(format) !== true),
  );
  return new Set(declined.map(([mid]) => mid));
}

function formatsByMid(sdp: string): Map<string, Set<string>> {
  const sections = sdp.split(/^(?=m=)/m).slice(1);
  return new Map(
    sections.map((section) => {
      const names = [...section.matchAll(/^a=rtpmap:\d+ ([^/\s]+)/gm)];
      return [
        /^a=mid:(\S+)/m.exec(section)?.[1] ?? "",
        new Set(names.map((name) => (name[1] ?? "").toUpperCase())),
      ];
    }),
  );
}
