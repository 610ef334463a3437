import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BlockHeader,
  type DeadReading,
  deadReasons,
  noTag,
  type ReadingColumns,
} from "./block.contract.ts";
import {
  asHistorical,
  BlockError,
  decodeBlock,
  decodeHeader,
  encodeEvents,
  encodeReadings,
} from "./block.ts";
import type { EdgeEvent } from "./uplink.contract.ts";

interface Sample {
  readonly header: BlockHeader;
  readonly columns: ReadingColumns;
  readonly dead: readonly DeadReading[];
}

const time = fc.double({ min: 0, max: 4e12, noNaN: true });
const row = fc.record({
  tag: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  at: time,
  edge: time,
  value: fc.oneof(
    fc.record({ num: fc.double({ noNaN: true, noDefaultInfinity: true }), txt: fc.constant(null) }),
    fc.record({ num: fc.constant(Number.NaN), txt: fc.option(fc.string({ unit: "binary", maxLength: 40 })) }),
  ),
  quality: fc.integer({ min: 0, max: 3 }),
  dead: fc.option(fc.record({ reason: fc.constantFrom(...deadReasons), raw: fc.jsonValue() }), { freq: 5 }),
});

const epoch = fc.stringMatching(/^[0-9a-f]{16}$/);

const sample: fc.Arbitrary<Sample> = fc
  .record({
    lane: fc.integer({ min: 0, max: 63 }),
    epoch,
    first: fc.integer({ min: 1, max: 2 ** 50 }),
    historical: fc.boolean(),
    edgeTime: time,
    rows: fc.array(row, { minLength: 1, maxLength: 60 }),
  })
  .map(({ rows, ...rest }) => ({
    header: { v: 1, kind: "readings", count: rows.length, ...rest },
    columns: {
      tagIds: Uint32Array.from(rows, (r) => (r.dead === null ? r.tag : noTag)),
      sourceTs: Float64Array.from(rows, (r) => r.at),
      edgeTs: Float64Array.from(rows, (r) => r.edge),
      num: Float64Array.from(rows, (r) => r.value.num),
      txt: rows.map((r) => r.value.txt),
      quality: Uint8Array.from(rows, (r) => r.quality),
    },
    dead: rows.flatMap((r, i) => (r.dead === null ? [] : [{ seq: rest.first + i, ...r.dead }])),
  }));

const one: Sample = {
  header: {
    v: 1,
    kind: "readings",
    lane: 3,
    epoch: "00c0ffee00c0ffee",
    first: 41,
    count: 2,
    historical: false,
    edgeTime: 1_790_000_000_000,
  },
  columns: {
    tagIds: Uint32Array.of(7, noTag),
    sourceTs: Float64Array.of(1_789_999_999_990, 1_789_999_999_991),
    edgeTs: Float64Array.of(1_790_000_000_000, 1_790_000_000_000),
    num: Float64Array.of(231.5, Number.NaN),
    txt: [null, null],
    quality: Uint8Array.of(0, 0),
  },
  dead: [{ seq: 42, reason: "not_a_number", raw: { metric: "press-2/MeltTemperature", value: "NaN" } }],
};

const event: EdgeEvent = {
  kind: "gap",
  at: 1_790_000_000_000,
  sourceId: 1,
  machineId: null,
  data: { from: 3, to: 9, reason: "queue_full" },
};

/** The fault with which a frame is refused, or "taken". */
function faultOf(frame: Uint8Array): string {
  try {
    decodeBlock(frame);
    return "taken";
  } catch (error) {
    if (error instanceof BlockError) return error.fault;
    throw error;
  }
}

/** Rewrites length and checksum, so that only what stands inside can be wrong. */
async function resealed(frame: Uint8Array, change: (bytes: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  const { crc32 } = await import("node:zlib");
  const bytes = change(frame.slice());
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(4, bytes.length, true);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)), true);
  return bytes;
}

function replaceText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(from);
  expect(at, `${from} stands in the frame`).toBeGreaterThan(0);
  expect(to.length).toBe(from.length);
  bytes.set(Buffer.from(to), at);
  return bytes;
}

