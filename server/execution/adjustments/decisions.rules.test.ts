import { expect, test } from "vitest";
import type { Actor, Role } from "#server/core/actor.contract.ts";
import {
  type Decidable,
  deedsOf,
  whyNotApprove,
  whyNotConfirm,
  whyNotDeed,
  whyNotHold,
  whyNotReject,
  whyNotRelease,
  whyNotResolve,
  whyNotReturn,
} from "./decisions.rules.ts";

const now = 1_000_000;
const proposal: Decidable = {
  state: "proposed",
  version: 3,
  notAfter: now + 60_000,
  authorPerson: null,
  approvedBy: [],
  approvalsNeeded: 1,
  authority: 2,
  lastBy: "Dana Novak",
  asksPerson: false,
  isReturn: false,
  returned: false,
  outstanding: false,
};
const dana = { now, personId: "dana" };

test("a supervisor may approve what a rule proposed", () => {
  expect(whyNotApprove(proposal, dana)).toBeNull();
  expect(whyNotApprove(proposal, { ...dana, version: 3 })).toBeNull();
});

test("the second of two approvers is told who was faster", () => {
  expect(whyNotApprove({ ...proposal, state: "approved" }, dana)).toMatchObject({
    code: "already_decided",
    params: { name: "Dana Novak", state: "approved" },
  });
});

test("an expired proposal is not decided, and an older version is not the one that was looked at", () => {
  expect(whyNotApprove({ ...proposal, notAfter: now }, dana)?.code).toBe("expired");
  expect(whyNotApprove({ ...proposal, state: "expired" }, dana)?.code).toBe("expired");
  expect(whyNotApprove(proposal, { ...dana, version: 2 })?.code).toBe("conflict");
});

test("nobody who is not signed in approves, and what nobody approved is not held", () => {
  expect(whyNotApprove(proposal, { now, personId: undefined })?.code).toBe("sign_in_needed");
  for (const state of ["draft", "proposed"] as const)
    expect(whyNotHold({ ...proposal, state }, dana)).toMatchObject({
      code: "wrong_state",
      params: { state },
    });
});

test("nobody approves their own proposal, nor twice", () => {
  expect(whyNotApprove({ ...proposal, authorPerson: "dana" }, dana)?.code).toBe("own_proposal");
  const once = { ...proposal, approvedBy: [{ personId: "dana", name: "Dana" }], approvalsNeeded: 2 };
  expect(whyNotApprove(once, dana)?.code).toBe("second_person_needed");
  expect(whyNotApprove(once, { now, personId: "eva" })).toBeNull();
});

test("advice is shown, never written", () => {
  expect(whyNotApprove({ ...proposal, authority: 1 }, dana)?.code).toBe("authority_too_low");
  expect(whyNotApprove({ ...proposal, authority: null }, dana)).toBeNull();
});

test("a change is held once it is approved, until it is sent; holding twice is holding", () => {
  const station = { now, personId: undefined };
  expect(whyNotHold({ ...proposal, state: "announced" }, station)).toBeNull();
  expect(whyNotHold({ ...proposal, state: "held" }, station)).toBeNull();
  expect(whyNotHold(proposal, station)?.code).toBe("wrong_state");
  expect(whyNotHold({ ...proposal, state: "sent" }, station)?.code).toBe("already_decided");
});

test("only what is announced is confirmed at the machine, and not after it ran out", () => {
  const ada = { now, personId: "ada" };
  const announced: Decidable = { ...proposal, state: "announced" };
  expect(whyNotConfirm(announced, ada)).toBeNull();
  expect(whyNotConfirm({ ...announced, notAfter: now }, ada)?.code).toBe("expired");
  expect(whyNotConfirm({ ...proposal, state: "expired" }, ada)?.code).toBe("expired");
  for (const state of ["proposed", "held", "blocked"] as const)
    expect(whyNotConfirm({ ...proposal, state }, ada)?.code).toBe("wrong_state");
  for (const state of ["sent", "verifying", "rejected"] as const)
    expect(whyNotConfirm({ ...proposal, state }, ada)?.code).toBe("already_decided");
});

test("held and blocked are released until they run out; unknown is resolved and nothing else is", () => {
  expect(whyNotRelease({ ...proposal, state: "held" }, dana)).toBeNull();
  expect(whyNotRelease({ ...proposal, state: "blocked" }, dana)).toBeNull();
  expect(whyNotRelease({ ...proposal, state: "held", notAfter: now - 1 }, dana)?.code).toBe("expired");
  expect(whyNotRelease({ ...proposal, state: "announced" }, dana)?.code).toBe("wrong_state");
  expect(whyNotResolve({ ...proposal, state: "unknown", notAfter: now - 1 }, dana)).toBeNull();
  expect(whyNotResolve({ ...proposal, state: "verifying" }, dana)?.code).toBe("wrong_state");
});

test("what has not been sent can be dropped; what has been sent cannot", () => {
  for (const state of ["proposed", "approved", "announced", "held", "blocked"] as const)
    expect(whyNotReject({ ...proposal, state }, dana)).toBeNull();
  for (const state of ["sent", "accepted", "verifying", "helped"] as const)
    expect(whyNotReject({ ...proposal, state }, dana)?.code).toBe("already_decided");
});

test("what has its verdict is taken back once, and not while another change of the set-point goes on", () => {
  const judged: Decidable = { ...proposal, state: "did_not_help" };
  expect(whyNotReturn(judged)).toBeNull();
  expect(whyNotReturn({ ...judged, outstanding: true })?.code).toBe("other_change_outstanding");
  expect(whyNotReturn({ ...judged, returned: true })?.code).toBe("already_decided");
  expect(whyNotReturn({ ...judged, isReturn: true })?.code).toBe("wrong_state");
  expect(whyNotReturn({ ...judged, state: "verifying" })?.code).toBe("wrong_state");
});

test("each state offers what can be done with it; what is over and asks for somebody can be answered", () => {
  const offered = (over: Partial<Decidable>) => deedsOf({ ...proposal, ...over }).join(" ");
  expect(offered({})).toBe("reject approve");
  expect(offered({ state: "blocked" })).toBe("reject release");
  expect(offered({ state: "unknown" })).toBe("did_not_take took");
  expect(offered({ state: "refused", asksPerson: true })).toBe("answer");
  expect(offered({ state: "cannot_tell", asksPerson: true })).toBe("return answer");
  expect(offered({ state: "helped", returned: true })).toBe("");
  expect(whyNotResolve({ ...proposal, state: "refused", asksPerson: true }, dana)).toBeNull();
});

test("a deed is refused to a person as the command would refuse it: the role first, then the rule", () => {
  const person = (role: Role, personId = "dana"): Actor => ({
    kind: "person",
    personId,
    name: role,
    roles: [role],
  });
  const why = (a: Decidable, actor: Actor) => whyNotDeed("approve", a, actor, now)?.code ?? null;
  expect(why(proposal, person("supervisor"))).toBeNull();
  expect(why(proposal, person("quality"))).toBe("not_allowed");
  expect(why({ ...proposal, authority: 1 }, person("supervisor"))).toBe("authority_too_low");
  expect(why({ ...proposal, authorPerson: "dana" }, person("supervisor"))).toBe("own_proposal");
  // Advice can still be put aside.
  expect(whyNotDeed("reject", { ...proposal, authority: 1 }, person("supervisor"), now)).toBeNull();
});
