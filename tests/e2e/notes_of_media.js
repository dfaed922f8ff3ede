/* Notes what the pictures and sounds of a page tell of themselves: what happened, of which file,
   where in it in seconds, and what the player says of the line just then. */
(() => {
  const noted = [];
  window.__notes = noted;
  const KINDS = ["playing", "waiting", "timeupdate", "ended", "error"];

  function note({ type, target }) {
    // What is being sought tells of the place it comes from, or is bound to wait.
    if (!(target instanceof HTMLMediaElement) || (target.seeking && type !== "error")) return;
    const said = document.querySelector(".player .note[role=status]");
    noted.push([
      `${type} ${target.localName}`,
      new URL(target.currentSrc || location.href).pathname,
      target.currentTime,
      said?.textContent?.trim() ?? "",
    ]);
  }
  // They do not bubble, but come by here on their way down.
  for (const kind of KINDS) document.addEventListener(kind, note, true);
})();
