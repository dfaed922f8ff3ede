/**
 * Cameras, microphones and loudspeakers: which one, remembered, and in words when it fails.
 *
 * The choice is kept by id and by label: browsers give a device a new id after clearing
 * data, and a camera plugged into another port may come back under another id.
 */

export type DeviceKind = "camera" | "microphone" | "speaker" | "second_camera";

/** What went wrong, in the page's words: `live.device.<problem>`. */
export type DeviceProblem = "denied" | "missing" | "busy" | "insecure" | "failed";

export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

export interface Choices {
  readonly camera?: DeviceChoice;
  readonly microphone?: DeviceChoice;
  readonly speaker?: DeviceChoice;
  readonly second_camera?: DeviceChoice;
  /** The person chose the test picture, although there may be a camera. */
  readonly usesTestPicture?: boolean;
}

const KEPT_AS = "classrooms.devices";

export function keptChoices(): Choices {
  const text = localStorage.getItem(KEPT_AS);
  if (text === null) return {};
  try {
    return JSON.parse(text) as Choices;
  } catch {
    // Written by something else, or cut short: a choice is quickly made again.
    localStorage.removeItem(KEPT_AS);
    return {};
  }
}

export function keepChoice(change: Partial<Choices>): void {
  localStorage.setItem(KEPT_AS, JSON.stringify({ ...keptChoices(), ...change }));
}

/** A device could not be opened. */
export class DeviceFailed extends Error {
  constructor(readonly problem: DeviceProblem) {
    super(problem);
    this.name = "DeviceFailed";
  }
}

/** Return the page's word for what `getUserMedia` or `getDisplayMedia` threw. */
export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "failed";
}

const KIND_OF_BROWSER: Readonly<Record<DeviceKind, MediaDeviceKind>> = {
  camera: "videoinput",
  second_camera: "videoinput",
  microphone: "audioinput",
  speaker: "audiooutput",
};

/** Return the devices of a kind. Labels are empty until a permission was given. */
export async function listDevices(kind: DeviceKind): Promise<DeviceChoice[]> {
  if (navigator.mediaDevices === undefined) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === KIND_OF_BROWSER[kind] && device.deviceId !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

/** Return the device that was chosen: by id, else the one of the same name, else none. */
export function findChosen(
  devices: readonly DeviceChoice[],
  chosen: DeviceChoice | undefined,
): DeviceChoice | null {
  if (chosen === undefined) return null;
  const sameId = devices.find((device) => device.id === chosen.id);
  if (sameId !== undefined) return sameId;
  return devices.find((device) => device.label !== "" && device.label === chosen.label) ?? null;
}

/** Open the chosen camera, or the browser's own choice when it is not there. */
export async function openCamera(kind: "camera" | "second_camera"): Promise<MediaStreamTrack> {
  const device = findChosen(await listDevices(kind), keptChoices()[kind]);
  return open({
    video: {
      ...(device === null ? {} : { deviceId: { exact: device.id } }),
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30 },
    },
  });
}

/** Open the chosen microphone, with the browser's echo cancellation and noise suppression. */
export function openMicrophone(): Promise<MediaStreamTrack> {
  return openSound({ echoCancellation: true, noiseSuppression: true, autoGainControl: true });
}

/** Open the chosen microphone as it is, to measure a room. */
export function openRawMicrophone(): Promise<MediaStreamTrack> {
  return openSound({ echoCancellation: false, noiseSuppression: false, autoGainControl: false });
}

async function openSound(processing: MediaTrackConstraints): Promise<MediaStreamTrack> {
  const device = findChosen(await listDevices("microphone"), keptChoices().microphone);
  return open({
    audio: { ...(device === null ? {} : { deviceId: { exact: device.id } }), ...processing },
  });
}

/** Ask which screen or window to share. Needs a touch or click of the person. */
export async function openScreen(): Promise<MediaStreamTrack> {
  if (navigator.mediaDevices?.getDisplayMedia === undefined) throw new DeviceFailed("insecure");
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 15 } },
      audio: false,
    });
    return firstTrack(stream);
  } catch (error) {
    throw error instanceof DeviceFailed ? error : new DeviceFailed(problemOf(error));
  }
}

async function open(constraints: MediaStreamConstraints): Promise<MediaStreamTrack> {
  // Outside https and localhost browsers hide the devices altogether.
  if (navigator.mediaDevices === undefined) throw new DeviceFailed("insecure");
  try {
    return firstTrack(await navigator.mediaDevices.getUserMedia(constraints));
  } catch (error) {
    throw error instanceof DeviceFailed ? error : new DeviceFailed(problemOf(error));
  }
}

function firstTrack(stream: MediaStream): MediaStreamTrack {
  const track = stream.getTracks()[0];
  if (track === undefined) throw new DeviceFailed("failed");
  return track;
}
