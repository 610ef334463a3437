import { expect, test } from "vitest";
import { Backlog } from "./backlog.ts";

function lagging() {
  const connection = { writeBuffer: [] as unknown[], transport: { socket: { bufferedAmount: 0 } } };
  return { connection, backlog: new Backlog(connection) };
}

test("a burst is no reason to cut a screen that catches up", () => {
  const { connection, backlog } = lagging();
  connection.writeBuffer = Array.from({ length: 300 });
  expect(backlog.check(0)).toBeNull();
  expect(backlog.check(4999)).toBeNull();
  connection.writeBuffer = [];
  expect(backlog.check(5000)).toBeNull();
  connection.writeBuffer = Array.from({ length: 300 });
  expect(backlog.check(6000)).toBeNull();
});

test("257 packets for five seconds, or more than a megabyte, cut it", () => {
  const many = lagging();
  many.connection.writeBuffer = Array.from({ length: 257 });
  expect(many.backlog.check(0)).toBeNull();
  expect(many.backlog.check(5000)).toBe("slow");
  const large = lagging();
  large.connection.transport.socket.bufferedAmount = 1_048_577;
  expect(large.backlog.check(0)).toBeNull();
  expect(large.backlog.check(5000)).toBe("slow");
});

test("a screen that takes nothing for a quarter of a minute is cut, however little waits", () => {
  const { connection, backlog } = lagging();
  connection.writeBuffer = [{}];
  expect(backlog.check(0)).toBeNull();
  expect(backlog.check(14_999)).toBeNull();
  expect(backlog.check(15_000)).toBe("stalled");
});
