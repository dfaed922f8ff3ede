/** Enrolment codes as typed: the server's alphabet leaves out what is easily confused. */
export const CODE_LENGTH = 8;
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/** The characters of `typed` a code can have, upper case, at most a code's length. */
export function tidyCode(typed: string): string {
  const characters = [...typed.normalize("NFKC").toUpperCase()];
  return characters.filter((each) => ALPHABET.includes(each)).slice(0, CODE_LENGTH).join("");
}
