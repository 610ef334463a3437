import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { z } from "zod";
import { z as zod } from "zod";
import type { Db } from "#db/client.ts";
import { type Action, type Scope, whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import type { Logger } from "#server/core/log.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Auth, Caller } from "./auth.ts";
import { readJsonBody } from "./body.ts";
import type { Identity } from "./identity.ts";
import { singleFlight } from "./single-flight.ts";

/** What every route may use. A feature that needs more exports a factory: `fooRoutes(services)(api)`. */
export interface ApiDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly auth: Auth;
}

export interface ApiEnv {
  Variables: { identity: Identity; public: boolean };
}

/** What a feature's `<feature>Routes(api)` gets: the application and what its handlers work with. */
export interface ApiRouter {
  readonly app: OpenAPIHono<ApiEnv>;
  readonly deps: ApiDeps;
  /** `METHOD /path` of every route, and whether it answers without a session. */
  readonly registered: { readonly method: string; readonly path: string; readonly public: boolean }[];
}

/** Mounts one feature's routes. */
export type Routes = (api: ApiRouter) => void;

type Shape = z.ZodRawShape;
// No fields: what a route without parameters has.
// oxlint-disable-next-line typescript/no-generated-empty-object-type
type NoShape = Record<never, never>;
/** The parsed fields of a route's part. */
type Parsed<S extends Shape> = z.output<z.ZodObject<S>>;

export interface QueryCall<P extends Shape, Q extends Shape> {
  readonly db: Db;
  readonly actor: Actor;
  readonly identity: Identity;
  readonly clock: Clock;
  /** Path parameters and query parameters together, parsed. */
  readonly input: Parsed<P> & Parsed<Q>;
}

type Permission =
  | { readonly action: Action; readonly public?: never }
  | { readonly public: true; readonly action?: never };

export type QueryRoute<P extends Shape, Q extends Shape, R> = Permission & {
  readonly method?: "get";
  /** Below /api/v1, parameters as `:name`. */
  readonly path: string;
  readonly params?: z.ZodObject<P>;
  readonly query?: z.ZodObject<Q>;
  readonly response: z.ZodType<R>;
  readonly summary: string;
  /** Where the action is aimed, e.g. the machine of the path; a station sees only its own machines then. */
  readonly scope?: (call: QueryCall<P, Q>) => Scope | Promise<Scope>;
  /**
   * The answer does not depend on who asks: requests in flight at once with the same input and the same `?v=`
   * (the version a `changed` named) share one query. Authorised before.
   */
  readonly shared?: boolean;
  readonly run: (call: QueryCall<P, Q>) => Promise<R>;
};

/** A reading route (GET). Unknown query parameters are refused, so that a typing error is seen. */
export function queryRoute<P extends Shape = NoShape, Q extends Shape = NoShape, R = unknown>(
  api: ApiRouter,
  route: QueryRoute<P, Q, R>,
): void {
  const { db, clock } = api.deps;
  const flight = singleFlight<R>();
  const query = route.query === undefined ? zod.strictObject({}) : route.query.strict();
  register(api, { ...route, method: "get", isPublic: route.public === true, body: undefined });
  api.app.get(`/api/v1${route.path}`, async (c) => {
    const identity = await enter(api, c, route.public === true);
    const { v: version, ...given } = c.req.query();
    const input = {
      ...(parse(route.params ?? zod.object({}), c.req.param()) as object),
      ...(parse(query, given) as object),
    } as Parsed<P> & Parsed<Q>;
    const call = { db, clock, actor: identity.actor, identity, input };
    if (route.action !== undefined) {
      const refusal = whyNotAllowed(identity.actor, route.action, await route.scope?.(call));
      if (refusal !== null) throw refusal;
    }
    const key = route.shared === true && version !== undefined ? `${version}:${JSON.stringify(input)}` : null;
    return c.json(key === null ? await route.run(call) : await flight(key, () => route.run(call)));
  });
}

export interface AskRoute<B extends Shape, R> {
  readonly path: string;
  /** Left out = `run` checks the right itself: where it is aimed stands in the body. */
  readonly action?: Action;
  readonly body: z.ZodObject<B>;
  readonly response: z.ZodType<R>;
  readonly summary: string;
  /** Most bytes of the body, for whoever asks; by default little. */
  readonly maxBytes?: (actor: Actor) => number;
  readonly run: (call: { db: Db; clock: Clock; actor: Actor; input: Parsed<B> }) => Promise<R>;
}

/** A question (POST) whose words are too many for an address. It changes nothing that is stored, so it is no command. */
export function askRoute<B extends Shape, R>(api: ApiRouter, route: AskRoute<B, R>): void {
  const { db, clock } = api.deps;
  const body = route.body.strict();
  register(api, { ...route, method: "post", isPublic: false, body });
  api.app.post(`/api/v1${route.path}`, async (c) => {
    const { actor } = await enter(api, c, false);
    const refusal = route.action === undefined ? null : whyNotAllowed(actor, route.action);
    if (refusal !== null) throw refusal;
    const input = parse(body, await readJsonBody(c.req.raw, route.maxBytes?.(actor))) as Parsed<B>;
    return c.json((await route.run({ db, clock, actor, input })) as object);
  });
}

export interface CommandRoute<I, O, P extends Shape, R> {
  readonly path: string;
  readonly command: Command<I, O>;
  readonly params?: z.ZodObject<P>;
  /** The body beside `commandId`; by default the command's input without what the path gives. */
  readonly body?: z.ZodObject;
  /** Makes the command's input; by default path parameters and body together. */
  readonly input?: (parts: { params: Parsed<P>; body: Record<string, unknown>; db: Db }) => unknown;
  readonly response: z.ZodType<R>;
  readonly summary: string;
  /** Most bytes of the body, for whoever sends it; by default little. */
  readonly maxBytes?: (actor: Actor) => number;
  /** Makes the answer from the command's result; by default the result itself. */
  readonly view?: (result: O, call: { db: Db; actor: Actor; clock: Clock }) => Promise<R> | R;
}

