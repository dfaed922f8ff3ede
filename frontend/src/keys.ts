/**
 * Keys of what is asked to be made (`Idempotency-Key`): a wish whose answer was lost is sent again
 * under the key it had, so that it comes true once. Once it is answered it is over: the same words
 * after that are another wish.
 */

/** Who sends the same words later than this after they went unanswered means them anew. */
const IN_DOUBT_MS = 10 * 60_000;

interface Doubt {
  key: string;
  until: number;
}
const unanswered = new Map<string, Doubt>();

/** 128 random bits; `crypto.randomUUID` is not there on a page that came without TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join("");
}

function keyOf(wish: string, now: number): string {
  for (const [other, doubt] of unanswered) if (doubt.until <= now) unanswered.delete(other);
  const key = unanswered.get(wish)?.key ?? newKey();
  unanswered.set(wish, { key, until: now + IN_DOUBT_MS });
  return key;
}

/** Ask for something to be made. `isInDoubt`: whether what was thrown leaves open if it was. */
export async function once<T>(
  wish: string,
  ask: (key: string) => Promise<T>,
  isInDoubt: (error: unknown) => boolean,
): Promise<T> {
  const key = keyOf(wish, Date.now());
  let isOpen = false;
  try {
    return await ask(key);
  } catch (error) {
    isOpen = isInDoubt(error);
    throw error;
  } finally {
    if (!isOpen) unanswered.delete(wish);
  }
}

/** A body in words: two that are the same have the same; a file is known by its name, size and date. */
export function wordsOf(body: unknown): string {
  if (body instanceof FormData) return [...body].map(([name, value]) => `${name}=${wordsOf(value)}`).join("&");
  if (body instanceof File) return `${body.name} ${body.size} ${body.lastModified}`;
  if (body instanceof Blob) return `${body.type} ${body.size}`;
  return body === undefined ? "" : JSON.stringify(body);
}
