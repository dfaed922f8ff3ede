/** A question before a page is left whose changes are not saved: by a link, by closing it, or by loading it again. */
import { onBeforeUnmount, onMounted } from "vue";
import { useI18n } from "vue-i18n";
import { onBeforeRouteLeave, onBeforeRouteUpdate } from "vue-router";
import { isConfirmed } from "../alliances/common";

export function useUnsaved(isUnsaved: () => boolean): void {
  const { t } = useI18n();

  const mayLeave = async (): Promise<boolean> => !isUnsaved() || (await isConfirmed(t("general.leave_ask")));
  onBeforeRouteLeave(mayLeave);
  onBeforeRouteUpdate(mayLeave);

  // The words of this question are the browser's own.
  function onUnload(event: BeforeUnloadEvent): void {
    if (isUnsaved()) event.preventDefault();
  }
  onMounted(() => window.addEventListener("beforeunload", onUnload));
  onBeforeUnmount(() => window.removeEventListener("beforeunload", onUnload));
}
