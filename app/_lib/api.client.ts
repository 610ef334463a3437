"use client";

import type { RefusalView } from "#server/core/refusal.contract.ts";

const base = "/api/v1";

/** The server said no, with a reason from the closed list; `useRefusalWords` turns it into words. */
export class ApiRefusal extends Error {
  readonly refusal: RefusalView;
  readonly status: number;

  constructor(refusal: RefusalView, status: number) {
    super(refusal.code);
    this.name = "ApiRefusal";
    this.refusal = refusal;
    this.status = status;
  }
}

/** Something went wrong on the server; `id` finds it in the log. */
export class ApiFailure extends Error {
  readonly id: string;

  constructor(id: string) {
    super(`failed (${id})`);
    this.name = "ApiFailure";
    this.id = id;
  }
}

/** The server was not reached: nothing is known about what became of the request. */
export class ApiUnreachable extends Error {
  constructor() {
    super("the server was not reached");
    this.name = "ApiUnreachable";
  }
}

async function call(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(base + path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiUnreachable();
  }
  const body = (await response.json().catch(() => null)) as {
    refusal?: RefusalView;
    error?: { id?: string };
    id?: string;
  } | null;
  if (response.ok) return body;
  if (body?.refusal !== undefined) throw new ApiRefusal(body.refusal, response.status);
  // A proxy in front of a server that restarts answers without our words: as good as not reached.
  if (response.status === 502 || response.status === 503 || response.status === 504)
    throw new ApiUnreachable();
  throw new ApiFailure(body?.error?.id ?? body?.id ?? String(response.status));
}

/** Reads `/api/v1` + path. @throws ApiRefusal, ApiFailure, ApiUnreachable */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call(path, { method: "GET", ...(signal === undefined ? {} : { signal }) })) as T;
}

/** Asks `/api/v1` + path a question too long for an address; nothing is stored. @throws as `read` */
export async function ask<T>(path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  return (await call(path, { method: "POST", headers, body: JSON.stringify(body) })) as T;
}

/** Pauses before the second, third and fourth try, ms. */
const pauses = [250, 1000, 3000] as const;

/**
 * Sends one command. When the server is not reached it is sent again with the same `commandId`, so that it
 * happens once whichever try arrived. @throws ApiRefusal, ApiFailure, ApiUnreachable after the last try
 */
export async function send<T>(
  path: string,
  commandId: string,
  body: object = {},
  method: "POST" | "DELETE" = "POST",
): Promise<T> {
  const init: RequestInit = {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, commandId }),
  };
  for (const pause of pauses) {
    try {
      return (await call(path, init)) as T;
    } catch (error) {
      if (!(error instanceof ApiUnreachable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return (await call(path, init)) as T;
}
