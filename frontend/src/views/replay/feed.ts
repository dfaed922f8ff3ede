/**
 * One track of a running lesson in one media element, fed part by part (Media Source Extensions).
 *
 * Parts carry lesson times counted from `zeroMs`, so they are appended as they are and the
 * element's time is the lesson's. HLS cannot carry VP8, and what can play it there needs this
 * anyway: H.264 and VP8 go the same way.
 */
import { Problem, send, type ShiftTrack } from "@/api";
import { mimeOf, nextToFetch, readPlaylist, stretchAt, type Stretch } from "./playlist";

const AHEAD_MS = 24_000;
const KEEP_BEHIND_S = 30;
const KEEP_AHEAD_S = 60;
/** A trial is of a part this far ahead: it is here before its time comes. */
const TRIAL_AHEAD_MS = 8_000;
/** A line that brings a part in this share of the time it is played in carries it. */
const TRIAL_SHARE = 0.8;

/** Fetch whole; one that breaks off half way is offline, too. Throws a `Problem`. */
async function whole<T>(url: string, bodyOf: (answer: Response) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const answer = await send(url, { signal });
  return bodyOf(answer).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new Problem("offline", "offline", 0);
  });
}

export class TrackFeed {
  stretches: Stretch[] = [];
  isOver = false;
  hasFailed = false;
  private element: HTMLMediaElement | null = null;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private address = "";
  private held = new Set<string>();
  private url: string;
  private mimes: readonly string[];
  /** What the buffer takes now. */
  private mime = "";
  /** Ends what is being fetched; null: nothing is. */
  private fetching: AbortController | null = null;

  constructor(
    readonly track: ShiftTrack,
    private fromMs: number,
    private readonly zeroMs: number,
  ) {
    this.url = track.url;
    this.mimes = track.mimes;
  }

  /** The same track was told of again: by a newer link, in other formats since, or from an earlier moment on. */
  renew(track: ShiftTrack, fromMs: number): void {
    this.url = track.url;
    this.mimes = track.mimes;
    this.fromMs = fromMs;
  }

