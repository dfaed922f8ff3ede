/**
 * Where to go after signing in: the page that was asked for, if it is one of ours.
 *
 * `next` comes from the address bar, so a link could carry any text: only an absolute path
 * on this site is taken, never `//elsewhere` or a backslash browsers read as a slash.
 */
export function pageAfterSignIn(next: unknown, home: string): string {
  if (typeof next !== "string" || !/^\/(?![/\\])/.test(next)) return home;
  return /^\/(sign-in|enter|set-password)\b/.test(next) ? home : next;
}
