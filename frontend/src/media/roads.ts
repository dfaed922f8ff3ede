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
