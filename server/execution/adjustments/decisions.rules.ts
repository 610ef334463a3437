import { type Action, whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { AdjustmentState, Deed } from "./adjustments.contract.ts";
import { type AdjustmentMove, beforeSending, isOver, moveAdjustment, verdicts } from "./adjustments.rules.ts";

/** What a decision looks at. Screens ask the same rules, to grey a button and say why. */
export interface Decidable {
  readonly state: AdjustmentState;
  readonly version: number;
  /** Wall-clock ms after which it may neither be decided nor sent. */
  readonly notAfter: number;
  /** The person who wrote it, if a person did. */
  readonly authorPerson: string | null;
  readonly approvedBy: readonly { readonly personId: string; readonly name: string }[];
  readonly approvalsNeeded: number;
  /** Authority of its rule; null = a person's own. */
  readonly authority: number | null;
  /** Who made the last step, for the one who came second. */
  readonly lastBy: string;
  /** It is over, or not known, and a person is to say something. */
  readonly asksPerson: boolean;
  /** It takes an earlier one back. */
  readonly isReturn: boolean;
  /** One that takes it back was made, and stands. */
  readonly returned: boolean;
  /** Another change of the same set-point is not over yet. */
  readonly outstanding: boolean;
}

export interface Decision {
  readonly now: number;
  readonly personId: string | undefined;
  /** The version the person looked at, if the screen says it. */
  readonly version?: number | undefined;
}

/** Somebody was faster, or it ran out, or the screen shows something older. */
function whyNot(a: Decidable, d: Decision, move: AdjustmentMove): Refusal | null {
  if (moveAdjustment(a.state, move) === null) {
    if (a.state === "expired") return new Refusal("expired");
    if (a.state === "proposed" || a.state === "held" || a.state === "blocked")
      return new Refusal("wrong_state", { state: a.state });
    return new Refusal("already_decided", { name: a.lastBy, state: a.state });
  }
  if (beforeSending.has(a.state) && a.notAfter <= d.now) return new Refusal("expired");
  if (d.version !== undefined && d.version !== a.version) return new Refusal("conflict");
  return null;
}

/** Approver ≠ author; the same person does not count twice; advice (authority < 2) is never written. */
export function whyNotApprove(a: Decidable, d: Decision): Refusal | null {
  const early = whyNot(a, d, "approve");
  if (early !== null) return early;
  if (a.authority !== null && a.authority < 2)
    return new Refusal("authority_too_low", { authority: a.authority });
  if (d.personId === undefined) return new Refusal("sign_in_needed");
  if (a.authorPerson === d.personId) return new Refusal("own_proposal");
  if (a.approvedBy.some((by) => by.personId === d.personId)) return new Refusal("second_person_needed");
  return null;
}

export function whyNotReject(a: Decidable, d: Decision): Refusal | null {
  return whyNot(a, d, "reject");
}

export function whyNotHold(a: Decidable, d: Decision): Refusal | null {
  if (a.state === "held") return null;
  if (a.state === "proposed" || a.state === "draft") return new Refusal("wrong_state", { state: a.state });
  return whyNot(a, { ...d, version: undefined }, "hold");
}

/** What is announced is confirmed at the machine, until it runs out. */
export function whyNotConfirm(a: Decidable, d: Decision): Refusal | null {
  if (a.state !== "announced") return whyNot(a, d, "send") ?? new Refusal("wrong_state", { state: a.state });
  return a.notAfter <= d.now ? new Refusal("expired") : null;
}

export function whyNotRelease(a: Decidable, d: Decision): Refusal | null {
  if (a.state === "proposed" || a.state === "approved" || a.state === "announced")
    return new Refusal("wrong_state", { state: a.state });
  return whyNot(a, d, "release");
}

/** Somebody read the machine back; or it is over and asked for a person, who has seen it. */
export function whyNotResolve(a: Decidable, d: Decision): Refusal | null {
  if (isOver(a.state) && a.asksPerson) return null;
  if (a.state !== "unknown") return new Refusal("wrong_state", { state: a.state });
  return whyNot(a, d, "took");
}

/** What has its verdict is taken back once; two changes of one set-point are never under way together. */
export function whyNotReturn(a: Decidable): Refusal | null {
  if (!verdicts.has(a.state) || a.isReturn) return new Refusal("wrong_state", { state: a.state });
  if (a.returned) return new Refusal("already_decided", { name: a.lastBy, state: a.state });
  return a.outstanding ? new Refusal("other_change_outstanding") : null;
}

const deedRules: Readonly<
  Record<Deed, { action: Action; whyNot: (a: Decidable, d: Decision) => Refusal | null }>
> = {
  approve: { action: "adjustment.decide", whyNot: whyNotApprove },
  reject: { action: "adjustment.decide", whyNot: whyNotReject },
  release: { action: "adjustment.release", whyNot: whyNotRelease },
  took: { action: "adjustment.resolve", whyNot: whyNotResolve },
  did_not_take: { action: "adjustment.resolve", whyNot: whyNotResolve },
  answer: { action: "adjustment.resolve", whyNot: whyNotResolve },
  return: { action: "adjustment.decide", whyNot: whyNotReturn },
};

/** Why this person would be refused, asked as the command asks: the right first, then the rule. */
export function whyNotDeed(deed: Deed, a: Decidable, actor: Actor, now: number): Refusal | null {
  const { action, whyNot: rule } = deedRules[deed];
  return whyNotAllowed(actor, action) ?? rule(a, { now, personId: actor.personId });
}

/** What an adjustment asks of a person where it stands, the primary one last. */
export function deedsOf(a: Decidable): readonly Deed[] {
  switch (a.state) {
    case "proposed":
      return ["reject", "approve"];
    case "held":
    case "blocked":
      return ["reject", "release"];
    case "unknown":
      return ["did_not_take", "took"];
    default: {
      const back: readonly Deed[] = verdicts.has(a.state) && !a.isReturn && !a.returned ? ["return"] : [];
      return isOver(a.state) && a.asksPerson ? [...back, "answer"] : back;
    }
  }
}
