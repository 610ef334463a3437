import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { houseRoutes } from "#server/http/routes/house.ts";
import { type TestHouse, testHouse, testPepper } from "#server/http/testing.ts";
import { type BundleInput, makeBundle } from "./bundle.ts";

/** Secrets and people in every place where a plant has some; each must stay. */
const planted = {
  envPassword: "planted-env-Gx81",
  envUrl: "planted-url-Kq22",
  sessionSecret: "planted session secret of words",
  token: "b5c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1",
  demoCode: "PLANTED-STATION-CODE",
  privateKey: "MC4CAQAwBQYDK2VwBCIEIPlantedKeyPlantedKeyPlantedKeyPlantedK1",
  brokerPassword: "planted-broker-77",
  settingKey: "planted-erp-key-5",
  session: "plantedSessionToken_01",
  badge: "PLANTED-BADGE-4711",
  pin: "739201",
  cookie: "planted.cookie.value-9",
  bearer: "planted-bearer-3",
  passwordInLog: "planted-typed-in",
} as const;
const people = ["Philippa Plantagenet", "مريم حسن", "q-planted-17"] as const;

let house: TestHouse;
let folder: string;
let input: BundleInput;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "support-"));
  house = await testHouse([houseRoutes([], () => makeBundle(input))]);
  const { db } = house;
  const [one] = await db.execute<{ id: string }>(sql`
    insert into person (code, name, roles) values (${people[2]}, ${people[0]}, '{operator}'), ('hassan', ${people[1]}, '{}')
    returning id`);
  const person = one?.id ?? "";
  await db.execute(
    sql`insert into person_badge (badge, person_id, given_at) values (${planted.badge}, ${person}, now())`,
  );
  await db.execute(
    sql`insert into user_session (token, user_id, expires_at) values (${planted.session}, ${person}, now())`,
  );
  const [edge] = await db.execute<{ id: number }>(
    sql`insert into edge (code, name, token_hash) values ('e', 'E', decode(${planted.token}, 'hex')) returning id`,
  );
  const config = { url: "mqtt://broker", auth: { username: "u", password: planted.brokerPassword } };
  await db.execute(sql`insert into source (edge_id, code, driver, config)
    values (${edge?.id ?? 0}, 's', 'mqtt', ${JSON.stringify(config)}::jsonb)`);
  await db.execute(
    sql`insert into setting (key, value) values ('erp', ${JSON.stringify({ url: "http://erp", apiKey: planted.settingKey })}::jsonb)`,
  );
  await db.execute(sql`insert into schedule (name, next_at, last_error)
    values ('erp.send', now(), ${`Error: 401 for ${people[0]} with apiKey=${planted.settingKey}`})`);
  for (const name of ["secrets", "logs", "certificates", "queue"]) await mkdir(join(folder, name));
  const put = (path: string, text: string) => writeFile(join(folder, path), text);
  await put("secrets/session-secret", `${planted.sessionSecret}\n`);
  await put("secrets/edge-token", `${planted.token}\n`);
  await put("secrets/pin-pepper", `${testPepper}\n`);
  await put("secrets/demo-stations.json", JSON.stringify({ x: { code: planted.demoCode, until: 1 } }));
  await put(
    "certificates/authority-key.pem",
    `-----BEGIN PRIVATE KEY-----\n${planted.privateKey}\n-----END PRIVATE KEY-----\n`,
  );
  await put("queue/000001.ldb", "planted-but-never-opened");
  const line = (fields: object) => `${JSON.stringify({ level: 50, time: 1, ...fields })}\n`;
  await put(
    "logs/server.log",
    [
      line({ msg: "a line that helps", reaction: "alarms.guard" }),
      line({ msg: "signed on", name: people[0], code: people[2] }),
      line({ msg: `PHILIPPA took it, ${people[1]} saw it` }),
      line({
        req: {
          headers: { authorization: `Bearer ${planted.bearer}`, cookie: `__Host-session=${planted.cookie}` },
        },
      }),
      line({ body: { pin: planted.pin, badge: planted.badge } }),
      line({ body: JSON.stringify({ password: planted.passwordInLog }) }),
      line({ err: { message: `connect postgres://app:${planted.envUrl}@127.0.0.1/x` } }),
      ...Object.values(planted).map((secret) =>
        secret === planted.pin ? "" : line({ msg: "token", token: secret }),
      ),
      `plain words with ${planted.sessionSecret} and ${planted.token} and ${planted.settingKey} inside\n`,
      `-----BEGIN PRIVATE KEY-----\n${planted.privateKey}\n-----END PRIVATE KEY-----\n`,
    ].join(""),
  );
  await put("logs/edge.log", `mqtt refused ${planted.brokerPassword} of ${planted.demoCode}\n`);
  input = {
    db,
    clock: systemClock,
    env: {
      PORT: "3000",
      HOSTS: "plant.example",
      DATABASE_URL: `postgres://app:${planted.envUrl}@db.example:5432/millwright`,
      MQTT_URL: `mqtts://plant:${planted.brokerPassword}@broker`,
      SMTP_PASSWORD: planted.envPassword,
      SECRETS_DIR: join(folder, "secrets"),
    },
    houseDir: folder,
    logsDir: join(folder, "logs"),
    secretDirs: [join(folder, "secrets"), join(folder, "certificates")],
    health: () => Promise.resolve(JSON.stringify({ status: "ok", last: `failed for ${people[0]}` })),
    metrics: () => Promise.resolve(`up{by="${people[0]}"} 1\n`),
  };
});
afterAll(async () => {
  await house.close();
  await rm(folder, { recursive: true, force: true });
});

