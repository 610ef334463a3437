import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, parseConfig } from "#server/core/config.ts";
import type { AuthConfig } from "#server/http/auth.ts";

export interface WebEnvironment {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly auth: AuthConfig;
}

let known: WebEnvironment | undefined;

/** The one place where screens read the environment; once a process. @throws Error naming what is missing */
export function webEnvironment(): WebEnvironment {
  if (known !== undefined) return known;
  const env = process.env; // oxlint-disable-line node/no-process-env
  const config = parseConfig(env);
  const secrets = env["SECRETS_DIR"];
  if (config.DATABASE_URL === undefined || secrets === undefined)
    throw new Error("The screens need DATABASE_URL and SECRETS_DIR; `npm start` gives both.");
  const secret = (name: string) => readFileSync(join(secrets, name), "utf8").trim();
  known = {
    config,
    databaseUrl: config.DATABASE_URL,
    auth: { secret: secret("session-secret"), pepper: secret("pin-pepper") },
  };
  return known;
}
