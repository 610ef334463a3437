import fc from "fast-check";
import { expect, test } from "vitest";
import { type ContactState, freshContact, look, lookedAway, saidBy } from "./contact.rules.ts";

const debounceMs = 50;

/** Looks every 10 ms at the given levels, from 0 on. */
function looks(levels: readonly boolean[], from: ContactState = freshContact, at = 0): ContactState {
  return levels.reduce((state, level, i) => look(state, level, at + i * 10, debounceMs), from);
}
const held = (level: boolean): boolean[] => Array.from({ length: 6 }, () => level);

test("a contact says nothing before it has stood still for the debounce time", () => {
  expect(saidBy(looks(held(true).slice(1)), "run")).toBeNull();
  expect(saidBy(looks(held(true)), "run")).toBe("running");
  expect(saidBy(looks(held(false)), "run")).toBe("stopped");
});

test("a contact that is already closed at the start is no piece", () => {
  expect(saidBy(looks(held(true)), "pulse")).toBe(0);
  expect(saidBy(looks([...held(true), ...held(false), ...held(true)]), "pulse")).toBe(1);
});

test("what happened while nobody looked is not counted, and nothing that was counted is lost", () => {
  const counted = looks([...held(false), ...held(true), ...held(false)]);
  const away = lookedAway(counted);
  expect(saidBy(away, "pulse")).toBeNull();
  expect(saidBy(looks(held(true), away, 10_000), "pulse")).toBe(1);
});

test("without a debounce time each look is believed", () => {
  const states = [false, true, false, true].reduce(
    (state, level, i) => look(state, level, i, 0),
    freshContact,
  );
  expect(states.count).toBe(2);
});

/** A level that is held for long enough, with a bounce of looks that end too soon before it. */
const stretch = fc.record({
  bounce: fc.array(fc.boolean(), { maxLength: 20 }),
  still: fc.integer({ min: 6, max: 20 }),
});

test("however the contact bounces, each closing that stands still is one piece, no more and no less", () => {
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1, maxLength: 20 }), (stretches) => {
      let state = looks(held(false));
      let at = 60;
      for (const [i, { bounce, still }] of stretches.entries()) {
        const level = i % 2 === 0;
        // The bounce begins with the new level and ends with the old one, so that no stretch of it grows long.
        const shaken = bounce.flatMap((b) => (b ? [level, !level] : [level, level, !level]));
        const now = [...shaken, ...Array.from({ length: still }, () => level)];
        state = looks(now, state, at);
        at += now.length * 10;
        expect(state.level).toBe(level);
        expect(state.count).toBe(Math.ceil((i + 1) / 2));
      }
    }),
  );
});

test("the counter never goes down and never counts faster than the debounce time allows", () => {
  const steps = fc.array(fc.record({ level: fc.boolean(), after: fc.integer({ min: 0, max: 200 }) }));
  fc.assert(
    fc.property(steps, (all) => {
      let state = freshContact;
      let at = 0;
      for (const { level, after } of all) {
        at += after;
        const next = look(state, level, at, debounceMs);
        expect(next.count - state.count === 0 || next.count - state.count === 1).toBe(true);
        state = next;
      }
      // A piece takes a believed opening and a believed closing.
      expect(state.count).toBeLessThanOrEqual(at / (2 * debounceMs));
    }),
  );
});
