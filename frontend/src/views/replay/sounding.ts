/** Of all that can be played on a page one thing sounds: what begins pauses what was playing. */

/** Something that plays: an element, or a replay of many. */
export interface Sounding {
  pause: () => void;
}

let playing: Sounding | null = null;

/** Said when something begins to play. */
export function soundsAlone(one: Sounding): void {
  const before = playing;
  playing = one;
  if (before !== null && before !== one) before.pause();
}

/** Said when something plays no more. */
export function soundsNoMore(one: Sounding): void {
  if (playing === one) playing = null;
}

/** For an element of a template: `v-on="ALONE"`. */
export const ALONE = {
  play: (event: Event): void => soundsAlone(event.target as HTMLMediaElement),
  pause: (event: Event): void => soundsNoMore(event.target as HTMLMediaElement),
};
