/** What a classroom says in the first moments after a lesson, while the lesson's rows are being closed. */
import { Problem } from "@/api";

/** Closing takes a second or two; a busy server gets ten. */
const TRIES = 8;
const AGAIN_MS = 1_500;

/** Say it until the row is there to take it; what is refused then, or for another reason, is refused. */
export async function onceClosed(say: () => Promise<unknown>): Promise<void> {
  for (let left = TRIES - 1; ; left--) {
    try {
      await say();
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof Problem && error.type === "not-to-confirm")) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
