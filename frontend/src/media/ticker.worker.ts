/** A steady beat that a hidden tab does not slow down: posts a message every `everyMs`. */
let timer: ReturnType<typeof setInterval> | null = null;

self.onmessage = (event: MessageEvent<{ everyMs: number }>) => {
  if (timer !== null) clearInterval(timer);
  timer = setInterval(() => self.postMessage(null), event.data.everyMs);
};
