import { request } from "node:http";
import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stopReason } from "#db/schema/execution/production.ts";
import { plantRoutes } from "./routes/plant.ts";
import { importsRoutes } from "./routes/imports.ts";
import { type TestBrowser, type TestHouse, testHouse, testPepper } from "./testing.ts";

let house: TestHouse;
let admin: TestBrowser;
const file = { kind: "reasons", format: "csv", data: "name,planned\nJam,no\nBreak,yes" };

beforeAll(async () => {
  house = await testHouse([importsRoutes(testPepper), plantRoutes]);
  admin = await house.signedIn("administrator");
});
afterAll(() => house.close());

test("a file is tried, stored, and read out again over the API", async () => {
  const tried = await admin.call("POST", "/imports/try", file);
  expect(tried.body).toMatchObject({ rows: 2, added: 2, wrong: 0, mark: "," });
  expect(await house.db.select().from(stopReason)).toEqual([]);
  expect((await admin.post("/imports", file)).body).toMatchObject({ added: 2, problems: [] });
  const out = await admin.get("/imports/reasons/current");
  expect(out.body).toMatchObject({ name: "reasons.csv", csv: expect.stringContaining("Jam,false,false,") });
  expect((await admin.call("POST", "/imports/try", { ...file, data: out.body.csv })).body).toMatchObject({
    same: 2,
  });
  expect((await admin.get("/imports/tags/template")).body.csv).toContain("metric,machine,name");
  expect((await admin.get("/imports/tags/current")).body.refusal).toMatchObject({ code: "not_found" });
});

test("rows that are wrong are a refusal unless the good ones are wished", async () => {
  const wrong = { ...file, data: "name,planned\nTool,no\nBreak,perhaps" };
  const all = await admin.post("/imports", wrong);
  expect([all.status, all.body.refusal.code]).toEqual([422, "rows_wrong"]);
  expect((await admin.post("/imports", { ...wrong, skipWrong: true })).body).toMatchObject({
    added: 1,
    wrong: 1,
    problems: [{ line: 3, column: "planned", code: "not_one_of" }],
  });
});

test("a file of megabytes is taken; one of nine is refused with a sentence, and so is a large body of any other route", async () => {
  const rows = (n: number) => `name,planned\n${`${"x".repeat(5000)},maybe\n`.repeat(n)}`;
  const some = await admin.call("POST", "/imports/try", { ...file, data: rows(400) });
  expect(some.body).toMatchObject({ wrong: 400 });
  const large = await admin.call("POST", "/imports/try", { ...file, data: " ".repeat(9 * 1024 * 1024) });
  expect([large.status, large.body.refusal]).toEqual([
    413,
    { code: "too_large", params: { limit: 8, unit: "MB" } },
  ]);
  const other = await admin.post("/plant/lines", { name: "x".repeat(70_000) });
  expect(other.body.refusal).toEqual({ code: "too_large", params: { limit: 64, unit: "KB" } });
  // Who may not bring in anything sends no more than anybody else.
  const operator = await house.signedIn("operator");
  expect((await operator.post("/imports", { ...file, data: rows(20) })).body.refusal.params).toEqual({
    limit: 64,
    unit: "KB",
  });
});

test("over a real socket, nine megabytes that nobody announced are cut off in the middle", async () => {
  const server = serve({ fetch: house.app.fetch, port: 0, hostname: "127.0.0.1" });
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const status = await new Promise<number>((resolve, reject) => {
      const headers = {
        cookie: admin.cookies(),
        origin: `http://localhost:${port}`,
        "content-type": "application/json",
        "transfer-encoding": "chunked",
      };
      const sent = request({ port, method: "POST", path: "/api/v1/imports/try", headers }, (answer) => {
        resolve(answer.statusCode ?? 0);
        answer.resume();
      });
      sent.on("error", reject);
      sent.write('{"kind":"reasons","format":"csv","data":"');
      const more = (left: number): void => {
        if (left === 0) sent.end('"}');
        else sent.write(" ".repeat(1024 * 1024), () => more(left - 1));
      };
      more(9);
    });
    expect(status).toBe(413);
  } finally {
    server.close();
  }
});

test("who may not type it in may not take it out", async () => {
  const operator = await house.signedIn("operator");
  const supervisor = await house.signedIn("supervisor");
  expect((await operator.get("/imports/people/current")).body.refusal.code).toBe("not_allowed");
  expect((await supervisor.get("/imports/people/current")).body.refusal.code).toBe("not_allowed");
  expect((await supervisor.get("/imports/products/current")).status).toBe(200);
  expect((await operator.call("POST", "/imports/try", file)).body.refusal.code).toBe("not_allowed");
});
