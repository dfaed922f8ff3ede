"""A film that a browser plays to its end: what it shows first, and how long it is."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

_PLAY = """
async (url) => {
  const media = document.createElement("video");
  document.body.append(media);
  const canvas = document.createElement("canvas");
  const light = () => {
    canvas.width = media.videoWidth; canvas.height = media.videoHeight;
    const drawn = canvas.getContext("2d");
    drawn.drawImage(media, 0, 0);
    return drawn.getImageData(media.videoWidth / 2, media.videoHeight / 2, 1, 1).data[0];
  };
  const first = new Promise((resolve) => media.requestVideoFrameCallback(
    (_, data) => resolve({at: data.mediaTime, light: light()})));
  const once = (name) => new Promise((resolve, reject) => {
    media.addEventListener(name, resolve, {once: true});
    media.addEventListener("error", () => reject(new Error(media.error.message)), {once: true});
  });
  const ready = once("loadeddata");
  media.src = url;
  await ready;
  const out = {duration: media.duration, first: await first};
  const done = once("ended");
  await media.play();
  await done;
  out.ended = media.currentTime;
  out.audioBytes = media.webkitAudioDecodedByteCount;
  media.remove();
  return out;
}
"""


@dataclass(frozen=True)
class Played:
    """`first_light`: of the middle of the first picture, 0 to 255. Times in seconds."""

    first_at_s: float
    first_light: int
    duration_s: float
    ended_s: float
    audio_bytes: int


def play(page: Page, url: str) -> Played:
    """Play it in a page of the same origin."""
    told: dict[str, Any] = page.evaluate(_PLAY, url)
    first = told["first"]
    return Played(first["at"], first["light"], told["duration"], told["ended"], told["audioBytes"])