  attach(element: HTMLMediaElement): void {
    if (typeof MediaSource === "undefined") {
      this.hasFailed = true;
      return;
    }
    const source = new MediaSource();
    this.element = element;
    this.source = source;
    this.address = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => this.open(source), { once: true });
    element.addEventListener("error", () => (this.hasFailed = true));
    element.src = this.address;
  }

  private open(source: MediaSource): void {
    URL.revokeObjectURL(this.address);
    const mime = this.mimes.find((each) => MediaSource.isTypeSupported(each));
    if (mime === undefined) {
      this.hasFailed = true;
      return;
    }
    source.duration = Infinity; // any moment may be sought; what is there is what was appended
    this.buffer = source.addSourceBuffer(mime);
    this.mime = mime;
    this.buffer.timestampOffset = this.zeroMs / 1000;
    this.buffer.addEventListener("error", () => (this.hasFailed = true));
  }

  /** Learn what has been recorded meanwhile. Throws a `Problem`. */
  async refresh(): Promise<void> {
    if (this.isOver) return;
    const text = await whole(this.url, (answer) => answer.text());
    const listing = readPlaylist(text, this.fromMs);
    this.stretches = listing.stretches;
    this.isOver = listing.isOver;
  }

  /**
   * Fetch and append what is needed next to play from `ms`; one thing at a time.
   *
   * Return whether something was fetched. Throws a `Problem`.
   */
  async fill(ms: number): Promise<boolean> {
    const next = nextToFetch(this.stretches, ms, AHEAD_MS, this.held);
    return next !== undefined && (await this.take(next, ms));
  }

  /**
   * Try whether the line brings a part that comes after `ms` faster than it is played at `rate`, and keep it.
   *
   * Return where it begins; null: it came too slowly; undefined: there is none to try.
   */
  async tryAhead(ms: number, rate: number): Promise<number | null | undefined> {
    const next = this.stretches.find((each) => each.url !== null && each.fromMs >= ms + TRIAL_AHEAD_MS);
    if (next === undefined || this.fetching !== null || this.buffer === null) return undefined;
    if (next.url !== null && this.held.has(next.url)) return next.fromMs;
    const timer = setTimeout(() => this.stop(), ((next.untilMs - next.fromMs) * TRIAL_SHARE) / rate);
    try {
      return (await this.take(next, ms)) ? next.fromMs : null;
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Fetch no more of what is being fetched: it leaves the line to others. */
  stop(): void {
    this.fetching?.abort();
  }

  /** Fetch and append a part. Return false when it was stopped, or cannot be now. Throws a `Problem`. */
  private async take(next: Stretch, ms: number): Promise<boolean> {
    if (this.fetching !== null || this.hasFailed || this.buffer === null || next.url === null) return false;
    const fetching = new AbortController();
    this.fetching = fetching;
    try {
      const bytes = await whole(next.url, (answer) => answer.arrayBuffer(), fetching.signal);
      await this.drop(ms);
      this.turnTo(next.url);
      await this.change((buffer) => buffer.appendBuffer(bytes));
      this.held.add(next.url);
      return true;
    } catch (error) {
      if (fetching.signal.aborted) return false;
      // What the browser does not take is not offered to it again.
      if (!(error instanceof Problem)) this.hasFailed = true;
      throw error;
    } finally {
      this.fetching = null;
    }
  }

  /** Let the buffer take what a part is in: a browser that left and came back may send in another codec. */
  private turnTo(url: string): void {
    const mime = mimeOf(url, this.mimes);
    if (mime === undefined || mime === this.mime || this.buffer === null) return;
    this.buffer.changeType(mime);
    this.mime = mime;
  }

  /** Let go of what is far from `ms`. */
  private async drop(ms: number): Promise<void> {
    const keepFrom = ms / 1000 - KEEP_BEHIND_S;
    const keepUntil = ms / 1000 + KEEP_AHEAD_S;
    if (keepFrom > 0) await this.change((buffer) => buffer.remove(0, keepFrom));
    await this.change((buffer) => buffer.remove(Math.max(0.001, keepUntil), Infinity));
    for (const each of this.stretches) {
      const isKept = each.fromMs >= keepFrom * 1000 && each.untilMs <= keepUntil * 1000;
      if (each.url !== null && !isKept) this.held.delete(each.url);
    }
  }

  private change(make: (buffer: SourceBuffer) => void): Promise<void> {
    const buffer = this.buffer;
    if (buffer === null || this.source?.readyState !== "open") return Promise.resolve();
    return new Promise((resolve) => {
      // "updateend" follows an error as well (Media Source Extensions, append error algorithm).
      buffer.addEventListener("updateend", () => resolve(), { once: true });
      make(buffer);
    });
  }

  /** Whether something of this track was recorded at a moment of the lesson, whether or not it can be played. */
  isListedAt(ms: number): boolean {
    return (stretchAt(this.stretches, ms)?.url ?? null) !== null;
  }

  /** Whether there is something of this track at a moment of the lesson, or may be when it comes. */
  isOn(ms: number): boolean {
    const url = stretchAt(this.stretches, ms)?.url ?? null;
    if (this.hasFailed || url === null) return false;
    // A part that is here and holds nothing of this moment has a hole: what was lost on the way.
    return !this.held.has(url) || this.isBuffered(ms);
  }

  /** Whether the element can play at a moment where the track is on. */
  isReadyAt(ms: number): boolean {
    return this.element !== null && !this.element.seeking && this.isBuffered(ms);
  }

  private isBuffered(ms: number): boolean {
    const ranges = this.element?.buffered;
    for (let i = 0; i < (ranges?.length ?? 0); i += 1) {
      if (ranges !== undefined && ranges.start(i) * 1000 <= ms + 50 && ms < ranges.end(i) * 1000) return true;
    }
    return false;
  }

  dispose(): void {
    this.element?.pause();
    this.element?.removeAttribute("src");
    this.element?.load(); // lets go of what was appended
    URL.revokeObjectURL(this.address);
    this.buffer = null;
    this.source = null;
  }
}
