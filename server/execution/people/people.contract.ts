import { z } from "zod";
import { Role } from "#server/core/actor.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";
import { PersonSkill } from "./skills.contract.ts";

export const languages = ["en", "es", "de", "ar"] as const;
export const Language = z.enum(languages);
export type Language = z.infer<typeof Language>;

/** Roles that people have; `service` is the system's own. */
export const PersonRole = Role.exclude(["service"]);

/** What the scanner types: letters, digits and `-`. It says who somebody claims to be and is no secret. */
export const Badge = codeText(64);
/** Six to eight digits; works on enrolled stations only. */
export const Pin = z.string().regex(/^\d{6,8}$/, "six to eight digits");
/** At least eight characters; everything may be in it. */
export const Password = z.string().min(8).max(128);

export const AddPerson = z.object({
  code: codeText(),
  name: plainText(),
  language: Language.default("en"),
  roles: z.array(PersonRole).min(1).max(8),
});

/** What is left out stays. */
export const ChangePerson = z.object({
  personId: z.uuid(),
  name: plainText().optional(),
  language: Language.optional(),
  roles: z.array(PersonRole).min(1).max(8).optional(),
  active: z.boolean().optional(),
});

export const GiveBadge = z.object({ personId: z.uuid(), badge: Badge });
export const TakeBadge = z.object({ personId: z.uuid(), badge: Badge });
/** A lost badge is blocked at once; with `newBadge` another one stands in its place in the same moment. */
export const LoseBadge = z.object({ personId: z.uuid(), badge: Badge, newBadge: Badge.optional() });
export const SetPin = z.object({ personId: z.uuid(), pin: Pin });
export const SetPassword = z.object({ personId: z.uuid(), password: Password });

export const BadgeHistory = z.object({
  badge: z.string(),
  givenAt: z.number(),
  /** Null = it is in use. */
  takenAt: z.number().nullable(),
  lost: z.boolean(),
  /** The badge that stands in its place. */
  replacedBy: z.string().nullable(),
});
export type BadgeHistory = z.infer<typeof BadgeHistory>;

export const PersonView = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  language: Language,
  roles: z.array(Role),
  active: z.boolean(),
  badges: z.array(z.string()),
  /** Every badge they ever had, the newest first. */
  badgeHistory: z.array(BadgeHistory),
  skills: z.array(PersonSkill),
  hasPin: z.boolean(),
  hasPassword: z.boolean(),
});
export type PersonView = z.infer<typeof PersonView>;

export const PersonId = z.object({ personId: z.uuid() });
