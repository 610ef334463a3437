import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseConfig } from "#server/core/config.ts";
import { foldersOf } from "#server/launcher/folders.ts";
import { DemoAddress } from "./demo.contract.ts";

/** Something a person can mend; printed as one sentence. */
export class HandProblem extends Error {}

/** Where the demo of this environment runs. @throws HandProblem when none does */
export async function findDemo(env: Readonly<Record<string, string | undefined>>): Promise<DemoAddress> {
  const { house } = foldersOf(resolve(parseConfig(env).DATA_DIR), true);
  const text = await readFile(join(house, "demo.json"), "utf8").catch(() => null);
  const address = text === null ? null : DemoAddress.safeParse(read(text));
  if (address === null || !address.success)
    throw new HandProblem(
      "No demo plant runs here: start one with `npm start` in another terminal (or name its DATA_DIR).",
    );
  return address.data;
}

/** A file that is just being written is not there yet. */
function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Asks the plant's hand. @throws HandProblem with the plant's own words when it refuses */
export async function askPlant(demo: DemoAddress, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${demo.control}${path}`, {
    ...(body === undefined
      ? {}
      : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    signal: AbortSignal.timeout(5000),
  }).catch(() => {
    throw new HandProblem("The demo's machines do not answer; they may be starting. Try again in a moment.");
  });
  const answer: unknown = await response.json();
  if (!response.ok)
    throw new HandProblem((answer as { error?: string }).error ?? `the plant answered ${response.status}`);
  return answer;
}

/** A person at a browser, without the browser: signs in and speaks to the public API. */
export class ApiHand {
  readonly #url: string;
  #cookies = "";

  constructor(url: string) {
    this.#url = url;
  }

  async signIn(person: string, password: string): Promise<void> {
    await this.post("/session/password", { person, password });
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>(path, {});
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#ask<T>(path, {
      method: "POST",
      body: JSON.stringify({ commandId: crypto.randomUUID(), ...body }),
      headers: { "content-type": "application/json" },
    });
  }

  async #ask<T>(path: string, init: RequestInit): Promise<T> {
    const headers = {
      ...init.headers,
      origin: this.#url,
      ...(this.#cookies === "" ? {} : { cookie: this.#cookies }),
    };
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      ...init,
      headers,
      signal: AbortSignal.timeout(8000),
    });
    const set = response.headers.getSetCookie().map((c) => c.split(";")[0] ?? "");
    if (set.length > 0) this.#cookies = set.join("; ");
    const answer: unknown = await response.json();
    if (response.ok) return answer as T;
    const code = (answer as { refusal?: { code?: string } }).refusal?.code ?? String(response.status);
    throw new HandProblem(`${path}: ${code}`);
  }
}
