import type { Aedes } from "aedes";
import { describe, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { AedesBroker, mosquitto, MosquittoBroker } from "./testing.ts";
import { begun, brought, deaths, kinds, keepPassword, person, plain, say } from "./testing-source.ts";

/** Aedes with a door: only `edge` with the right password, and no subscription to `plain/…`. */
function guarded(password: () => string, mayListen: () => boolean) {
  return new AedesBroker((aedes: Aedes) => {
    aedes.authenticate = (_client, username, given, done) => {
      if (username === "edge" && given?.toString() === password()) return done(null, true);
      done(Object.assign(new Error("bad login"), { returnCode: 4 }), false);
    };
    aedes.authorizeSubscribe = (_client, subscription, done) => {
      done(null, mayListen() || !subscription.topic.startsWith("plain/") ? subscription : null);
    };
  });
}

test("a wrong password is told once, in a sentence, and tried again slowly; the right one is read without a restart", async () => {
  let tries = 0;
  const broker = await brought(
    guarded(
      () => {
        tries += 1;
        return "right";
      },
      () => true,
    ),
  );
  const passwordFile = "password";
  const { driver, sink } = await begun(broker.url, { username: "edge", passwordFile, refusedRetryMs: 400 });
  await sink.until(() => deaths(sink).length === 1);
  const first = systemClock.monotonic();
  expect(deaths(sink)[0]?.reason).toContain("cannot be read on the edge");

  keepPassword("wrong\n");
  await sink.until(() => deaths(sink).length === 2);
  // The usual first pause is 200 ms, give or take a quarter.
  expect(systemClock.monotonic() - first).toBeGreaterThan(275);
  expect(deaths(sink)[1]?.reason).toBe(
    `The broker ${broker.url} refuses the connection: user name or password is wrong: correct them.`,
  );
  await expect.poll(() => tries, { interval: 5, timeout: 4000 }).toBe(2);
  await expect.poll(() => driver.health()).toMatchObject({ connected: false, errors: 3 });
  expect(deaths(sink)).toHaveLength(2);

  keepPassword("right\n");
  await sink.until(() => kinds(sink).includes("birth"));
  expect(deaths(sink)).toHaveLength(2);
});

test("a file that holds more than a password is not sent to a broker", async () => {
  const broker = await brought(
    guarded(
      () => "x".repeat(2000),
      () => true,
    ),
  );
  const passwordFile = keepPassword("x".repeat(2000));
  const { sink } = await begun(broker.url, { username: "edge", passwordFile });
  await sink.until(() => sink.events.length > 0);
  expect(sink.events[0]).toMatchObject({
    kind: "death",
    reason: expect.stringContaining("more than a password"),
  });
});

test("a subscription that the broker refuses is told once with its filter, and taken when it is allowed", async () => {
  let allowed = false;
  const broker = await brought(
    guarded(
      () => "pw",
      () => allowed,
    ),
  );
  const { driver, sink } = await begun(broker.url.replace("mqtt://", "mqtt://edge:pw@"), {
    mappings: [plain],
  });
  await sink.until(() => deaths(sink).length === 1);
  expect(deaths(sink)[0]?.reason).toBe(
    `The broker ${broker.url} refuses the subscription to plain/+/+: allow it for this login, or correct the filter.`,
  );
  await expect.poll(() => driver.health().errors, { interval: 5 }).toBeGreaterThan(2);
  expect(deaths(sink)).toHaveLength(1);
  allowed = true;
  await sink.until(() => kinds(sink).includes("birth"));
});

describe.skipIf(mosquitto === null)(
  "with a Mosquitto that has logins (skipped where it is not installed)",
  () => {
    const doors = ["allow_anonymous false", "password_file FOLDER/passwords", "acl_file FOLDER/rights"];
    // Made with mosquitto_passwd; the password is "right".
    const files = {
      passwords:
        "edge:$7$101$j3Tyt+VssQWbtQtK$GOdyWdmBw1ZY8Ltm6uJw/cCx907a4+LNvnEYK/9/mFsnUNmvY9I9SvYzAl83rP1GEu0FQqv8A+z+jMkiCRBU2g==\nmachine:$7$101$+NdX2LKWSwfFGfx4$LRPyGt/QZQ4qXNPzkJJj4Qv623CksYr0DXXz+ZSZRaKETgtjWP0x04FwJsZHSstFHN9xZabIe0L/+9CzTGc7Iw==\n",
      rights: "user edge\ntopic read plain/#\ntopic read plant/#\nuser machine\ntopic readwrite #\n",
    };

    async function refused(protocolVersion: "3.1.1" | "5", password: string) {
      const broker = await brought(new MosquittoBroker(doors, files));
      const passwordFile = keepPassword(password);
      const { driver, sink } = await begun(broker.url, { protocolVersion, username: "edge", passwordFile });
      return { sink, driver, broker };
    }

    test.each(["3.1.1", "5"] as const)("a wrong password is told, MQTT %s", async (version) => {
      const { sink } = await refused(version, "wrong");
      await sink.until(() => deaths(sink).length === 1);
      expect(deaths(sink)[0]?.reason).toContain("not authorised");
    });

    test("a write that the broker does not allow is refused with MQTT 5, which can say so", async () => {
      const { sink, driver, broker } = await refused("5", "right");
      await sink.until(() => kinds(sink).includes("birth"));
      const client = await person(broker, { username: "machine", password: "right" });
      await say(client, "plain/m/B", "7");
      await sink.until(() => sink.said("m/B").length === 1);
      const answer = await driver.write("m/B", 8);
      expect(answer).toEqual({ result: "refused", reason: expect.stringContaining("Not authorized") });
    });
  },
);

test("a broker that does not speak MQTT 5 is told as such", async () => {
  const broker = await brought(new AedesBroker());
  const { sink } = await begun(broker.url, { protocolVersion: "5" });
  await sink.until(() => deaths(sink).length === 1);
  expect(deaths(sink)[0]?.reason).toContain("change protocolVersion");
});
