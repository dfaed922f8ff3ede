/** What the pages of alliances and calendars share: refusals in words, words for codes, tones. */
import { ElMessage, ElMessageBox } from "element-plus";
import { computed, ref, shallowRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { PairingState } from "@/alliances";
import { api, Problem, type Named } from "@/api";
import { codesOf, type Code } from "@/calendars";
import type { Tone } from "@/components/office/StateTag.vue";
import { currentLocale } from "@/i18n";

const TONES: Record<PairingState, Tone> = {
  DRAFT: "plain",
  PROPOSED: "waiting",
  ACCEPTED: "waiting",
  ACTIVE: "good",
  SUSPENDED: "warning",
  ENDED: "plain",
  ARCHIVED: "plain",
};

export function pairingTone(state: PairingState): Tone {
  return TONES[state];
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
      const key = error.type === "offline" ? "general.problem.offline" : `${refused}.${error.type}`;
      const usual = te(key) ? t(key) : error.detail || t("general.problem.unexpected");
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

/** Return the words the person gives, or null when the question is closed. */
export async function askedFor(question: string, what: string, { isRequired = false } = {}): Promise<string | null> {
  const asked = ElMessageBox.prompt(question, {
    inputPlaceholder: what,
    ...(isRequired ? { inputPattern: /\S/, inputErrorMessage: what } : {}),
  });
  const answer = (await asked.catch(() => null)) as { value: string | null } | null;
  return answer === null ? null : (answer.value ?? "").trim();
}

/** The codes of subjects and languages, named by their words; a code nobody knows names itself. */
export function useCodes(): {
  subjects: Ref<Named[]>;
  languages: Ref<Named[]>;
  word: (code: string) => string;
  load: () => Promise<void>;
} {
  const found = shallowRef<{ subjects: Code[]; languages: Code[] }>({ subjects: [], languages: [] });
  const named = (codes: Code[]): Named[] =>
    codes.map((each) => ({ id: each.code, name: currentLocale() === "zh" ? each.label_zh : each.label_en }));
  const subjects = computed(() => named(found.value.subjects));
  const languages = computed(() => named(found.value.languages));

  async function load(): Promise<void> {
    const [subject, language] = await Promise.all([codesOf("SUBJECT"), codesOf("LANGUAGE")]);
    found.value = { subjects: subject.items, languages: language.items };
  }
  function word(code: string): string {
    return [...subjects.value, ...languages.value].find((each) => each.id === code)?.name ?? code;
  }

  return { subjects, languages, word, load };
}

/** The schools in scope, to choose from. */
export function useSchools(): { schools: Ref<Named[]>; load: () => Promise<void> } {
  const schools = shallowRef<Named[]>([]);
  return {
    schools,
    load: async () => {
      schools.value = (await api.sessionFilters()).schools;
    },
  };
}
