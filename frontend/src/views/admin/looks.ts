/** How somebody looked at a recording, in words. */
import type { useI18n } from "vue-i18n";
import type { View } from "@/recordings";

export function howText(look: Pick<View, "taken" | "micro_lesson">, t: ReturnType<typeof useI18n>["t"]): string {
  if (look.micro_lesson !== null) {
    const title = look.micro_lesson;
    return look.taken ? t("admin.recording.piece_taken", { title }) : t("admin.recording.piece_watched", { title });
  }
  return look.taken ? t(`replay.files.form.${look.taken}`) : t("admin.recording.watched");
}
