import { adjustmentApproval } from "#db/schema/execution/adjustments.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import {
  ApproveAdjustment,
  ConfirmAtMachine,
  HoldAdjustment,
  RejectAdjustment,
  ReleaseAdjustment,
  ResolveUnknown,
} from "./adjustments.contract.ts";
import { isOver } from "./adjustments.rules.ts";
import { decidable } from "./decidable.queries.ts";
import {
  type Decidable,
  type Decision,
  whyNotApprove,
  whyNotConfirm,
  whyNotHold,
  whyNotReject,
  whyNotRelease,
  whyNotResolve,
} from "./decisions.rules.ts";
import { type Adjustment, lockAdjustment, step } from "./record.ts";

type WhyNot = (a: Decidable, d: Decision) => Refusal | null;

async function open(
  { tx, now, actor }: CommandContext,
  input: { readonly adjustmentId: string; readonly version?: number | undefined },
  whyNot: WhyNot,
): Promise<{ row: Adjustment; facts: Decidable }> {
  const row = await lockAdjustment(tx, input.adjustmentId);
  const facts = await decidable(tx, row.id);
  const refusal = whyNot(facts, { now, personId: actor.personId, version: input.version });
  if (refusal !== null) throw refusal;
  return { row, facts };
}

/** One person's yes; risk class 2 needs another one's. After the last the countdown on the station begins. */
export const approveAdjustment = defineCommand({
  name: "adjustment.approve",
  input: ApproveAdjustment,
  allow: () => ({ action: "adjustment.decide" }),
  run: async (context, input) => {
    const { tx, now, actor } = context;
    const { row, facts } = await open(context, input, whyNotApprove);
    if (actor.personId === undefined) throw new Refusal("sign_in_needed");
    await tx
      .insert(adjustmentApproval)
      .values({ adjustmentId: row.id, personId: actor.personId, name: actor.name, at: new Date(now) });
    const enough = facts.approvedBy.length + 1 >= row.approvalsNeeded;
    const after = enough
      ? await step(context, row, {
          move: "approve",
          event: "approved",
          set: { notAfter: new Date(now + row.plan.approvalMs) },
        })
      : await step(context, row, { move: null, event: "seconded" });
    return { adjustmentId: row.id, state: after.state };
  },
});

/** No, with a reason; also drops a change that was approved and not yet sent. */
export const rejectAdjustment = defineCommand({
  name: "adjustment.reject",
  input: RejectAdjustment,
  allow: () => ({ action: "adjustment.decide" }),
  run: async (context, input) => {
    const { row } = await open(context, input, whyNotReject);
    const after = await step(context, row, { move: "reject", event: "rejected", reason: input.reason });
    return { adjustmentId: row.id, state: after.state };
  },
});

/** One tap at the machine, no login: it is not sent until a supervisor releases it. */
export const holdAdjustment = defineCommand({
  name: "adjustment.hold",
  input: HoldAdjustment,
  allow: ({ machineId }) => ({ action: "adjustment.hold", scope: { machineId } }),
  run: async (context, input) => {
    const { row } = await open(context, input, whyNotHold);
    if (row.machineId !== input.machineId) throw new Refusal("not_found");
    if (row.state === "held") return { adjustmentId: row.id, state: row.state };
    const why = { code: "held" as const, params: { name: context.actor.name } };
    const after = await step(context, row, { move: "hold", event: "held", why, set: { sendAt: null } });
    return { adjustmentId: row.id, state: after.state };
  },
});

/** Goes on after a hold or a block: it is announced anew, and the gate looks at everything again. */
export const releaseAdjustment = defineCommand({
  name: "adjustment.release",
  input: ReleaseAdjustment,
  allow: () => ({ action: "adjustment.release" }),
  run: async (context, input) => {
    const { row } = await open(context, input, whyNotRelease);
    const after = await step(context, row, {
      move: "release",
      event: "released",
      why: null,
      reason: input.reason,
    });
    return { adjustmentId: row.id, state: after.state };
  },
});

/** A badge at the machine, for targets that ask for one. Confirming twice is confirming. */
export const confirmAtMachine = defineCommand({
  name: "adjustment.confirm",
  input: ConfirmAtMachine,
  allow: ({ machineId }) => ({ action: "adjustment.confirm", scope: { machineId } }),
  run: async (context, input) => {
    const { actor, now } = context;
    const { row } = await open(context, input, whyNotConfirm);
    const { adjustmentId } = input;
    if (row.machineId !== input.machineId) throw new Refusal("not_found");
    if (actor.personId === undefined) throw new Refusal("badge_needed");
    if (row.confirmedBy !== null) return { adjustmentId };
    const by = { personId: actor.personId, name: actor.name, at: now };
    await step(context, row, { move: null, event: "confirmed", set: { confirmedBy: by } });
    return { adjustmentId };
  },
});

/**
 * Nobody knew whether the machine took it: somebody read it back and says so. Taken: its effect is measured from now
 * on; not taken: it is over. Also answers what was over but asked for a person.
 */
export const resolveAdjustment = defineCommand({
  name: "adjustment.resolve",
  input: ResolveUnknown,
  allow: () => ({ action: "adjustment.resolve" }),
  run: async (context, input) => {
    const { tx, now } = context;
    const asked = await lockAdjustment(tx, input.adjustmentId);
    if (isOver(asked.state) && asked.asksPerson) {
      await step(context, asked, {
        move: null,
        event: "answered",
        set: { asksPerson: false },
        reason: input.reason,
      });
      return { adjustmentId: asked.id, state: asked.state };
    }
    const { row } = await open(context, input, whyNotResolve);
    const after = await step(context, row, {
      move: input.took ? "took" : "did_not_take",
      event: input.took ? "took" : "did_not_take",
      reason: input.reason,
      set: { asksPerson: false, ...(input.took ? { effectiveAt: new Date(now) } : {}) },
    });
    return { adjustmentId: row.id, state: after.state };
  },
});
