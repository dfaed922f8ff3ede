/** How a signed sheet of figures stands, and what its figures were before. */
import type { Tone } from "@/components/office/StateTag.vue";
import type { Definition, SheetDetail, SheetFigure, SheetState } from "@/coverage";
import type { Job } from "@/registry";
import { titleOf } from "./words";

export const SHEET_TONES: Record<SheetState, Tone> = {
  COMPUTED: "waiting",
  CHECKED: "waiting",
  SIGNED_OFF: "good",
  AMENDED: "plain",
};
export const SHEET_STATES = Object.keys(SHEET_TONES) as SheetState[];

export interface SheetRow {
  code: string;
  name: string;
  figures: SheetFigure[];
}

/** Put the figures into rows, all regions together first; `whole`: what those are called. */
export function rowsOfSheet(figures: readonly SheetFigure[], whole: string): SheetRow[] {
  const rows = new Map<string, SheetRow>();
  for (const figure of figures) {
    const { region_code: code, region_name } = figure;
    const row = rows.get(code) ?? { code, name: code === "" ? whole : region_name || code, figures: [] };
    row.figures.push(figure);
    rows.set(code, row);
  }
  return [...rows.values()];
}

/** Whether a sheet is still on its way to a signature. */
export function isUnsigned({ state }: { state: SheetState }): boolean {
  return state === "COMPUTED" || state === "CHECKED";
}

/** The sheet in force that one on its way does not amend, so that it is not signed; null: there is none. */
export function standsInWay(sheet: Pick<SheetDetail, "state" | "amends_id" | "in_force_id">): string | null {
  return isUnsigned(sheet) && sheet.in_force_id !== sheet.amends_id ? sheet.in_force_id : null;
}

/** Who checked a sheet; null: nobody has, or it is not known any more. */
export function checkerOf({ steps }: Pick<SheetDetail, "steps">): string | null {
  return steps.find(({ state }) => state === "CHECKED")?.person_id ?? null;
}

/** Whether one person checked a sheet and signed it off as well. */
export function isCheckedBySigner(sheet: Pick<SheetDetail, "steps">): boolean {
  const signer = sheet.steps.find(({ state }) => state === "SIGNED_OFF")?.person_id ?? null;
  return signer !== null && signer === checkerOf(sheet);
}

/** Whether an amendment says something else than the sheet it amends. */
export function isChanged({ before, numerator, denominator }: SheetFigure): boolean {
  return before !== null && (before.numerator !== numerator || before.denominator !== denominator);
}

/** Which figures a check found otherwise, in words; the job names each as `region INDICATOR`. */
export function differingOf(job: Job | null, sheet: SheetDetail, whole: string): string[] {
  const named: unknown = job?.problem?.differing;
  if (!Array.isArray(named)) return [];
  return named.map((each) => {
    const [code = "", indicator = ""] = String(each).split(" ");
    const definition: Definition | undefined = sheet.definitions.find((one) => one.indicator === indicator);
    const region = sheet.figures.find((one) => one.region_code === code)?.region_name ?? code;
    return `${code === "*" ? whole : region}: ${definition === undefined ? indicator : titleOf(definition)}`;
  });
}
