const dayMs = 86_400_000;

/** From so many days before its last one on, somebody should see to it that a skill is proven again. */
export const soonDays = 30;

/** Days that a skill still counts after today, both as `2026-11-23`; 0 = today is its last, below it is over. */
export function daysLeft(expiresOn: string, today: string): number {
  return Math.round((Date.parse(expiresOn) - Date.parse(today)) / dayMs);
}

/** `over` = it counts no more; `soon` = it runs out within `soonDays`. */
export function skillState(expiresOn: string | null, today: string): "valid" | "soon" | "over" {
  if (expiresOn === null) return "valid";
  const left = daysLeft(expiresOn, today);
  return left < 0 ? "over" : left <= soonDays ? "soon" : "valid";
}

/**
 * Whether somebody may do an operation today as far as skills go (B2MML: a requirement names a personnel class). It is
 * asked when the step begins, not at sign-on.
 */
export function hasSkill(
  skills: readonly { readonly skillId: number; readonly expiresOn: string | null }[],
  required: number | null,
  today: string,
): boolean {
  if (required === null) return true;
  return skills.some(
    ({ skillId, expiresOn }) => skillId === required && skillState(expiresOn, today) !== "over",
  );
}

/** The name of somebody's skill in the record of writes: each is a field of its own. */
export const skillField = (skillId: number): string => `skill:${String(skillId)}`;

/** The skill that such a name means; null = it is the name of something else. */
export function skillOfField(name: string): number | null {
  const [kind, id] = name.split(":");
  return kind === "skill" ? Number(id) : null;
}
