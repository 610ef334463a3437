import { z } from "zod";
import { Actor } from "#server/core/actor.contract.ts";
import { codeText } from "#server/core/text.contract.ts";
import { Badge, Language, Password } from "#server/execution/people/people.contract.ts";
import { StationCode, StationHere } from "#server/execution/people/stations.contract.ts";

export const SignOnWithBadge = z.object({ badge: Badge });
/** A PIN of the wrong form is a wrong PIN: the answer must not tell more. */
export const SignOnWithPin = z.object({ person: codeText(), pin: z.string().max(64) });
export const SignInWithPassword = z.object({
  person: codeText(),
  password: Password.or(z.string().max(128)),
});
export const Enrol = z.object({ code: StationCode });

/** Who this browser is, and where it should go. */
export const SessionView = z.object({
  actor: Actor,
  /** The station this device is enrolled as. */
  station: StationHere.nullable(),
  /** Where this person (or this station) begins. */
  landing: z.string(),
  /** The person's language, else the station's, else null: the browser's. */
  language: Language.nullable(),
  /** When the person is signed off if nothing more is done, ms; null when nobody is signed on. */
  until: z.number().nullable(),
});
export type SessionView = z.infer<typeof SessionView>;

export const Ended = z.object({ ended: z.boolean() });
