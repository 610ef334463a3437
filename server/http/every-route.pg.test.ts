import { afterAll, beforeAll, expect, test } from "vitest";
import { allRoutes, type TestHouse, testHouse } from "./testing.ts";

/** Every route of every feature, as the server mounts them. */
let house: TestHouse;
let beside: readonly string[];
let operations: { method: string; path: string; operation: Operation }[];
interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

beforeAll(async () => {
  house = await testHouse(allRoutes(), {
    alone: true,
  });
  const admin = await house.signedIn("administrator");
  const document = (await admin.get("/openapi.json")).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  // What the door answers beside the API stands in its document too; door and metrics have tests of their own.
  const own = Object.entries(document.paths).filter(([path]) => path.startsWith("/api/v1/"));
  beside = Object.keys(document.paths).filter((path) => !path.startsWith("/api/v1/"));
  operations = own.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path.replace("/api/v1", ""),
      operation,
    })),
  );
});
afterAll(() => house.close());

const open = [
  "GET /health",
  "POST /enrol",
  "POST /session/badge",
  "POST /session/password",
  "POST /session/pin",
  "POST /stations/enrol",
];

test("without a session or a station, only health and the ways in answer", async () => {
  expect(operations.length).toBeGreaterThan(30);
  const answers = await Promise.all(
    operations.map(async ({ method, path }) => {
      const concrete = path.replaceAll(/\{\w+\}/g, "1");
      const answer = await house.browser().call(method, concrete, method === "POST" ? {} : undefined);
      return { route: `${method} ${path}`, answer };
    }),
  );
  const closed = answers.filter(
    ({ answer }) => answer.body.refusal?.code === "sign_in_needed" && answer.status === 401,
  );
  const rest = answers.filter((one) => !closed.includes(one)).map(({ route }) => route);
  expect(rest.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(open);
});

test("the document tells of what is answered beside the API", () => {
  expect(beside).toEqual(["/metrics"]);
});

test("every route says what it is for", () => {
  for (const { method, path, operation } of operations) {
    expect([method, path, operation.summary]).toEqual([method, path, expect.stringMatching(/\S{2,}/)]);
  }
});

test("nothing is filtered or grouped by person but the record itself", () => {
  const about = /person|people|operator|actor|user|employee|badge/i;
  const filtered = operations
    .filter(({ method }) => method === "GET")
    .filter(({ operation }) => (operation.parameters ?? []).some(({ name }) => about.test(name)))
    .map(({ path }) => path);
  expect(filtered).toEqual(["/audit"]);
  // Figures of performance name nobody in any field.
  const figures = operations.filter(({ path }) => /^\/(oee|reports|losses|kpis?)\b/.test(path));
  expect(figures.length).toBeGreaterThan(0);
  for (const { path, operation } of figures) {
    const fields = [
      ...JSON.stringify(operation.responses["200"]).matchAll(/"(\w+)":\{"(?:type|anyOf|\$ref)"/g),
    ];
    expect([path, fields.map(([, name]) => name).filter((name) => about.test(name ?? ""))]).toEqual([
      path,
      [],
    ]);
  }
});
