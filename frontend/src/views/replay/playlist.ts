/** What a playlist of the server says of one track (RFC 8216): which part is played when. */

/** A part, or (`url` null) a time without media. Times are milliseconds on the lesson clock. */
export interface Stretch {
  fromMs: number;
  untilMs: number;
  url: string | null;
}

export interface Listing {
  stretches: Stretch[];
  /** Nothing will be added any more. */
  isOver: boolean;
}

/** Read a playlist that begins at `fromMs` of the lesson and leaves no time out. */
export function readPlaylist(text: string, fromMs: number): Listing {
  const lines = text.split("\n").map((line) => line.trim());
  if (lines[0] !== "#EXTM3U") throw new Error("This is no playlist.");
  const stretches: Stretch[] = [];
  let atMs = fromMs;
  let lengthMs = 0;
  let isGap = false;
  for (const line of lines) {
    if (line.startsWith("#EXTINF:")) lengthMs = Number.parseFloat(line.slice(8)) * 1000;
    else if (line === "#EXT-X-GAP") isGap = true;
    else if (line !== "" && !line.startsWith("#")) {
      stretches.push({ fromMs: atMs, untilMs: atMs + lengthMs, url: isGap ? null : line });
      atMs += lengthMs;
      isGap = false;
    }
  }
  return { stretches, isOver: lines.includes("#EXT-X-ENDLIST") };
}

/** Return the stretch at a moment, or undefined before the first and after the last. */
export function stretchAt(stretches: readonly Stretch[], ms: number): Stretch | undefined {
  return stretches.find((each) => each.fromMs <= ms && ms < each.untilMs);
}

/** Return what must be fetched next to play on from `ms`; what is in `held` is there. */
export function nextToFetch(
  stretches: readonly Stretch[],
  ms: number,
  aheadMs: number,
  held: ReadonlySet<string>,
): Stretch | undefined {
  return stretches.find(
    (each) => each.url !== null && !held.has(each.url) && each.untilMs > ms && each.fromMs < ms + aheadMs,
  );
}

/** Return as which of a track's types a part is to be read: the one of its container, or undefined. */
export function mimeOf(url: string, mimes: readonly string[]): string | undefined {
  const container = /\.(mp4|webm)(?:\?|$)/.exec(url)?.[1];
  return mimes.find((mime) => mime.split(";")[0]?.split("/")[1] === container);
}

/** A track this far behind the other has fallen silent: nobody waits for it. */
const SILENT_MS = 12_000;

/** Return up to where tracks can be played together; one of which there is nothing yet is not waited for. */
export function frontierOf(tracks: readonly (readonly Stretch[])[]): number {
  const ends = tracks.flatMap((stretches) => stretches.at(-1)?.untilMs ?? []);
  const newest = Math.max(0, ...ends);
  return Math.min(newest, ...ends.filter((end) => newest - end <= SILENT_MS));
}
