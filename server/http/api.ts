import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { isDatabaseAway } from "#db/away.ts";
import type { Logger } from "#server/core/log.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { checkOrigin } from "./origin.ts";
import type { ApiDeps, ApiEnv, ApiRouter, Routes } from "./route.ts";
import { statusOf } from "./status.ts";

export interface ApiOptions extends ApiDeps {
  /** One per feature, e.g. `machinesRoutes`. */
  readonly routes: readonly Routes[];
  readonly version: string;
}

/**
 * `/api/v1`: every route of every feature, `/api/v1/openapi.json`, one shape of refusals, 404 as JSON for all else.
 * Knows nothing of sockets and hosts; the door stands before it.
 */
export function createApi(options: ApiOptions): OpenAPIHono<ApiEnv> {
  const { db, clock, log, auth, routes, version } = options;
  const app = new OpenAPIHono<ApiEnv>();
  const api: ApiRouter = { app, deps: { db, clock, log, auth }, registered: [] };

  app.use("*", async (c, next) => {
    c.header("cache-control", "no-store");
    // A NUL cannot be stored, so nothing in the database can be found by one.
    if (/%00/.test(c.req.url)) throw new Refusal("invalid", { problem: "contains NUL" });
    if (c.req.method !== "GET" && c.req.method !== "HEAD") checkOrigin(c.req.raw);
    await next();
  });
  for (const mount of routes) mount(api);
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-session",
  });
  app.get("/api/v1/openapi.json", async (c) => {
    const { actor } = await auth.identify(c.req.raw.headers);
    if (actor.kind === "nobody") throw new Refusal("sign_in_needed");
    return c.json(app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Millwright", version } }));
  });
  app.notFound((c) => refuse(c, new Refusal("not_found")));
  app.onError((error, c) => answerError(error, c, log));
  return app;
}

function refuse(c: Context, refusal: Refusal): Response {
  if (refusal.code === "pin_throttled") c.header("retry-after", String(refusal.params["seconds"] ?? 60));
  return c.json({ refusal }, statusOf(refusal.code));
}

/** A refusal is answered as such, a database that is away as "not now"; anything else is a bug and gets an id. */
function answerError(error: Error, c: Context, log: Logger): Response {
  c.header("cache-control", "no-store");
  if (error instanceof Refusal) return refuse(c, error);
  if (isDatabaseAway(error)) {
    log.warn({ err: error, path: c.req.path }, "the database is away");
    c.header("retry-after", "1");
    return refuse(c, new Refusal("database_away"));
  }
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString("hex");
  log.error({ err: error, id, method: c.req.method, path: c.req.path }, "request failed");
  return c.json({ error: { id } }, 500);
}
