import { expect, test } from "vitest";
import { whyOf } from "./mqtt-connection.ts";

test("why there is no connection is told, also of a host with several addresses that all refused", () => {
  const refused = ["::1", "127.0.0.1"].map((host) => new Error(`connect ECONNREFUSED ${host}:1883`));
  expect(whyOf(new AggregateError(refused))).toBe(
    "connect ECONNREFUSED ::1:1883; connect ECONNREFUSED 127.0.0.1:1883",
  );
  expect(whyOf(new AggregateError(refused, "nobody answers"))).toBe("nobody answers");
  expect(whyOf(new TypeError(""))).toBe("TypeError");
  expect(whyOf("?")).toBe("unknown");
});