describe("a block of readings", { timeout: 60_000 }, () => {
  it("comes out as it went in, wherever in a buffer it lies", () => {
    fc.assert(
      fc.property(sample, fc.integer({ min: 0, max: 9 }), ({ header, columns, dead }, offset) => {
        const frame = encodeReadings(header, columns, dead);
        const pool = Buffer.alloc(frame.length + offset);
        pool.set(frame, offset);
        const block = decodeBlock(pool.subarray(offset));
        expect(block).toEqual({ kind: "readings", header, columns, dead: JSON.parse(JSON.stringify(dead)) });
        expect(decodeHeader(frame)).toEqual(header);
      }),
      { numRuns: 500 },
    );
  });

  it("that drains as backlog is the same block but for its flag", () => {
    fc.assert(
      fc.property(sample, ({ header, columns, dead }) => {
        const frame = encodeReadings(header, columns, dead);
        const before = decodeBlock(frame);
        const after = decodeBlock(asHistorical(frame));
        expect(after).toEqual({ ...before, header: { ...header, historical: true } });
        expect(decodeBlock(frame)).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it("is not changed by a later use of the buffer it came in", () => {
    const frame = Buffer.from(encodeReadings(one.header, one.columns, one.dead));
    const block = decodeBlock(frame);
    frame.fill(0);
    expect(block.kind === "readings" && block.columns.num[0]).toBe(231.5);
  });

  it("is refused whole when any byte of it is flipped", () => {
    fc.assert(
      fc.property(
        sample,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ({ header, columns, dead }, at, flip) => {
          const frame = encodeReadings(header, columns, dead);
          const place = at % frame.length;
          frame[place] = (frame[place] ?? 0) ^ flip;
          expect(faultOf(frame)).not.toBe("taken");
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("is refused when torn at any length or grown by anything", () => {
    const frame = encodeReadings(one.header, one.columns, one.dead);
    for (let length = 0; length < frame.length; length++)
      expect(faultOf(frame.subarray(0, length))).toBe("torn");
    expect(faultOf(Buffer.concat([frame, Buffer.of(0)]))).toBe("torn");
    expect(faultOf(new Uint8Array(256 * 1024 + 1))).toBe("too_large");
  });

  it("never crashes the decoder, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(faultOf(bytes)).not.toBe("taken");
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a count that the columns do not have", '"count":2', '"count":3', "inconsistent"],
    ["no readings", '"count":2', '"count":0', "header"],
    ["an unknown lane", '"lane":3,', '"lane":99', "inconsistent"],
    ["an epoch that is none", "00c0ffee", "00COFFEE", "header"],
    ["a dead reading without a place", '"seq":42', '"seq":41', "inconsistent"],
    ["a reason nobody knows", "not_a_number", "not_a_nvmber", "header"],
    ["another version", '"v":1', '"v":2', "header"],
  ])("is refused with %s although its checksum is right", async (_name, from, to, fault) => {
    const frame = encodeReadings(one.header, one.columns, one.dead);
    expect(faultOf(await resealed(frame, (bytes) => replaceText(bytes, from, to)))).toBe(fault);
  });

  it("is refused when it is none of ours, or its parts do not fit into it, although its checksum is right", async () => {
    const frame = encodeReadings(one.header, one.columns, one.dead);
    const changed = (place: number, value: number) =>
      resealed(frame, (bytes) => {
        new DataView(bytes.buffer).setUint32(place, value, true);
        return bytes;
      });
    expect(faultOf(await changed(0, 0x4b4c_4f42))).toBe("header");
    expect(faultOf(await changed(8, frame.length))).toBe("inconsistent");
    const beyond = await changed(8, 4_000_000_000);
    expect(() => decodeBlock(beyond)).toThrow("The header is longer than the frame.");
    const longer = await resealed(frame, (bytes) => Buffer.concat([bytes, Buffer.alloc(8)]));
    expect(faultOf(longer)).toBe("inconsistent");
  });

  it("is refused when a reading points at a text that is not there", async () => {
    const columns = { ...one.columns, num: Float64Array.of(Number.NaN, Number.NaN), txt: ["run", null] };
    const frame = encodeReadings(one.header, columns, one.dead);
    expect(faultOf(frame)).toBe("taken");
    // Before the qualities (2) and the words: the places of the texts, two bytes each.
    const places = Buffer.from(frame).indexOf('["run"]') - 2 - 4;
    expect(frame[places]).toBe(1);
    const wrong = await resealed(frame, (bytes) => {
      bytes[places] = 2;
      return bytes;
    });
    expect(faultOf(wrong)).toBe("inconsistent");
  });

  it("is not made of a header of events, nor larger than a block may be", () => {
    expect(() => encodeReadings({ ...one.header, kind: "events" }, one.columns, one.dead)).toThrow(
      BlockError,
    );
    const txt = ["x".repeat(300_000), null];
    const columns = { ...one.columns, num: Float64Array.of(Number.NaN, Number.NaN), txt };
    expect(() => encodeReadings(one.header, columns, one.dead)).toThrow(/bytes/);
  });

  it.each([
    ["texts for half of it", { txt: [null] }],
    ["a source time that is no number", { sourceTs: Float64Array.of(Number.NaN, 1) }],
    ["Infinity", { num: Float64Array.of(Number.POSITIVE_INFINITY, 1) }],
    ["a quality nobody knows", { quality: Uint8Array.of(9, 0) }],
    ["number and text at once", { txt: ["running", null] }],
    ["a column that is too short", { quality: Uint8Array.of(0) }],
    ["a place without tag and reason", { tagIds: Uint32Array.of(noTag, noTag) }],
  ])("is not even made with %s", (_name, change) => {
    expect(() => encodeReadings(one.header, { ...one.columns, ...change }, one.dead)).toThrow(BlockError);
  });

  it("of 500 numbers takes 29 bytes a reading and a short header", () => {
    const n = 500;
    const frame = encodeReadings(
      { ...one.header, count: n },
      {
        tagIds: new Uint32Array(n).fill(7),
        sourceTs: new Float64Array(n),
        edgeTs: new Float64Array(n),
        num: new Float64Array(n),
        txt: Array.from({ length: n }, () => null),
        quality: new Uint8Array(n),
      },
    );
    expect(frame.length).toBeLessThan(29 * n + 200);
  });
});

describe("a block of events", () => {
  const header: BlockHeader = { ...one.header, kind: "events", count: 1 };

  it("comes out as it went in and refuses every flipped byte", () => {
    const frame = encodeEvents(header, [event]);
    expect(decodeBlock(frame)).toEqual({ kind: "events", header, events: [event] });
    for (let at = 0; at < frame.length; at++) {
      const changed = frame.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(faultOf(changed)).not.toBe("taken");
    }
  });

  it("is refused with another number of events than it says or an unknown kind", async () => {
    expect(() => encodeEvents({ ...header, count: 2 }, [event])).toThrow(BlockError);
    const frame = encodeEvents(header, [event]);
    expect(faultOf(await resealed(frame, (b) => replaceText(b, '"count":1', '"count":2')))).toBe(
      "inconsistent",
    );
    expect(faultOf(await resealed(frame, (b) => replaceText(b, '"kind":"gap"', '"kind":"gup"')))).toBe(
      "header",
    );
  });
});
