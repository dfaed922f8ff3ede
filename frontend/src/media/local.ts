/**
 * What this computer shows and says: its tracks, their mute, and what is wrong with them.
 *
 * A device that goes (unplugged, taken by another program) is opened again as soon as
 * the browser reports a change of devices. A muted source stays muted through every
 * change of device and every reconnect: nobody comes back with an open microphone.
 */
import { reactive } from "vue";
import type { MediaSource } from "../protocol";
import { startTestPicture, startTestTone } from "../test-picture";
import {
  DeviceFailed,
  keepChoice,
  keptChoices,
  openCamera,
  openMicrophone,
  openScreen,
  type DeviceProblem,
} from "./devices";

export interface LocalSource {
  track: MediaStreamTrack | null;
  isMuted: boolean;
  /** The built-in picture or tone takes the place of a device. */
  isTest: boolean;
  problem: DeviceProblem | null;
}

export type LocalSources = Record<MediaSource, LocalSource>;

interface Options {
  /** What is sent as `source` from now on. */
  readonly onTrack: (source: MediaSource, track: MediaStreamTrack | null) => void;
  /** Written on the test picture. */
  readonly testTitle: () => string;
}

function nothing(): LocalSource {
  return { track: null, isMuted: false, isTest: false, problem: null };
}

export class LocalMedia {
  readonly sources: LocalSources = reactive({
    camera: nothing(),
    microphone: nothing(),
    screen: nothing(),
    second_camera: nothing(),
  }) as LocalSources;

  private readonly stops = new Map<MediaSource, () => void>();
  private isStopped = false;

  constructor(private readonly options: Options) {
    navigator.mediaDevices?.addEventListener("devicechange", this.devicesChanged);
  }

  /** Open camera and microphone; without a camera the test picture takes its place. */
  async openUsual(): Promise<void> {
    await Promise.all([this.openCamera(), this.openMicrophone()]);
  }

  async openCamera(): Promise<void> {
    if (keptChoices().usesTestPicture === true) {
      this.showTestPicture();
      return;
    }
    await this.tryOpen("camera", () => openCamera("camera"));
    if (this.sources.camera.problem === "missing") this.showTestPicture();
  }

  async openMicrophone(): Promise<void> {
    await this.tryOpen("microphone", openMicrophone);
    // Neither camera nor microphone: a bare machine, which tries the chain with the tone.
    if (this.sources.microphone.problem === "missing" && this.sources.camera.isTest) {
      this.playTestTone();
    }
  }

  async openSecondCamera(): Promise<void> {
    await this.tryOpen("second_camera", () => openCamera("second_camera"));
  }

  async shareScreen(): Promise<void> {
    await this.tryOpen("screen", openScreen);
    // Dismissing the browser's dialog is an answer, not a fault.
    if (this.sources.screen.problem === "denied") this.sources.screen.problem = null;
  }

  /** Use the test picture and tone on purpose, or go back to the devices. */
  async useTest(isTest: boolean): Promise<void> {
    keepChoice({ usesTestPicture: isTest });
    if (isTest) {
      this.showTestPicture();
      if (this.sources.microphone.track === null) this.playTestTone();
      return;
    }
    this.close("camera");
    if (this.sources.microphone.isTest) this.close("microphone");
    await this.openCamera();
    if (this.sources.microphone.track === null) await this.openMicrophone();
  }

  setMuted(source: MediaSource, isMuted: boolean): void {
    this.sources[source].isMuted = isMuted;
    const track = this.sources[source].track;
    if (track !== null) track.enabled = !isMuted;
  }

  /** Stop sending `source` and let go of its device. */
  close(source: MediaSource): void {
    this.release(source);
    this.sources[source].problem = null;
    this.options.onTrack(source, null);
  }

  /** Let go of every device: the page is left. */
  stop(): void {
    this.isStopped = true;
    navigator.mediaDevices?.removeEventListener("devicechange", this.devicesChanged);
    for (const source of Object.keys(this.sources) as MediaSource[]) this.release(source);
  }

  private showTestPicture(): void {
    const picture = startTestPicture(this.options.testTitle());
    this.take("camera", picture.video, picture.stop, { isTest: true });
  }

  private playTestTone(): void {
    const tone = startTestTone();
    this.take("microphone", tone.audio, tone.stop, { isTest: true });
  }

  private async tryOpen(source: MediaSource, open: () => Promise<MediaStreamTrack>): Promise<void> {
    try {
      const track = await open();
      this.take(source, track, () => track.stop(), { isTest: false });
    } catch (error) {
      if (!(error instanceof DeviceFailed)) throw error;
      this.sources[source].problem = error.problem;
    }
  }

  private take(
    source: MediaSource,
    track: MediaStreamTrack,
    stop: () => void,
    { isTest }: { isTest: boolean },
  ): void {
    if (this.isStopped) {
      // The page was left while the device was opening: its light must not stay on.
      stop();
      return;
    }
    this.release(source);
    this.stops.set(source, stop);
    const local = this.sources[source];
    local.track = track;
    local.isTest = isTest;
    local.problem = null;
    track.enabled = !local.isMuted;
    // `ended` comes when the device goes, and when sharing is stopped in the browser's bar.
    track.addEventListener("ended", () => this.ended(source, track));
    this.options.onTrack(source, track);
  }

  private ended(source: MediaSource, track: MediaStreamTrack): void {
    const local = this.sources[source];
    if (local.track !== track) return;
    this.close(source);
    if (source === "screen") return;
    local.problem = "missing";
    void this.openAgain(source);
  }

  private release(source: MediaSource): void {
    const stop = this.stops.get(source);
    this.stops.delete(source);
    this.sources[source].track = null;
    this.sources[source].isTest = false;
    stop?.();
  }

  private readonly devicesChanged = (): void => {
    for (const source of ["camera", "microphone", "second_camera"] as const) {
      const local = this.sources[source];
      const isStandIn = local.isTest && keptChoices().usesTestPicture !== true;
      if (local.problem !== null || isStandIn) void this.openAgain(source);
    }
  };

  private async openAgain(source: MediaSource): Promise<void> {
    if (source === "camera") await this.openCamera();
    if (source === "microphone") await this.openMicrophone();
    if (source === "second_camera") await this.openSecondCamera();
  }
}
