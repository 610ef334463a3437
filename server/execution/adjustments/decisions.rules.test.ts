import { expect, test } from "vitest";
import {
  type Decidable,
  whyNotApprove,
  whyNotConfirm,
  whyNotHold,
  whyNotReject,
  whyNotRelease,
  whyNotResolve,
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
