/** What the pages of alliances and calendars share: refusals in words, questions, tones. */
import { ElMessage, ElMessageBox } from "element-plus";
import { ref, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { Member, Need, PairingState } from "@/alliances";
import { Problem, type Named } from "@/api";
import type { Tone } from "@/components/office/StateTag.vue";

const TONES: Record<PairingState, Tone> = {
  DRAFT: "plain",
  PROPOSED: "waiting",
  ACCEPTED: "waiting",
  ACTIVE: "good",
  SUSPENDED: "warning",
  ENDED: "plain",
  ARCHIVED: "plain",
};

/** All there are, in the order of a pairing's life. */
export const PAIRING_STATES = Object.keys(TONES) as PairingState[];

export function pairingTone(state: PairingState): Tone {
  return TONES[state];
}

/** The schools of an alliance that can be paired on a day: observers are not. */
export function pairable(members: readonly Member[], day: string): Named[] {
  return members
    .filter((member) => member.role !== "OBSERVER" && (member.to_on === null || member.to_on >= day))
    .map((member) => member.school);
}

/** Whether a need's last day has passed while it was open: nobody can answer it. */
export function isOver({ state, ends_on }: Pick<Need, "state" | "ends_on">, today: string): boolean {
  return state === "OPEN" && ends_on < today;
}

/**
 * Do something at the server: what it refuses is said in words; `isBusy` while it is asked.
 * `refused`: where the words for its problems are, by their types. `wordsOf`: what a page says
 * instead of one that names things; null: the usual words.
 */
export function useAction(
  refused = "alliances.refused",
  wordsOf: (problem: Problem) => string | null = () => null,
): { isBusy: Ref<boolean>; act: (work: () => Promise<unknown>) => Promise<boolean> } {
  const { t, te } = useI18n();
  const isBusy = ref(false);

  async function act(work: () => Promise<unknown>): Promise<boolean> {
    isBusy.value = true;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const key = [`${refused}.${error.type}`, `general.problem.${error.type}`].find((each) => te(each));
      const usual = key === undefined ? error.detail || t("general.problem.unexpected") : t(key);
      ElMessage.error(wordsOf(error) ?? usual);
      return false;
    } finally {
      isBusy.value = false;
    }
  }

  return { isBusy, act };
}

/** Return whether the person says yes. */
export async function isConfirmed(question: string): Promise<boolean> {
  return (await ElMessageBox.confirm(question).catch(() => null)) !== null;
}

/** Return the words the person gives, or null when the question is closed. `begun`: those given before. */
export async function askedFor(
  question: string,
  what: string,
  { isRequired = false, begun = "" } = {},
): Promise<string | null> {
  const asked = ElMessageBox.prompt(question, {
    inputValue: begun,
    inputPlaceholder: what,
    ...(isRequired ? { inputPattern: /\S/, inputErrorMessage: what } : {}),
  });
  const answer = (await asked.catch(() => null)) as { value: string | null } | null;
  return answer === null ? null : (answer.value ?? "").trim();
}
