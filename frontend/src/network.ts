/** Tell when the computer is back on a network, or on another one. */

interface Connection extends EventTarget {
  /** "wifi", "ethernet", "cellular": only some browsers say. */
  readonly type?: string;
}

/** Call `changed` each time; return how to end that. */
export function followNetwork(changed: () => void): () => void {
  const connection = (navigator as Navigator & { connection?: Connection }).connection;
  let type = connection?.type;
  // The same event tells of every new estimate of the delay: those are nothing to act on.
  const perhapsChanged = (): void => {
    if (connection?.type === type) return;
    type = connection?.type;
    changed();
  };
  window.addEventListener("online", changed);
  connection?.addEventListener("change", perhapsChanged);
  return () => {
    window.removeEventListener("online", changed);
    connection?.removeEventListener("change", perhapsChanged);
  };
}
