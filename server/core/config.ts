import { z } from "zod";

const flag = z.enum(["0", "1"]).transform((v) => v === "1");
const port = z.coerce.number().int().min(0).max(65_535);

/** What the environment may say. The README's table is made from these descriptions. */
export const Environment = z.object({
  PORT: port.default(3000).describe("Port of http://localhost"),
  HTTPS_PORT: port.default(3443).describe("Port of https://, for tablets and other machines"),
  DATA_DIR: z
    .string()
    .default("data")
    .describe("Folder for database, edge queue, keys, certificates and uploads"),
  DATABASE_URL: z
    .string()
    .optional()
    .describe("An own PostgreSQL (as its owner); without it an embedded one is started"),
  MQTT_URL: z.string().optional().describe("An own MQTT broker; without it the edge brings one"),
  MQTT_PORT: port.default(1883).describe("Port of the broker inside the edge"),
  DEVICE_PORT: port.default(3010).describe("Port on which the edge listens for socket.io devices"),
  OPCUA_PORT: port
    .default(4840)
    .describe("Port of the OPC UA server that the demo's lathes speak through; the demo only"),
  DEVICE_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("Address on which machines reach the edge; 127.0.0.1 = this computer only, 0.0.0.0 = all"),
  TLS_CERT: z.string().optional().describe("Certificate file (PEM); without it a local authority makes one"),
  TLS_KEY: z.string().optional().describe("Key file (PEM) for TLS_CERT"),
  HOSTS: z
    .string()
    .default("")
    .describe("Further host names and addresses, comma-separated, under which tablets reach this plant"),
  DEMO: flag.default(true).describe("1 = the demo plant in its own database; 0 = a real, empty plant"),
  DEMO_SPEED: z.coerce
    .number()
    .min(1)
    .max(200)
    .default(20)
    .describe("How much faster the demo's physics run; fixed when it is seeded"),
  ROLES: z
    .string()
    .default("door,ingest,screens,lanes,runner")
    .describe("Parts of the server that this process runs"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("How much the logs say"),
});

export type Config = z.infer<typeof Environment> & { readonly roles: ReadonlySet<ServerRole> };

export const serverRoles = ["door", "ingest", "screens", "lanes", "runner"] as const;
export type ServerRole = (typeof serverRoles)[number];

/** Parses the environment once. @throws Error with one clear sentence naming the variable. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // A setting that is there and empty is not set: that is how shells and compose files leave one out.
  const given = Object.entries(env).filter(([, value]) => value !== "");
  const parsed = Environment.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`The setting ${issue?.path.join(".") ?? ""} is wrong: ${issue?.message ?? "invalid"}.`);
  }
  const names = parsed.data.ROLES.split(",")
    .map((r) => r.trim())
    .filter((r) => r !== "");
  const unknown = names.find((n) => !(serverRoles as readonly string[]).includes(n));
  if (unknown !== undefined)
    throw new Error(`The setting ROLES names "${unknown}"; known are ${serverRoles.join(", ")}.`);
  if ((parsed.data.TLS_CERT === undefined) !== (parsed.data.TLS_KEY === undefined)) {
    throw new Error("The settings TLS_CERT and TLS_KEY belong together: give both or neither.");
  }
  return { ...parsed.data, roles: new Set(names as ServerRole[]) };
}
