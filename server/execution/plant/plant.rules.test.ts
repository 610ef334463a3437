import { expect, test } from "vitest";
import { whyNotTimeZone } from "./plant.rules.ts";

test("a zone that shifts can be said in is taken, any other is refused by name", () => {
  for (const zone of ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
    expect(whyNotTimeZone(zone)).toBeNull();
  for (const zone of ["Berlin", "Europe/Atlantis", "GMT+25", "; drop table"])
    expect(whyNotTimeZone(zone)).toMatchObject({ code: "unknown_time_zone", params: { zone } });
});
