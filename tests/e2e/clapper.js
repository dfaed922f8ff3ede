/* Notes when each flash and each beep of the clapper comes: from the devices, and out of a player.
   All times are milliseconds: of the newest tracks since 1970, of a player in what it plays. */
(() => {
  const WHITE = 190;
  const LOUD = 0.05;
  const QUIET_MS = 300;
  const source = { flashes: [], beeps: [] };
  const player = { flashes: [], beeps: [] };
  window.__clapper = { source, player, listen };

  function whites(noted) {
    let wasWhite = true;
    return (isWhite, at) => {
      if (isWhite && !wasWhite) noted.push(at);
      wasWhite = isWhite;
    };
  }

  function onsets(noted) {
    let loudAt = -Infinity;
    return (samples, rate, at) => {
      for (let i = 0; i < samples.length; i += 1) {
        if (Math.abs(samples[i]) < LOUD) continue;
        const now = at + (i / rate) * 1000;
        if (now - loudAt > QUIET_MS) noted.push(now);
        loudAt = now;
      }
    };
  }

  /* What a device gives bears the time it was captured at, each kind on a clock of its own. A
     thread that is busy reads it late, but never early: the least delay there was ties the clocks
     together. */
  async function follow(track, noted, look) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const found = [];
    let least = Infinity;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const captured = value.timestamp / 1000;
      least = Math.min(least, performance.timeOrigin + performance.now() - captured);
      await look(value, captured, found);
      value.close();
      noted.splice(0, noted.length, ...found.map((at) => at + least));
    }
  }

  function followPicture(track) {
    const one = new Uint8Array(4096);
    let see = null;
    source.flashes = [];
    return follow(track, source.flashes, async (frame, at, found) => {
      see ??= whites(found);
      const rect = { x: 64, y: 64, width: 16, height: 16 };
      const [luma] = await frame.copyTo(one, { rect });
      see(one[luma.offset] > WHITE, at);
    });
  }

  function followSound(track) {
    let hear = null;
    source.beeps = [];
    return follow(track, source.beeps, (data, at, found) => {
      hear ??= onsets(found);
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      hear(samples, data.sampleRate, at);
    });
  }

  if (navigator.mediaDevices === undefined) return; // the empty page before the first
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    for (const track of stream.getTracks()) {
      void (track.kind === "video" ? followPicture : followSound)(track.clone());
    }
    return stream;
  };

  /* Where in what it plays a player shows a flash, and where the picture is as a beep sounds: at
     the moments pictures and sound leave the browser. */
  function listen(media) {
    const canvas = new OffscreenCanvas(16, 16);
    const drawn = canvas.getContext("2d", { willReadFrequently: true });
    const see = whites(player.flashes);
    let beganAt = null;
    const look = (_, { expectedDisplayTime, mediaTime }) => {
      beganAt = expectedDisplayTime - mediaTime * 1000;
      drawn.drawImage(media, 0, 0, 16, 16);
      see(drawn.getImageData(8, 8, 1, 1).data[1] > WHITE, mediaTime * 1000);
      media.requestVideoFrameCallback(look);
    };
    media.requestVideoFrameCallback(look);
    const audio = new AudioContext();
    const sound = audio.createMediaElementSource(media);
    const listener = audio.createScriptProcessor(256, 1, 1);
    const hear = onsets(player.beeps);
    sound.connect(audio.destination);
    sound.connect(listener).connect(audio.destination);
    listener.onaudioprocess = ({ inputBuffer, playbackTime }) => {
      if (beganAt === null) return;
      const { contextTime, performanceTime } = audio.getOutputTimestamp();
      // Two buffers lie between what is heard here and what would be played of it.
      const at = playbackTime - (2 * inputBuffer.length) / inputBuffer.sampleRate;
      const heardAt = performanceTime + (at - contextTime) * 1000;
      hear(inputBuffer.getChannelData(0), inputBuffer.sampleRate, heardAt - beganAt);
    };
    return audio.resume();
  }
})();
