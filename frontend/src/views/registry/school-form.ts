/** A school as its form holds it: every field a text, and what of it is to be sent. */
import type { Problem } from "@/api";
import type { School } from "@/registry";

export interface SchoolForm {
  name: string;
  region_id: string | undefined;
  parent_id: string | undefined;
  moe_code: string;
  local_suffix: string;
  urban_rural: string;
  latitude: string;
  longitude: string;
  altitude_m: string;
  road_note: string;
  may_record_pupils: boolean;
  may_publish_pupils: boolean;
}

const text = (value: string | number | null): string => (value === null ? "" : String(value));

export function formOf(school: School): SchoolForm {
  return {
    name: school.name,
    region_id: school.region.id,
    parent_id: school.parent?.id,
    moe_code: text(school.moe_code),
    local_suffix: text(school.local_suffix),
    urban_rural: text(school.urban_rural),
    latitude: text(school.latitude),
    longitude: text(school.longitude),
    altitude_m: text(school.altitude_m),
    road_note: school.road_note,
    may_record_pupils: school.may_record_pupils,
    may_publish_pupils: school.may_publish_pupils,
  };
}

/** What is no number is sent as it was typed: the server says what is wrong with it. */
function number(typed: string): number | null {
  if (typed.trim() === "") return null;
  const value = Number(typed);
  return Number.isNaN(value) ? (typed as unknown as number) : value;
}

/** Only what differs from the school is sent: what others changed elsewhere stays. */
export function changesOf(school: School, form: SchoolForm) {
  const was = formOf(school);
  const wanted = {
    name: form.name,
    region_id: form.region_id,
    parent_id: form.parent_id ?? null,
    // A code is replaced by another, never taken back: an emptied field asks for nothing.
    moe_code: form.moe_code || undefined,
    local_suffix: form.local_suffix || null,
    urban_rural: form.urban_rural || null,
    latitude: number(form.latitude),
    longitude: number(form.longitude),
    altitude_m: number(form.altitude_m),
    road_note: form.road_note,
    may_record_pupils: form.may_record_pupils,
    may_publish_pupils: form.may_publish_pupils,
  };
  const changed = Object.entries(wanted).filter(([field]) => {
    const key = field as keyof SchoolForm;
    return (form[key] || "") !== (was[key] || "");
  });
  return Object.fromEntries(changed) as Partial<typeof wanted>;
}

/** What a thing is now, as the refusal of a change of an older version says it; null: no such refusal. */
export function currentOf(problem: Problem): School | null {
  return problem.type === "changed-meanwhile" ? ((problem.extra.current as School | null) ?? null) : null;
}
