/** What the pages of alliances and calendars share: refusals in words, words for codes, tones. */
import { ElMessage } from "element-plus";
import { ref, shallowRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { calendar, type Code, type PairingState } from "@/alliances";
import { api, Problem, type Named } from "@/api";
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

/** Do something at the server: what it refuses is said in words; `isBusy` while it is asked. */
export function useAction(): { isBusy: Ref<boolean>; act: (work: () => Promise<void>) => Promise<boolean> } {
  const { t, te } = useI18n();
  const isBusy = ref(false);

  async function act(work: () => Promise<void>): Promise<boolean> {
    isBusy.value = true;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const key = error.type === "offline" ? "general.problem.offline" : `alliances.refused.${error.type}`;
      ElMessage.error(te(key) ? t(key) : error.detail || t("general.problem.unexpected"));
      return false;
    } finally {
      isBusy.value = false;
    }
  }

  return { isBusy, act };
}

/** The codes of subjects and languages with their words; a code nobody knows is shown as it is. */
export function useCodes(): {
  subjects: Ref<Code[]>;
  languages: Ref<Code[]>;
  word: (code: string) => string;
  load: () => Promise<void>;
} {
  const subjects = shallowRef<Code[]>([]);
  const languages = shallowRef<Code[]>([]);

  async function load(): Promise<void> {
    const [found, spoken] = await Promise.all([calendar.codes("SUBJECT"), calendar.codes("LANGUAGE")]);
    subjects.value = found.items;
    languages.value = spoken.items;
  }
  function word(code: string): string {
    const known = [...subjects.value, ...languages.value].find((each) => each.code === code);
    if (known === undefined) return code;
    return currentLocale() === "zh" ? known.label_zh : known.label_en;
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
