/* A room between the page and its microphone: what it plays comes back, later and softer. */
(() => {
  let room = null;

  function built() {
    if (room === null) {
      const context = new AudioContext();
      const wall = context.createDelay(1);
      const air = context.createGain();
      const microphone = context.createMediaStreamDestination();
      wall.delayTime.value = 0.12;
      air.gain.value = 0.3;
      wall.connect(air).connect(microphone);
      room = { context, wall, microphone };
    }
    return room;
  }

  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    if (!constraints.audio) return stream;
    stream.getTracks().forEach((track) => track.stop());
    return new MediaStream([built().microphone.stream.getAudioTracks()[0].clone()]);
  };

  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", ({ track }) => {
        if (track.kind !== "audio") return;
        const { context, wall } = built();
        void context.resume();
        context.createMediaStreamSource(new MediaStream([track])).connect(wall);
      });
    }
  };
})();
