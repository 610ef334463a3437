import { expect, test } from "vitest";
import { readState, statePayload } from "./messages.ts";

test("STATE is what the specification writes, and nothing else is a word of a host", () => {
  const read = (text: string) => readState(Buffer.from(text));
  expect(read(statePayload(true, 5))).toEqual({ online: true, timestamp: 5 });
  expect(read('{"timestamp":5,"online":false,"more":1}')).toEqual({ online: false, timestamp: 5 });
  for (const text of [
    "ONLINE",
    "",
    "null",
    "7",
    "[]",
    '"online"',
    "{}",
    '{"online":true}',
    '{"timestamp":5}',
    '{"online":"true","timestamp":5}',
    '{"online":true,"timestamp":"5"}',
    `{"online":true,"timestamp":5,"x":"${"x".repeat(300)}"}`,
  ])
    expect(read(text), text).toBeNull();
});
