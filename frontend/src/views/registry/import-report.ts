/** What an import's job says came of it. */
import { i18n, translate } from "@/i18n";
import type { Job } from "@/registry";

export interface Fault {
  row: number;
  column: string;
  value: string;
  reason: string;
}
export interface Report {
  rows: number;
  created: number;
  changed: number;
  unchanged: number;
  left_out: number;
  is_written: boolean;
  /** The first of them, where there are many. */
  faults: Fault[];
  /** How many there are; unset in a report of the version before, which kept no more than it names. */
  fault_count?: number;
}

/** The report of a job that is done; null: it is not, or was refused. */
export function reportOf(job: Job | null): Report | null {
  return job?.state === "DONE" && job.result !== null ? (job.result as unknown as Report) : null;
}

/** Why a cell is refused; a newer server may have a reason this page does not know. */
export function reasonWord(reason: string): string {
  const key = `registry.import.reason.${reason}`;
  return i18n.global.te(key) ? translate(key) : reason;
}
