// What a page shows and plays, noted for the judges: window.observed.
//   pictures  [frame number or null, wall ms] of each picture of each watched source
//   sound     chunks of mono 16 bit samples at 16 kHz, and the wall ms each was handed over at
// Elements come and go as the page reconnects; each is taken up when it is seen.
(() => {
  const RATE = 16000;
  const observed = (window.observed = { pictures: [], sound: [], errors: [] });
  const wall = () => performance.timeOrigin + performance.now();
  const watched = new WeakSet();
  const heard = new WeakSet();
  let context = null;
  let sink = null;

  const watchPictures = (video) => {
    if (watched.has(video)) return;
    watched.add(video);
    const look = () => {
      if (video.videoWidth > 16) observed.pictures.push([window.readFrameNumber(video), wall()]);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };

  const openContext = async () => {
    context = new AudioContext({ sampleRate: RATE });
    const code = `registerProcessor("ear", class extends AudioWorkletProcessor {
      constructor() { super(); this.kept = new Int16Array(1600); this.count = 0; }
      process([input]) {
        const channels = input.length;
        for (let i = 0; i < 128; i++) {
          let value = 0;
          for (const channel of input) value += channel[i] / channels;
          this.kept[this.count++] = Math.max(-32768, Math.min(32767, Math.round(value * 32767)));
          if (this.count === this.kept.length) {
            this.port.postMessage(this.kept.slice());
            this.count = 0;
          }
        }
        return true;
      }
    });`;
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    await context.audioWorklet.addModule(url);
    sink = new AudioWorkletNode(context, "ear");
    sink.port.onmessage = ({ data }) => observed.sound.push([wall(), data]);
    sink.connect(context.destination);
  };

  const listen = (audio) => {
    const stream = audio.srcObject;
    if (!stream || heard.has(stream) || sink === null) return;
    heard.add(stream);
    context.createMediaStreamSource(stream).connect(sink);
  };

  // The base 64 of all samples from `since` (wall ms) on, and the wall ms of the first chunk.
  window.takeSound = (since) => {
    const chunks = observed.sound.filter(([at]) => at >= since);
    const bytes = new Uint8Array(chunks.length * 3200);
    chunks.forEach(([, data], place) => bytes.set(new Uint8Array(data.buffer), place * 3200));
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) {
      text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    }
    return { at: chunks.map(([at]) => at), samples: btoa(text) };
  };
  window.takePictures = (since) => observed.pictures.filter(([, at]) => at >= since);

  window.observeSeat = async (seat) => {
    if (context === null) await openContext();
    setInterval(() => {
      document.querySelectorAll(`video[data-seat="${seat}"][data-source="camera"]`).forEach(watchPictures);
      document.querySelectorAll(`audio[data-seat="${seat}"]`).forEach(listen);
    }, 100);
  };
})();
