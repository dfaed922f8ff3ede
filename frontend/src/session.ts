/** Who uses this browser: a person, a classroom's device, or both (`GET /api/me`). */
import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, setCsrfTokens, type Me } from "./api";

export const useSession = defineStore("session", () => {
  const me = ref<Me | null>(null);

  const person = computed(() => me.value?.person ?? null);
  const device = computed(() => me.value?.device ?? null);
  const isDemo = computed(() => me.value?.demo ?? false);
  /** Whether the person administers all there is. */
  const isOperator = computed(() => me.value?.person?.is_operator ?? false);

  function hasRole(role: "TEACHER" | "SUPERVISOR" | "ADMINISTRATOR"): boolean {
    return person.value?.roles.some((held) => held.role === role) ?? false;
  }

  /** Take what `/api/me`, sign-in, link or enrolment answered. */
  function take(answer: Me): void {
    me.value = answer;
    setCsrfTokens({
      person: answer.person?.csrf_token ?? null,
      device: answer.device?.csrf_token ?? null,
    });
  }

  /** Ask the server once; later calls ask again only with `isFresh`. */
  async function load({ isFresh = false } = {}): Promise<Me> {
    if (me.value === null || isFresh) take(await api.me());
    return me.value as Me;
  }

  async function signOut(): Promise<void> {
    await api.signOut();
    await load({ isFresh: true });
  }

  return { me, person, device, isDemo, isOperator, hasRole, take, load, signOut };
});
