import { DataType, DataValue, StatusCodes, Variant } from "node-opcua-client";
import { expect, test } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { quality } from "../tag.contract.ts";
import { SaidBook, type Variable } from "./said.ts";

const noon = Date.UTC(2026, 10, 24, 12);
const speed: Variable = { metric: "cnc-1/Speed", unit: "1/min", sampleMs: 100, every: false };

/** What a server says of a value, changed and known at the same time. */
const said = (value: { dataType: DataType; value: unknown }, at: number, status = StatusCodes.Good) =>
  new DataValue({
    value: new Variant(value),
    statusCode: status,
    sourceTimestamp: new Date(at),
    serverTimestamp: new Date(at),
  });
const double = (value: number, at: number, status = StatusCodes.Good) =>
  said({ dataType: DataType.Double, value }, at, status);

function book() {
  const clock = new ManualClock(noon);
  return { clock, book: new SaidBook(clock) };
}

test("a value confirmed after an outage, with the same time and status, is nothing new", () => {
  const { book: it } = book();
  expect(it.take(speed, double(900, noon), false).readings).toHaveLength(1);
  expect(it.take(speed, double(900, noon), true).readings).toEqual([]);
  expect(it.take(speed, double(900, noon, StatusCodes.UncertainInitialValue), true).readings).toHaveLength(1);
});

test("a variable that the server does not have is bad once, until it says something again", () => {
  const { book: it } = book();
  expect(it.refused(speed)).toMatchObject({ value: null, quality: quality.bad, sourceTime: noon });
  expect(it.refused(speed)).toBeNull();
  it.take(speed, double(900, noon + 1), false);
  expect(it.refused(speed)).toMatchObject({ quality: quality.bad, sourceTime: noon + 1 });
});

test("a value that cannot become a reading is told once, and again after one that could", () => {
  const { book: it } = book();
  const bytes = (at: number) => said({ dataType: DataType.ByteString, value: Buffer.from([1]) }, at);
  expect(it.take(speed, bytes(noon), false).unreadable).toContain("cnc-1/Speed is a ByteString");
  expect(it.take(speed, bytes(noon + 1), false).unreadable).toBeNull();
  it.take(speed, double(900, noon + 2), false);
  expect(it.take(speed, bytes(noon + 3), false).unreadable).toContain("cnc-1/Speed is a ByteString");
});

test("only what was good or uncertain becomes stale when the link is lost, or is said again while it holds", () => {
  const { book: it } = book();
  const load: Variable = { ...speed, metric: "cnc-1/Load" };
  it.take(speed, double(900, noon), false);
  it.take(load, double(0, noon, StatusCodes.BadSensorFailure), false);
  expect(it.repeat(noon + 60_000, 10_000).map(({ metric }) => metric)).toEqual(["cnc-1/Speed"]);
  expect(it.lost()).toEqual([
    { metric: "cnc-1/Speed", sourceTime: noon + 59_900, value: 900, quality: quality.stale },
  ]);
  expect(it.lost()).toEqual([]);
});