function unpack(zip: Uint8Array): Record<string, string> {
  return Object.fromEntries(Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, strFromU8(bytes)]));
}

function nothingLeaks(files: Record<string, string>): void {
  for (const [name, text] of Object.entries({ ...files, names: Object.keys(files).join(" ") })) {
    for (const [which, secret] of Object.entries({ ...planted, pepper: testPepper }))
      expect(text.includes(secret), `${which} in ${name}`).toBe(false);
    for (const person of [...people, "Philippa", "Plantagenet", "PHILIPPA"])
      expect(text.toLowerCase().includes(person.toLowerCase()), `${person} in ${name}`).toBe(false);
  }
}

test("what leaves the plant holds what helps, no secret from anywhere, and nobody's name", async () => {
  const { name, zip } = await makeBundle(input);
  expect(name).toMatch(/^millwright-support-\d{8}-\d{6}\.zip$/);
  const files = unpack(zip);
  nothingLeaks(files);
  expect(Object.keys(files).toSorted()).toEqual([
    "about.txt",
    "config.json",
    "database.json",
    "health.json",
    "logs/edge.log",
    "logs/server.log",
    "metrics.txt",
    "tree.txt",
    "versions.json",
  ]);
  expect(files["logs/server.log"]).toContain("a line that helps");
  expect(files["logs/server.log"]).toContain("alarms.guard");
  expect(JSON.parse(files["config.json"] ?? "")).toEqual({
    PORT: "3000",
    HOSTS: "plant.example",
    DATABASE_URL: "postgres://[secret]@db.example:5432/millwright",
    MQTT_URL: "mqtts://[secret]@broker",
  });
  const facts = JSON.parse(files["database.json"] ?? "");
  expect(facts.migrations.at(-1)).toMatchObject({ begins: expect.stringMatching(/^[0-9a-f]{12}$/) });
  expect(facts.tables.map((table: { name: string }) => table.name)).toContain("reading");
  expect(facts.settings.find((one: { key: string }) => one.key === "erp").value.apiKey).toBe("[secret]");
  expect(facts.schedules[0].last_error).toContain("401");
  expect(files["tree.txt"]).toContain("queue/000001.ldb");
  expect(files["tree.txt"]).toContain("secrets/session-secret");
  expect(files["tree.txt"]).not.toContain("never-opened");
});

test("without the database nobody knows the names, so the logs stay where they are", async () => {
  const files = unpack(
    (
      await makeBundle({
        ...input,
        db: null,
        health: () => Promise.resolve(null),
        metrics: () => Promise.resolve(null),
      })
    ).zip,
  );
  nothingLeaks(files);
  expect(Object.keys(files).filter((name) => name.startsWith("logs/"))).toEqual(["logs/left-out.txt"]);
  expect(files["database.json"]).toContain("cannot be reached");
});

test("an administrator takes it by a button and that stands in the audit; nobody else may", async () => {
  const supervisor = await house.signedIn("supervisor");
  expect((await supervisor.post("/house/support")).status).toBe(403);
  const administrator = await house.signedIn("administrator");
  const { status, body } = await administrator.post("/house/support");
  expect(status).toBe(200);
  nothingLeaks(unpack(Buffer.from(body.zip, "base64")));
  const [row] = await house.db.execute<{ n: number }>(
    sql`select count(*)::int as n from audit where action = 'support.make'`,
  );
  expect(row?.n).toBe(1);
});
