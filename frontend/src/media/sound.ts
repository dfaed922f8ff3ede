/** How loud a microphone is, and a chime to hear whether the loudspeaker works. */

/** Measures a sound track's level about ten times a second: 0 (silence) to 1 (loud). */
export class LevelMeter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private source: MediaStreamAudioSourceNode | null = null;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(onLevel: (level: number) => void) {
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.timer = setInterval(() => onLevel(this.level()), 100);
    // After a reload browsers keep Web Audio asleep until the page is touched.
    window.addEventListener("pointerdown", this.wake);
  }

  private readonly wake = (): void => void this.context.resume();

  listenTo(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = null;
    if (track === null) return;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    // Only to the analyser, never to the loudspeaker: played there it would howl.
    this.source.connect(this.analyser);
    void this.context.resume();
  }

  close(): void {
    clearInterval(this.timer);
    window.removeEventListener("pointerdown", this.wake);
    this.source?.disconnect();
    void this.context.close();
  }

  private level(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    return levelOf(this.samples);
  }
}

/** Return the level of samples in -1..1: -60 dB and below is 0, -6 dB and above is 1. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at++) sum += (samples[at] ?? 0) ** 2;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  const decibel = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (decibel + 60) / 54));
}

/** Play three rising notes on the chosen loudspeaker; resolves when they have sounded. */
export async function playChime(speakerId: string | null): Promise<void> {
  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  const gain = context.createGain();
  gain.connect(destination);
  [523.25, 659.25, 783.99].forEach((pitch, place) => {
    const note = context.createOscillator();
    const at = context.currentTime + 0.1 + place * 0.28;
    note.frequency.value = pitch;
    note.connect(gain);
    note.start(at);
    note.stop(at + 0.26);
  });
  gain.gain.value = 0.3;
  // Through an element, as the lesson's sound is, so that the same loudspeaker is tried.
  const element = new Audio();
  element.srcObject = destination.stream;
  if (speakerId !== null && "setSinkId" in element) await element.setSinkId(speakerId);
  await element.play();
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  element.pause();
  await context.close();
}

/** Have an element play on a loudspeaker; null: the computer's own choice, and so when the chosen one is away. */
export async function playOn(element: HTMLMediaElement, speakerId: string | null): Promise<void> {
  if (!("setSinkId" in element)) return;
  try {
    await element.setSinkId(speakerId ?? "");
  } catch {
    await element.setSinkId("");
  }
}
