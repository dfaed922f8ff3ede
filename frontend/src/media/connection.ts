/**
 * A peer connection that recovers alone: first by an ICE restart, then by being built anew
 * (`recovery`), and that goes back to the best road when it is open again (`roads`).
 *
 * The other connection, the room and the devices stay as they are. No STUN or TURN server is
 * asked unless the ticket names one: many schools reach none, and the server is ICE-lite with
 * an address of its own.
 */
import { arrivedOn, Recovery, type Act } from "./recovery";
import { BetterRoad, roadOn } from "./roads";

/** Do things one after another; a failure does not stop the next. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task, task);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** What `Publisher` and `Subscriber` have in common. */
export abstract class RecoveringConnection {
  readonly recovery = new Recovery();
  protected connection: RTCPeerConnection | null = null;
  protected iceServers: RTCIceServer[] = [];
  private readonly betterRoad = new BetterRoad();

  protected constructor(private readonly onState: (state: RTCPeerConnectionState) => void) {}

  /** The peer connection, for statistics only. */
  get peer(): RTCPeerConnection | null {
    return this.connection;
  }

  /** Begin anew: after entering, reconnecting, or a failure. */
  abstract restart(iceServers: RTCIceServer[]): Promise<void>;

  /** Go on over another road with the connection there is, or make one where there is none. */
  abstract resume(iceServers: RTCIceServer[]): Promise<void>;

  /** Restart ICE although nothing is wrong: UDP may be open again. */
  protected abstract searchBetterRoad(connection: RTCPeerConnection): Promise<void>;

  /** Count what has arrived and do what is due; call it about once a second. */
  async look(): Promise<void> {
    const connection = this.connection;
    const arrived = connection === null ? null : await arrivedOn(connection);
    if (connection === this.connection) this.act(this.recovery.look(arrived, performance.now()));
    if (connection !== null && (await this.mayTakeBetterRoad(connection))) {
      await this.searchBetterRoad(connection);
    }
  }

  /** Reach the relay with these credentials from the next restart on; what flows goes on. */
  renewRelay(iceServers: RTCIceServer[]): void {
    this.iceServers = iceServers;
    this.connection?.setConfiguration(this.configuration);
  }

  networkChanged(): void {
    this.act(this.recovery.networkChanged(performance.now()));
  }

  /** Do what `recovery` asks for. */
  private act(act: Act | null): void {
    if (act === "restart_ice") void this.resume(this.iceServers);
    if (act === "rebuild") void this.restart(this.iceServers);
  }

  protected get configuration(): RTCConfiguration {
    return { iceServers: this.iceServers, bundlePolicy: "max-bundle" };
  }

  protected open(): RTCPeerConnection {
    const connection = new RTCPeerConnection(this.configuration);
    connection.onconnectionstatechange = () => {
      if (connection !== this.connection) return;
      this.onState(connection.connectionState);
      this.act(this.recovery.changed(connection.connectionState, performance.now()));
    };
    this.recovery.begun(performance.now());
    return connection;
  }

  private async mayTakeBetterRoad(connection: RTCPeerConnection): Promise<boolean> {
    const now = performance.now();
    if (connection.connectionState !== "connected" || !this.betterRoad.isLookDue(now)) return false;
    return this.betterRoad.shouldSearch(await roadOn(connection), now);
  }
}
