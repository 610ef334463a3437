import { join } from "node:path";
import { z } from "zod";
import { type Config, parseConfig } from "#server/core/config.ts";

/** What only the edge reads of the environment. */
export const EdgeEnvironment = z.object({
  EDGE_CODE: z
    .string()
    .min(1)
    .max(64)
    .default("edge-1")
    .describe("Which edge this is, as the server knows it"),
  EDGE_TOKEN_FILE: z.string().optional().describe("File with the edge's token; else DATA_DIR/edge/token"),
  SERVER_PUBLIC_KEY_FILE: z
    .string()
    .optional()
    .describe(
      "The server's public key (PEM) that documents are signed with; else DATA_DIR/keys/document.pub",
    ),
  EDGE_ENROL_CODE: z
    .string()
    .optional()
    .describe("One-time code of a further edge: spent at its first start for its token"),
  SERVER_URL: z.url().optional().describe("Where the server listens; else http://127.0.0.1:PORT"),
  SERVER_CA_FILE: z.string().optional().describe("Authority (PEM) of the server's certificate, with https"),
});

export interface EdgeConfig extends Config {
  readonly code: string;
  /** Whether the code was said, or is the usual one of the edge that starts with the plant. */
  readonly enrolCode: string | null;
  readonly tokenFile: string;
  readonly publicKeyFile: string;
  readonly serverUrl: string;
  readonly serverCaFile: string | null;
  /** The edge's own folder. */
  readonly folder: string;
}

/** Parses the environment once. @throws Error with one clear sentence naming the variable. */
export function parseEdgeConfig(env: Readonly<Record<string, string | undefined>>): EdgeConfig {
  const config = parseConfig(env);
  const parsed = EdgeEnvironment.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`The setting ${issue?.path.join(".") ?? ""} is wrong: ${issue?.message ?? "invalid"}.`);
  }
  const own = parsed.data;
  const folder = join(config.DATA_DIR, "edge");
  return {
    ...config,
    code: own.EDGE_CODE,
    enrolCode: own.EDGE_ENROL_CODE ?? null,
    tokenFile: own.EDGE_TOKEN_FILE ?? join(folder, "token"),
    publicKeyFile: own.SERVER_PUBLIC_KEY_FILE ?? join(config.DATA_DIR, "keys", "document.pub"),
    serverUrl: own.SERVER_URL ?? `http://127.0.0.1:${config.PORT}`,
    serverCaFile: own.SERVER_CA_FILE ?? null,
    folder,
  };
}
