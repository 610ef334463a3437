import { expect, test } from "vitest";
import type { SampleBlock } from "#server/realtime/protocol.contract.ts";
import { SampleStore } from "./sample-store.ts";

function store() {
  const frames: (() => void)[] = [];
  return { store: new SampleStore((f) => frames.push(f)), paint: () => frames.splice(0).forEach((f) => f()) };
}

function block(seq: number, values: Record<number, number>, full = false): SampleBlock {
  const tags = Object.keys(values).map(Number);
  return {
    seq,
    full,
    now: 5000,
    base: 1000,
    tags,
    dt: tags.map((_, i) => i),
    values: Object.values(values),
    q: tags.map(() => 0),
  };
}

test("many frames between two paints tell a tile once, and tell no other tile", () => {
  const { store: samples, paint } = store();
  const told = { one: 0, two: 0 };
  samples.subscribe(1, () => (told.one += 1));
  samples.subscribe(2, () => (told.two += 1));
  samples.apply(block(1, { 1: 10 }));
  samples.apply(block(2, { 1: 11 }));
  paint();
  expect(told).toEqual({ one: 1, two: 0 });
  expect(samples.get(1)).toEqual({ value: 11, sourceTime: 1000, quality: 0 });
});

test("one who shows several tags hears of a frame once", () => {
  const { store: samples, paint } = store();
  let told = 0;
  const listener = () => {
    told += 1;
  };
  samples.subscribe(1, listener);
  samples.subscribe(2, listener);
  samples.apply(block(1, { 1: 1, 2: 2 }));
  paint();
  expect(told).toBe(1);
});

test("a missing frame is noticed, a snapshot mends it", () => {
  const { store: samples } = store();
  expect(samples.apply(block(1, { 1: 1 }, true))).toBe(true);
  expect(samples.apply(block(3, { 1: 3 }))).toBe(false);
  expect(samples.apply(block(7, { 1: 4 }, true))).toBe(true);
});

test("a value nobody watches any more is forgotten, so that it never comes back as a live one", () => {
  const { store: samples } = store();
  const stop = samples.subscribe(1, () => {});
  samples.apply(block(1, { 1: 1 }));
  stop();
  expect(samples.get(1)).toBeUndefined();
});

test("the value a page was rendered with does not overwrite a newer live one", () => {
  const { store: samples } = store();
  samples.apply(block(1, { 1: 5 }));
  samples.seed(1, { value: 4, sourceTime: 999, quality: 0 });
  expect(samples.get(1)?.value).toBe(5);
});
