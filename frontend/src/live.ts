/**
 * A page's part in a live lesson: signalling, the room, and media both ways, tied together.
 *
 * The order on every (re)connection: the room's state first, then this seat's mutes are
 * taken over from it, then media goes on over another road where it still lives, and is
 * published and subscribed anew where not. So whoever returns sends exactly what they sent
 * before, and a muted seat never returns audible.
 *
 * Longer than a module should be: what is here is the order in which the parts are brought together,
 * and each part has a module of its own.
 */
import { computed, ref, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import { api, Problem, type EnterAs, type Ticket } from "./api";
import { translate } from "./i18n";
import { declinedIn, DecodeWatch, picturesIn } from "./media/decoding";
import { LocalMedia } from "./media/local";
import { followNetwork } from "./network";
import { isNarrowed, UplinkWatch } from "./media/uplink";
import { HUB_LIMITS, STAGE_LIMITS, TILE_LIMITS } from "./media/sending";
import {
  ErrorCode,
  MEDIA_SOURCES,
  type MediaSource,
  type Seat,
  type ServerMessage,
  type TrackRef,
} from "./protocol";
import {
  classroomsOf,
  lecturerOf,
  quickMessageKey,
  reduceRoom,
  seatOf,
  withHandled,
  type Room,
} from "./room";
import { Publisher } from "./media/publisher";
import { Subscriber, type ReceivedTrack } from "./media/subscriber";
import {
  CommandRefused,
  openBrowserSocket,
  Signaling,
  type Command,
  type SignalingState,
} from "./signaling";
import { exposeDiagnosis, hideDiagnosis, MediaTimes } from "./diagnosis";

/** Refusals of `publish` that pass by themselves. */
const PASSING_REFUSALS = new Set(["no_answer", "too_fast", "unavailable"]);
const PUBLISH_AGAIN_AFTER_MS = 2_000;
/** A browser that cannot publish five times running will not the sixth time. */
const MOST_LOCAL_FAILURES = 5;
const TICK_MS = 500;
/** Statistics are read at every fourth tick. */
const TICKS_PER_LOOK = 4;
/** What arrives is counted at every second one. */
const TICKS_PER_LISTENING = 2;
/** Five minutes: the credentials of the relay last ten minutes at least. */
const TICKS_PER_RENEWAL = 600;
/** Pongs come every 1.5 s: after this without one there is nobody to negotiate with. */
const HEARD_WITHIN_MS = 2_500;

function keyOf({ seat_id, source }: Pick<TrackRef, "seat_id" | "source">): string {
  return `${seat_id}/${source}`;
}

export interface MediaTrouble {
  readonly since: number;
  /** Connection after connection came to nothing: the network here lets no media through. */
  readonly isBlocked: boolean;
}

/** Return random letters that a subprotocol may have. */
function randomWord(bits: 128 | 256): string {
  const bytes = crypto.getRandomValues(new Uint8Array(bits / 8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Live {
  readonly room: ShallowRef<Room | null> = shallowRef(null);
  readonly state: ShallowRef<SignalingState> = shallowRef({ kind: "connecting" });
  readonly received: ShallowRef<readonly ReceivedTrack[]> = shallowRef([]);
  /** Monotonic milliseconds, twice a second: what clocks and countdowns are drawn from. */
  readonly now = ref(performance.now());
  /** Why this seat's own picture and sound are not taken, or null: a code of `ErrorCode`. */
  readonly publishProblem = ref<string | null>(null);
  /** This browser's pictures were refused, its sound is sent. */
  readonly isSoundOnly = ref(false);
  /** This browser's line makes its picture smaller. */
  readonly isUplinkNarrow = ref(false);
  readonly publishState = ref<RTCPeerConnectionState>("new");
  readonly subscribeState = ref<RTCPeerConnectionState>("new");
  /** Since when picture or sound is being recovered (monotonic milliseconds), or null. */
  readonly mediaTrouble: ShallowRef<MediaTrouble | null> = shallowRef(null);
  /** Since when what the others send is being recovered (monotonic milliseconds), or null: it arrives. */
  readonly missingSince: ShallowRef<number | null> = shallowRef(null);
  /** The last command that was refused, for the page to say in words. */
  readonly refusal = shallowRef<CommandRefused | null>(null);

  readonly me: ComputedRef<Seat | null> = computed(() =>
    this.room.value === null ? null : seatOf(this.room.value, this.room.value.you),
  );
  readonly lecturer = computed(() =>
    this.room.value === null ? null : lecturerOf(this.room.value),
  );
  readonly classrooms = computed(() =>
    this.room.value === null ? [] : classroomsOf(this.room.value),
  );
  readonly stage = computed(() => this.room.value?.stage ?? []);

  readonly local: LocalMedia;
  readonly publisher: Publisher;
  private localFailures = 0;
  readonly subscriber: Subscriber;
  readonly times = new MediaTimes();
  private readonly signaling: Signaling;
  /** Pictures that come but cannot be shown on this computer: `seat/source`. */
  private readonly undecodable: ShallowRef<ReadonlySet<string>> = shallowRef(new Set<string>());
  private readonly refused: ShallowRef<ReadonlySet<string>> = shallowRef(new Set<string>());
  private readonly decodeWatch = new DecodeWatch();
  private readonly uplinkWatch = new UplinkWatch();
  private ticks = 0;
  private iceServers: RTCIceServer[] = [];
  private ticket: Ticket | null = null;
  private isEntered = false;
  private isAskingForState = false;
  private readonly ticker: ReturnType<typeof setInterval>;
  private readonly unfollowNetwork: () => void;

  constructor(
    readonly lessonId: string,
    readonly as: EnterAs,
  ) {
    this.local = new LocalMedia({
      onTrack: (source, track) => void this.publisher.set(source, track),
      testTitle: () => translate("live.test_picture"),
    });
    this.publisher = new Publisher(
      {
        publish: (sdp, sources) => this.publish(sdp, sources),
        onState: (state) => {
          this.publishState.value = state;
          if (state === "connected") this.localFailures = 0;
        },
        onRefused: (error) => this.publishRefused(error),
        isCut: (error) => error instanceof CommandRefused && error.code === "disconnected",
      },
      as === "lecturer" ? HUB_LIMITS : TILE_LIMITS,
    );
    this.subscriber = new Subscriber({
      subscribe: (isRestart) =>
        this.signaling.ask({ type: "subscribe", is_restart: isRestart }),
      answer: (revision, sdp) =>
        this.signaling.tell({ type: "subscribe_answer", revision, sdp }),
      onTracks: (tracks, refused) => {
        this.received.value = tracks;
        this.refused.value = new Set(refused.map(keyOf));
      },
      onState: (state) => (this.subscribeState.value = state),
    });
    this.signaling = new Signaling({
      fetchTicket: (signal, drawn) => api.ticket(lessonId, as, signal, drawn),
      drawTicket: () => randomWord(256),
      page: randomWord(128),
      openSocket: openBrowserSocket,
      onMessage: (message) => this.take(message),
      onState: (state) => this.stateChanged(state),
      onOpen: (ticket) => this.opened(ticket),
    });
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.unfollowNetwork = followNetwork(() => this.networkChanged());
    exposeDiagnosis(this);
  }

  start(): void {
    this.times.joinAt = performance.now();
    this.signaling.start();
  }

  /** Leave the room and let go of every device. */
  stop(): void {
    clearInterval(this.ticker);
    this.unfollowNetwork();
    this.signaling.stop();
    this.publisher.stop();
    this.subscriber.stop();
    this.local.stop();
    hideDiagnosis(this);
  }

  /** Do something in the room. Returns whether it was carried out; `refusal` says why not. */
  async command(command: Command): Promise<boolean> {
    try {
      await this.signaling.ask(command);
      this.refusal.value = null;
      return true;
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      this.refusal.value = error;
      return false;
    }
  }

  /** Mute or open one of my own sources, here first: silence must not wait for the line. */
  async setMuted(source: MediaSource, isMuted: boolean): Promise<void> {
    this.local.setMuted(source, isMuted);
    await this.command({ type: "set_muted", source, is_muted: isMuted });
  }

  /** The lecturer has seen to a quick message: this window remembers it over a reload. */
  handleQuickMessage(number: number): void {
    if (this.room.value === null) return;
    this.room.value = withHandled(this.room.value, number);
    const handled = this.room.value.quickMessages.filter((message) => message.isHandled);
    sessionStorage.setItem(this.handledAs, JSON.stringify(handled.map(quickMessageKey)));
  }

  private get handledAs(): string {
    return `classrooms.handled.${this.lessonId}`;
  }

  private markHandled(room: Room): Room {
    const handled = new Set(JSON.parse(sessionStorage.getItem(this.handledAs) ?? "[]") as string[]);
    return room.quickMessages
      .filter((message) => handled.has(quickMessageKey(message)))
      .reduce((marked, message) => withHandled(marked, message.number), room);
  }

  /**
   * Return the received track of a seat, or null. A camera that stops leaves its last
   * picture, and so does everything of a seat that is away; a screen or second picture that
   * a present seat does not send any more is gone.
   */
  trackOf(seatId: string | null | undefined, source: MediaSource): MediaStreamTrack | null {
    if (source === "screen" || source === "second_camera") {
      const seat = this.room.value?.seats.find((one) => one.seat_id === seatId);
      if (seat === undefined) return null;
      if (seat.is_present && !seat.publishing.includes(source)) return null;
    }
    const found = this.received.value.find(
      (received) => received.seatId === seatId && received.source === source,
    );
    return found?.track ?? null;
  }

  /** Return whether a picture of this seat is sent here that this computer cannot show. */
  cannotShow(seatId: string, source: MediaSource): boolean {
    const key = keyOf({ seat_id: seatId, source });
    return this.undecodable.value.has(key) || this.refused.value.has(key);
  }

  private tick(): void {
    this.now.value = performance.now();
    if (++this.ticks % TICKS_PER_LOOK === 0) {
      void this.lookAtDecoding();
      void this.lookAtUplink();
    }
    if (this.ticks % TICKS_PER_LISTENING === 0) this.lookAtRoads();
    if (this.ticks % TICKS_PER_RENEWAL === 0) void this.renewRelay();
  }

  /**
   * A lesson may run over its plan, and the relay's credentials end soon after that: whoever
   * has to reach the relay again then needs others. They come with a ticket, which is not used.
   */
  private async renewRelay(): Promise<void> {
    if (this.iceServers.length === 0 || this.state.value.kind !== "open") return;
    try {
      this.iceServers = (await api.ticket(this.lessonId, this.as)).ice_servers;
    } catch (error) {
      if (error instanceof Problem) return; // what we have may still do; asked again later
      throw error;
    }
    this.publisher.renewRelay(this.iceServers);
    this.subscriber.renewRelay(this.iceServers);
  }

  /** Media that does not arrive seeks another road, unless the whole line is cut. */
  private lookAtRoads(): void {
    for (const { recovery } of [this.publisher, this.subscriber]) recovery.mayAct = this.mayNegotiate();
    void this.publisher.look();
    void this.subscriber.look();
    const since = [this.publisher, this.subscriber]
      .map(({ recovery }) => recovery.recoveringSince)
      .filter((one) => one !== null);
    this.missingSince.value = this.subscriber.recovery.recoveringSince;
    const isBlocked = this.publisher.recovery.isBlocked || this.subscriber.recovery.isBlocked;
    this.mediaTrouble.value = since.length === 0 ? null : { since: Math.min(...since), isBlocked };
  }

  private mayNegotiate(): boolean {
    return this.isEntered && this.signaling.isHeard(HEARD_WITHIN_MS);
  }

  private networkChanged(): void {
    this.signaling.networkChanged();
    this.publisher.networkChanged();
    this.subscriber.networkChanged();
  }

  private async lookAtUplink(): Promise<void> {
    const stats = await this.publisher.peer?.getStats();
    this.isUplinkNarrow.value = this.uplinkWatch.look(
      stats === undefined || this.publishState.value !== "connected" ? null : isNarrowed(stats.values()),
    );
  }

  private async lookAtDecoding(): Promise<void> {
    const peer = this.subscriber.peer;
    if (peer === null || this.subscribeState.value !== "connected") return;
    const counted = picturesIn(await peer.getStats());
    const declined = declinedIn(
      peer.currentRemoteDescription?.sdp ?? "",
      peer.currentLocalDescription?.sdp ?? "",
    );
    const pictures = this.subscriber.named.flatMap((named) =>
      named.source === "microphone"
        ? []
        : {
            ...(counted.get(named.mid) ?? { payloadBytes: 0, framesDecoded: 0 }),
            key: keyOf(named),
            isDeclined: declined.has(named.mid) && this.isPublished(named),
          },
    );
    this.undecodable.value = this.decodeWatch.look(pictures, performance.now());
  }

  private isPublished({ seat_id, source }: TrackRef): boolean {
    const seat = this.room.value === null ? null : seatOf(this.room.value, seat_id);
    if (seat === null || !seat.is_present || seat.muted.includes(source)) return false;
    const isPermitted = source === "screen" ? seat.permissions.screen : seat.permissions.video;
    return seat.publishing.includes(source) && (seat.role === "lecturer" || isPermitted);
  }

  private opened(ticket: Ticket): void {
    // A page that returned without fetching another keeps the relay's newest credentials.
    if (ticket !== this.ticket) this.iceServers = ticket.ice_servers;
    this.ticket = ticket;
    this.isEntered = false;
    this.isAskingForState = false;
  }

  private stateChanged(state: SignalingState): void {
    this.state.value = state;
    if (state.kind !== "open") {
      for (const { recovery } of [this.publisher, this.subscriber]) recovery.mayAct = false;
    }
    if (state.kind === "over") {
      this.publisher.stop();
      this.subscriber.stop();
      // The camera's light goes out, and another window may have the devices.
      this.local.stop();
    }
  }

  private take(message: ServerMessage): void {
    const before = this.room.value;
    const after = reduceRoom(before, message, performance.now());
    this.room.value =
      after !== null && message.type === "room_state" ? this.markHandled(after) : after;
    if (message.type === "subscribe_offer") void this.subscriber.offered(message);
    if (message.type === "layers_wanted") {
      void this.publisher.layersWanted(message.source, message.rids);
    }
    if (message.type === "room_state") {
      this.isAskingForState = false;
      this.entered(message.is_resumed);
    }
    this.askForStateOnGap();
    this.followStage(before);
  }

  /** The first state of a connection: take over my mutes, then bring the media up. */
  private entered(isResumed: boolean): void {
    if (this.isEntered) return;
    this.isEntered = true;
    for (const { recovery } of [this.publisher, this.subscriber]) recovery.mayAct = true;
    this.agreeOnMutes();
    void this.subscriber.entered(this.iceServers, isResumed);
    if (this.as !== "supervisor") {
      void this.publisher[isResumed ? "resume" : "restart"](this.iceServers);
    }
  }

  /** Muted here or muted there is muted: a mute made while cut off is told now. */
  private agreeOnMutes(): void {
    const mutedThere = this.me.value?.muted ?? [];
    for (const source of MEDIA_SOURCES) {
      if (mutedThere.includes(source)) this.local.setMuted(source, true);
      else if (this.local.sources[source].isMuted) {
        this.signaling.tell({ type: "set_muted", source, is_muted: true });
      }
    }
  }

  private askForStateOnGap(): void {
    if (this.room.value?.hasGap !== true || this.isAskingForState) return;
    this.isAskingForState = this.signaling.tell({ type: "get_room_state" });
  }

  /** A classroom sends a larger picture while it is on stage. */
  private followStage(before: Room | null): void {
    const room = this.room.value;
    if (this.as !== "classroom" || room === null || before?.stage === room.stage) return;
    const isOnStage = room.stage.includes(room.you);
    if (before !== null && before.stage.includes(room.you) === isOnStage) return;
    void this.publisher.setLimits(isOnStage ? STAGE_LIMITS : TILE_LIMITS);
  }

  private async publish(sdp: string, sources: Record<string, MediaSource>): Promise<string> {
    const answer = await this.signaling.ask({ type: "publish", sdp, sources });
    if (answer.type !== "publish_answer") throw new CommandRefused("no_answer", "");
    this.publishProblem.value = null;
    return answer.sdp;
  }

  private publishRefused(error: unknown): void {
    const code = error instanceof CommandRefused ? error.code : "failed";
    // Without a common picture format the lesson is still heard, and hears.
    if (code === ErrorCode.CODEC_UNSUPPORTED && this.publisher.sendSoundOnly()) {
      this.isSoundOnly.value = true;
      void this.publisher.restart(this.iceServers);
      return;
    }
    this.publishProblem.value = code;
    // Not the server's refusal but this browser's: the trace is what support needs.
    const isLocal = !(error instanceof CommandRefused);
    if (isLocal) reportError(error);
    const isWorthAnother = isLocal ? ++this.localFailures < MOST_LOCAL_FAILURES : PASSING_REFUSALS.has(code);
    if (!isWorthAnother) return;
    setTimeout(() => {
      if (this.state.value.kind === "open") void this.publisher.restart(this.iceServers);
    }, PUBLISH_AGAIN_AFTER_MS);
  }
}
