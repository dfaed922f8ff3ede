/**
 * The roads media can take: straight over UDP, straight over TCP, or through the relay (TURN).
 *
 * In a lesson the browser tries all at once and takes the best. Here they are told apart, to
 * try one alone (the device check) and to say which one is used.
 */
export type Road = "udp" | "tcp" | "turn";

/** Which roads are open. `turn` null: this installation has no relay. */
export interface OpenRoads {
  readonly udp: boolean;
  readonly tcp: boolean;
  readonly turn: boolean | null;
  /** Round trip on the best of them. */
  readonly rttMs: number | null;
}

/** What there is to try: the media port at `hosts`, UDP and TCP alike, and relays. */
export interface RoadsToTry {
  port: number;
  hosts: string[];
  ice_servers: RTCIceServer[];
}

/** Return the road a lesson would take: straight before through the relay, UDP before TCP. */
export function bestOf(open: OpenRoads): Road | null {
  if (open.udp) return "udp";
  if (open.tcp) return "tcp";
  return open.turn === true ? "turn" : null;
}

/** Return the configuration of a connection that can take this road and no other. */
export function configurationFor(road: Road, iceServers: RTCIceServer[]): RTCConfiguration {
  return road === "turn"
    ? { iceServers, iceTransportPolicy: "relay", bundlePolicy: "max-bundle" }
    : { iceServers: [], bundlePolicy: "max-bundle" };
}

/** Leave in an answer only the candidates of a road; the relay goes to those of UDP. */
export function onlyRoad(sdp: string, road: Road): string {
  const protocol = road === "tcp" ? "tcp" : "udp";
  return sdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=candidate:") || line.split(" ")[2]?.toLowerCase() === protocol)
    .join("\r\n");
}

/** The address to name to whoever looks after a firewall: not this machine's own, where possible. */
export function hostToOpen({ hosts }: RoadsToTry): string {
  const outer = hosts.find((host) => !host.startsWith("127.") && host !== "::1");
  return outer ?? hosts[0] ?? location.hostname;
}

// The statistics dictionaries differ by type, and lib.dom knows only some of them.
type Stat = Record<string, unknown>;

/** Return which road a connection takes now, from its statistics; null before it takes any. */
export function roadIn(stats: ReadonlyMap<string, Stat>): Road | null {
  const selected = [...stats.values()].find((stat) => stat.type === "transport")?.selectedCandidatePairId;
  const pair = stats.get(String(selected));
  const local = pair === undefined ? undefined : stats.get(String(pair.localCandidateId));
  if (local === undefined) return null;
  if (local.candidateType === "relay") return "turn";
  return local.protocol === "tcp" ? "tcp" : "udp";
}

const LOOK_EVERY_MS = 5_000;
const FIRST_SEARCH_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * When to search for UDP again on a connection that goes another way.
 *
 * A browser lets the roads it does not take go, and does not come back to them by itself. A
 * restart of ICE tries all of them anew and costs nothing that is seen; where UDP stays closed
 * it is tried less and less often. Times are milliseconds on the page's monotonic clock.
 */
export class BetterRoad {
  private lookAt = 0;
  private searchAt: number | null = null;
  private pauseMs = FIRST_SEARCH_MS;

  /** Return whether it is time to read which road is taken, and hand it to `shouldSearch`. */
  isLookDue(now: number): boolean {
    if (now < this.lookAt) return false;
    this.lookAt = now + LOOK_EVERY_MS;
    return true;
  }

  /** Return whether to search now, given the road that is taken. */
  shouldSearch(road: Road | null, now: number): boolean {
    if (road === null || road === "udp") {
      this.searchAt = null;
      this.pauseMs = FIRST_SEARCH_MS;
      return false;
    }
    this.searchAt ??= now + this.pauseMs;
    if (now < this.searchAt) return false;
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.searchAt = now + this.pauseMs;
    return true;
  }
}

/** Return which road a connection takes, by the statistics of one of its tracks. */
export async function roadOn(connection: RTCPeerConnection): Promise<Road | null> {
  const [transceiver] = connection.getTransceivers();
  if (transceiver === undefined) return null;
  const isSending = transceiver.sender.track !== null;
  const stats = await (isSending ? transceiver.sender : transceiver.receiver).getStats();
  return roadIn(new Map(stats as unknown as Iterable<[string, Stat]>));
}