/**
 * A writing route (POST): body = `{commandId, …input}` as JSON. A repeat with the same `commandId` answers what
 * was stored. Who may call it stands in the command's `allow`.
 */
export function commandRoute<I, O, P extends Shape = NoShape, R = O>(
  api: ApiRouter,
  route: CommandRoute<I, O, P, R>,
): void {
  const { db, clock } = api.deps;
  const { command } = route;
  const paramsSchema: z.ZodObject = route.params ?? zod.object({});
  const body = commandBody(route.body ?? bodyOf(command.input, Object.keys(paramsSchema.shape)));
  register(api, { ...route, method: "post", isPublic: false, body });
  api.app.post(`/api/v1${route.path}`, async (c) => {
    const { actor } = await enter(api, c, false);
    const params = parse(paramsSchema, c.req.param()) as Parsed<P>;
    const { commandId, ...rest } = parse(body, await readJsonBody(c.req.raw, route.maxBytes?.(actor))) as {
      commandId: string;
    };
    const input =
      route.input === undefined ? { ...params, ...rest } : await route.input({ params, body: rest, db });
    const result = await command.execute({ db, clock }, actor, commandId, input);
    return c.json(route.view === undefined ? result : await route.view(result, { db, actor, clock }));
  });
}

export interface SessionCall<B extends Shape> {
  /** Headers and address of the request. */
  readonly from: Caller;
  readonly identity: Identity;
  readonly body: Parsed<B>;
  readonly setCookie: (cookie: string) => void;
}

export interface SessionRoute<B extends Shape, R> {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly public: boolean;
  readonly body?: z.ZodObject<B>;
  readonly response: z.ZodType<R>;
  readonly summary: string;
  readonly run: (call: SessionCall<B>) => Promise<R>;
}

/**
 * Routes that start, read or end a session: they set cookies, and what they answer must not be kept, so they are
 * no commands. `commandId` is accepted and means nothing: doing it twice is harmless.
 */
export function sessionRoute<B extends Shape = NoShape, R = unknown>(
  api: ApiRouter,
  route: SessionRoute<B, R>,
): void {
  const schema = route.body?.extend({ commandId: zod.uuid().optional() }).strict();
  register(api, { ...route, isPublic: route.public, body: schema });
  api.app.on(route.method.toUpperCase(), `/api/v1${route.path}`, async (c) => {
    const identity = await enter(api, c, route.public);
    const body = (schema === undefined ? {} : parse(schema, await readJsonBody(c.req.raw))) as Parsed<B>;
    const setCookie = (cookie: string) => c.header("set-cookie", cookie, { append: true });
    const from = { headers: c.req.raw.headers, address: addressOf(c) };
    return c.json((await route.run({ from, identity, body, setCookie })) as object);
  });
}

/** Nobody gets further than this on a route that is not public, whatever the input is. */
async function enter(api: ApiRouter, c: Context<ApiEnv>, isPublic: boolean): Promise<Identity> {
  const identity = await api.deps.auth.identify(c.req.raw.headers);
  if (!isPublic && identity.actor.kind === "nobody") throw new Refusal("sign_in_needed");
  if (c.req.method !== "GET") await api.deps.auth.touch(identity);
  return identity;
}

function addressOf(c: Context<ApiEnv>): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? "unknown";
}

/** @throws Refusal `invalid` that names the field and zod's problem with it. */
export function parse(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys : [];
  throw new Refusal(
    "invalid",
    { problem: issue?.message ?? "invalid" },
    [...(issue?.path ?? []), ...unknown.slice(0, 1)].join("."),
  );
}

function bodyOf(input: z.ZodType, given: readonly string[]): z.ZodObject {
  if (!(input instanceof zod.ZodObject))
    throw new Error("give `body`: the command's input is no plain object");
  const rest = Object.fromEntries(Object.entries(input.shape).filter(([key]) => !given.includes(key)));
  return zod.object(rest);
}

function commandBody(body: z.ZodObject): z.ZodObject {
  return body
    .extend({
      commandId: zod.uuid().describe("Made by the client; a repeat with the same id does nothing twice"),
    })
    .strict();
}

const RefusalAnswer = zod.object({
  refusal: zod.object({
    code: zod.string(),
    params: zod.record(zod.string(), zod.union([zod.string(), zod.number()])),
    field: zod.string().optional(),
  }),
});

interface Registered {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly isPublic: boolean;
  readonly response: z.ZodType;
  readonly params?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly body: z.ZodObject | undefined;
}

function register(api: ApiRouter, route: Registered): void {
  api.registered.push({ method: route.method.toUpperCase(), path: route.path, public: route.isPublic });
  const request = {
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { query: route.query }),
    ...(route.body === undefined
      ? {}
      : { body: { required: true, content: { "application/json": { schema: route.body } } } }),
  };
  api.app.openAPIRegistry.registerPath(
    createRoute({
      method: route.method,
      path: `/api/v1${route.path.replaceAll(/:(\w+)/g, "{$1}")}`,
      summary: route.summary,
      tags: [route.path.split("/")[1] ?? ""],
      security: route.isPublic ? [] : [{ session: [] }],
      request,
      responses: {
        200: { description: "Done", content: { "application/json": { schema: route.response } } },
        default: {
          description: "Refused, with the reason",
          content: { "application/json": { schema: RefusalAnswer } },
        },
      },
    }),
  );
}
