/** What a sound test measured, each figure with its name, in words. */
import type { RoomFigures } from "./api";
import { translate } from "./i18n";

export interface FigureText {
  /** A key of `room.figure`. */
  readonly name: "heard" | "echo" | "voice" | "noise" | "clipped";
  readonly text: string;
}

export function figureTexts(figures: RoomFigures): FigureText[] {
  const db = (value: number): string => translate("room.figure.db", { n: Math.round(value) });
  const echo =
    figures.echo_db === null
      ? translate("room.figure.no_echo")
      : translate("room.figure.echo_db", { n: Math.round(figures.echo_db), ms: figures.echo_delay_ms ?? 0 });
  return [
    { name: "heard", text: db(figures.heard_db) },
    { name: "echo", text: echo },
    { name: "voice", text: db(figures.voice_db) },
    { name: "noise", text: db(figures.noise_db) },
    { name: "clipped", text: translate("room.figure.percent", { n: figures.clipped_percent }) },
  ];
}
