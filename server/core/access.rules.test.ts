import { expect, test } from "vitest";
import { type Action, actions, can, whyNotAllowed } from "./access.rules.ts";
import { type Actor, nobody, type Role, roles, serviceActor } from "./actor.contract.ts";

const person = (role: Role): Actor => ({
  kind: "person",
  personId: crypto.randomUUID(),
  name: role,
  roles: [role],
});
const station: Actor = {
  kind: "station",
  name: "Hall 1",
  roles: [],
  stationId: crypto.randomUUID(),
  machineIds: [1, 2],
};
const everyAction = Object.keys(actions) as Action[];

/** Who may do what, written out a second time by hand: a change of rights shows here and wants a reason. */
const table = `
                       station operator setter quality maintenance supervisor manager administrator service
adjustment.confirm        -      yes     yes     -        yes         yes        -          -          -
adjustment.decide         -       -       -      -         -          yes        -          -          -
adjustment.hold          yes     yes     yes     -        yes         yes        -          -          -
adjustment.propose        -       -      yes     -         -          yes        -          -         yes
adjustment.release        -       -       -      -         -          yes        -          -          -
adjustment.resolve        -       -       -      -         -          yes        -          -          -
admin.look                -       -       -      -         -           -         -         yes         -
alarm.shelve              -       -       -      -         -          yes        -          -          -
alarm.take                -      yes     yes     -        yes         yes        -          -          -
audit.read                -       -       -     yes        -          yes        -         yes         -
automation.off           yes     yes     yes     -        yes         yes        -          -          -
automation.on             -       -       -      -         -          yes        -          -          -
calendar.plan             -       -       -      -         -          yes        -         yes         -
count.report              -      yes     yes    yes        -          yes        -          -          -
counter.decide            -       -       -      -         -          yes        -          -          -
deadletter.manage         -       -       -      -        yes          -         -         yes         -
floor.look               yes     yes     yes    yes       yes         yes       yes        yes         -
house.manage              -       -       -      -         -           -         -         yes         -
instruction.follow        -      yes     yes    yes       yes         yes        -          -          -
job.correct               -       -       -      -         -          yes        -         yes         -
job.run                   -      yes     yes     -         -          yes        -          -          -
lot.hold                  -       -       -     yes        -          yes        -          -          -
office.look               -       -       -     yes       yes         yes       yes        yes         -
order.manage              -       -       -      -         -          yes        -         yes         -
people.manage             -       -       -      -         -           -         -         yes         -
plant.fault               -       -       -      -         -          yes        -         yes         -
plant.manage              -       -       -      -         -           -         -         yes         -
product.manage            -       -       -      -         -          yes        -         yes         -
reports.look              -       -       -      -         -          yes       yes        yes         -
rule.authority            -       -       -      -         -          yes        -          -          -
station.manage            -       -       -      -         -           -         -         yes         -
stop.explain              -      yes     yes     -        yes         yes        -          -          -
system.act                -       -       -      -         -           -         -          -         yes
tag.manage                -       -       -      -         -           -         -         yes         -
tool.move                 -       -      yes      -        yes         yes        -         yes         -
`;

test("every role may do exactly what the table says, and nothing else", () => {
  const [head = "", ...lines] = table.trim().split("\n");
  const columns = head.trim().split(/\s+/);
  expect(columns).toEqual(["station", ...roles]);
  const written = Object.fromEntries(
    lines.map((line) => {
      const [action = "", ...cells] = line.trim().split(/\s+/);
      return [action, cells.map((cell) => cell === "yes")];
    }),
  );
  const real = Object.fromEntries(
    everyAction.map((action) => [action, [station, ...roles.map(person)].map((actor) => can(actor, action))]),
  );
  expect(real).toEqual(written);
});

test("nobody may do nothing", () => {
  for (const action of everyAction) {
    expect(can(nobody, action)).toBe(false);
    expect(whyNotAllowed(nobody, action)?.code).toBe("sign_in_needed");
  }
});

test("a station, and whoever is signed on there by badge, acts on its own machines only", () => {
  const operator: Actor = { ...person("operator"), stationId: station.stationId, machineIds: [1, 2] };
  for (const actor of [station, operator]) {
    expect(can(actor, "adjustment.hold", { machineId: 2 })).toBe(true);
    expect(can(actor, "adjustment.hold", { machineId: 3 })).toBe(false);
  }
  expect(whyNotAllowed(station, "alarm.take", { machineId: 1 })?.code).toBe("badge_needed");
  expect(whyNotAllowed(operator, "alarm.take", { machineId: 3 })?.code).toBe("not_allowed");
});

test("what is confirmed at the machine takes a badge at that machine's station, and a role", () => {
  const here = { stationId: station.stationId, machineIds: [1, 2] };
  const why = (actor: Actor, machineId = 1) =>
    whyNotAllowed(actor, "adjustment.confirm", { machineId })?.code ?? null;
  expect(why({ ...person("operator"), ...here })).toBeNull();
  expect(why({ ...person("operator"), ...here }, 3)).toBe("badge_needed");
  // A password gives no machines, also in a browser that is a station.
  expect(why({ ...person("supervisor"), stationId: station.stationId })).toBe("badge_needed");
  expect(why(person("supervisor"))).toBe("badge_needed");
  expect(why(station)).toBe("badge_needed");
  expect(why({ ...person("quality"), ...here })).toBe("not_allowed");
});

test("several roles add up", () => {
  const both: Actor = { ...person("quality"), roles: ["quality", "setter"] };
  expect(can(both, "lot.hold")).toBe(true);
  expect(can(both, "job.run")).toBe(true);
  expect(can(both, "adjustment.decide")).toBe(false);
});

test("the system itself decides no adjustment and holds no right of a person", () => {
  for (const action of everyAction) {
    expect([action, can(serviceActor("runner"), action)]).toEqual([
      action,
      action === "system.act" || action === "adjustment.propose",
    ]);
  }
});
