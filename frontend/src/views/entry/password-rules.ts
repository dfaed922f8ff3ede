/**
 * The rules of `app/accounts/passwords.py` a page can judge while one types.
 *
 * The server decides; it alone knows the list of common passwords and the person's name.
 */
export const RULES = ["too_short", "too_long", "too_few_characters", "sequence", "own_name"] as const;
export type Rule = (typeof RULES)[number];

const MIN_LENGTH = 12;
const MAX_LENGTH = 128;
const MIN_DIFFERENT = 5;

function fold(text: string): string {
  return text.normalize("NFKC").trim().toLowerCase();
}

/** Whether every character follows the one before it by the same small step. */
function isSequence(folded: string): boolean {
  const codes = [...folded].map((each) => each.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, i) => code - (codes[i] ?? 0)));
  return codes.length > 1 && steps.size === 1 && Math.abs([...steps][0] ?? 0) <= 2;
}

/** The rules `password` breaks. */
export function brokenRules(password: string, username: string): Set<Rule> {
  const folded = fold(password);
  const own = fold(username);
  const length = [...password].length;
  const broken = new Set<Rule>();
  if (length < MIN_LENGTH) broken.add("too_short");
  if (length > MAX_LENGTH) broken.add("too_long");
  if (new Set(folded).size < MIN_DIFFERENT) broken.add("too_few_characters");
  if (isSequence(folded)) broken.add("sequence");
  if ([...own].length >= 2 && folded.includes(own)) broken.add("own_name");
  return broken;
}
