// Read the frame counter that samples.py draws (and that the built-in test picture draws alike).
// watchFrames(selector, key) keeps [frame number, wall time ms] pairs in window.seenFrames[key], of
// whichever video answers to the selector: a replay passes from the video of one clip to the next.
(() => {
  const CELLS_ACROSS = 20, BITS = 9;
  window.seenFrames = window.seenFrames || {};
  window.readFrameNumber = (video) => {
    const canvas = window.counterCanvas || (window.counterCanvas = document.createElement("canvas"));
    canvas.width = CELLS_ACROSS * 4;
    canvas.height = 4;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const size = video.videoWidth / CELLS_ACROSS;
    context.drawImage(video, 0, video.videoHeight - size, video.videoWidth, size, 0, 0, canvas.width, 4);
    const pixels = context.getImageData(0, 0, canvas.width, 4).data;
    // Green carries most of the luma.
    const isWhite = (cell) => pixels[(2 * canvas.width + cell * 4 + 2) * 4 + 1] > 127;
    if (!isWhite(0) || isWhite(1)) return null;
    let gray = 0, ones = 0;
    for (let cell = 2; cell < 2 + BITS; cell++) {
      const bit = isWhite(cell) ? 1 : 0;
      gray = (gray << 1) | bit;
      ones += bit;
    }
    if (isWhite(2 + BITS) !== (ones % 2 === 1)) return null;
    let number = 0;
    for (let rest = gray; rest; rest >>= 1) number ^= rest;
    return number;
  };
  window.watchFrames = (selector, key) => {
    const seen = (window.seenFrames[key] = []);
    let watched = null;
    const lookAt = (video) => {
      if (window.seenFrames[key] !== seen || video !== watched) return;
      if (video.videoWidth) seen.push([window.readFrameNumber(video), performance.timeOrigin + performance.now()]);
      if (seen.length > 20000) seen.splice(0, 10000);
      video.requestVideoFrameCallback(() => lookAt(video));
    };
    const find = () => {
      if (window.seenFrames[key] !== seen) return clearInterval(finding);
      const video = document.querySelector(selector);
      if (video !== watched) {
        watched = video;
        video?.requestVideoFrameCallback(() => lookAt(video));
      }
    };
    // Not by requestAnimationFrame: a page would be drawn anew for each, at the lesson's cost.
    const finding = setInterval(find, 100);
    find();
  };
})();
