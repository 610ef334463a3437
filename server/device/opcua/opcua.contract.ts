import { z } from "zod";

/** Built-in types of OPC UA of which a value becomes a reading. */
export const readableTypes = [
  "Boolean",
  "SByte",
  "Byte",
  "Int16",
  "UInt16",
  "Int32",
  "UInt32",
  "Int64",
  "UInt64",
  "Float",
  "Double",
  "String",
  "DateTime",
  "Guid",
  "LocalizedText",
] as const;

/** A node as text (OPC UA Part 6, 5.3.1.10): the URI of its namespace, and its identifier with its kind. */
export const nodePattern =
  /^(?:nsu=([^;]+);)?(i=\d{1,10}|s=.{1,1024}|g=[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|b=[0-9a-z+/]+={0,2})$/isu;

/** A metric's name: no control characters. */
const Metric = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, "may not contain control characters");

/** `nsu=<namespace URI>;s=<name>` (or i=, g=, b=); a node of the standard without namespace, e.g. `i=2258`. */
const NodeName = z
  .string()
  .max(1500)
  .refine((text) => !/^ns=\d+;/.test(text), {
    message:
      "the index of a namespace may change when the machine restarts: write nsu=<its URI>; in place of ns=<index>;",
    abort: true,
  })
  .regex(nodePattern, "write a node as nsu=<namespace URI>;s=<name>, or with i=, g= or b=");

const Deadband = z.union([
  /** In the node's unit. */
  z.strictObject({ absolute: z.number().positive().max(1e12) }),
  /** Of the node's EURange, which the server must have (OPC UA Part 8, 7.2). */
  z.strictObject({ percent: z.number().positive().max(100) }),
]);

/** 0 = as fast as the server can. */
const SampleMs = z.number().int().min(0).max(3_600_000);

const Node = z
  .strictObject({
    metric: Metric,
    node: NodeName,
    sampleMs: SampleMs.optional(),
    /** "every" = also what came anew with the same value, as the length of a cycle does. */
    report: z.enum(["changes", "every"]).default("changes"),
    /** Values the server keeps between two publications; else twice as many as it takes meanwhile. */
    queue: z.number().int().min(1).max(100_000).optional(),
    /** Below this change the server says nothing. Not for counters, flags and states. */
    deadband: Deadband.optional(),
    /** What the node must be; another type is refused. */
    type: z.enum(readableTypes).optional(),
    /** Only what says so is ever written. */
    writable: z.boolean().default(false),
    /** A set-point that is given by calling a method: the value is its only argument. */
    method: z.strictObject({ object: NodeName, method: NodeName }).optional(),
  })
  .refine(({ writable, method }) => !writable || method === undefined, {
    message: "a set-point is written or given by its method, not both",
    path: ["method"],
  });
export type Node = z.infer<typeof Node>;

/** Takes in every variable below a node, named by its path, so that the mapping page shows what there is. */
const Browse = z.strictObject({
  /** The standard's folder Objects where nothing is said. */
  root: NodeName.default("i=85"),
  depth: z.number().int().min(1).max(12).default(6),
  /** Variables taken in at most. */
  max: z.number().int().min(1).max(5000).default(500),
  /** Time the search may take, ms. */
  timeoutMs: z.number().int().min(100).max(120_000).default(15_000),
  sampleMs: SampleMs.optional(),
});
export type Browse = z.infer<typeof Browse>;

/** SHA-1 (as most machines show it) or SHA-256, as hexadecimal digits; colons and spaces between them may stand. */
const Thumbprint = z
  .string()
  .max(128)
  .transform((text) => text.replaceAll(/[:\s-]/g, "").toLowerCase())
  .refine(
    (text) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text),
    "a thumbprint has 40 or 64 hexadecimal digits",
  );

const FileName = z.string().min(1).max(512);

export const securityPolicies = ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"] as const;

/** `config` of a source whose driver is `opcua`: one server, which one edge alone is the client of. */
export const OpcUaConfig = z
  .strictObject({
    url: z
      .string()
      .max(512)
      .regex(/^opc\.tcp:\/\/([^/:\s]+|\[[0-9a-f:]+\])(:\d{1,5})?(\/\S*)?$/i, "write opc.tcp://host:port"),
    /** Without it nothing is signed and nothing encrypted. */
    security: z
      .strictObject({
        mode: z.enum(["sign", "signAndEncrypt"]),
        policy: z.enum(securityPolicies).default("Basic256Sha256"),
      })
      .optional(),
    /** Thumbprints of the server certificates that are trusted; without one of them nothing secured is opened. */
    trusted: z.array(Thumbprint).max(20).default([]),
    /** Without it anonymous. */
    user: z
      .discriminatedUnion("kind", [
        /** `passwordFile` is a file on the edge, so that no password stands in the database. */
        z.strictObject({
          kind: z.literal("password"),
          name: z.string().min(1).max(256),
          passwordFile: FileName,
        }),
        /** PEM files on the edge. */
        z.strictObject({ kind: z.literal("certificate"), certificateFile: FileName, keyFile: FileName }),
      ])
      .optional(),
    /** How often the server may send, ms. */
    publishMs: z.number().int().min(20).max(60_000).default(500),
    /** How often the server looks at its values where a node says nothing else, ms. */
    sampleMs: SampleMs.default(250),
    /** A value that stays is said again after this long, as true at the server's last message, ms. */
    repeatMs: z.number().int().min(100).max(3_600_000).default(10_000),
    /** The server says that it lives at least this often, ms. */
    aliveMs: z.number().int().min(100).max(60_000).default(5000),
    /** How long the server keeps session and subscription for us when the link is lost, ms. */
    keepMs: z.number().int().min(1000).max(3_600_000).default(60_000),
    /** For the connection and for each answer, ms. */
    timeoutMs: z.number().int().min(100).max(60_000).default(5000),
    /** Pause after the server refused us, ms. */
    refusedRetryMs: z.number().int().min(10).max(3_600_000).default(60_000),
    nodes: z.array(Node).max(5000).default([]),
    browse: Browse.optional(),
  })
  .superRefine(({ nodes, browse, user, security, aliveMs, keepMs }, context) => {
    const wrong = (message: string): void => context.addIssue({ code: "custom", message });
    const seen = new Set<string>();
    for (const { metric } of nodes) {
      if (seen.has(metric)) wrong(`${metric} stands there twice`);
      seen.add(metric);
    }
    if (nodes.length === 0 && browse === undefined) wrong("name nodes, or browse for them");
    // Without a certificate that was looked at, anybody could ask for the password.
    if (user !== undefined && security === undefined) wrong("a user needs security: sign or signAndEncrypt");
    if (keepMs < 3 * aliveMs) wrong("keepMs must be at least three times aliveMs");
  });
export type OpcUaConfig = z.infer<typeof OpcUaConfig>;
/** As it stands in the database: what is left out gets its default. */
export type OpcUaConfigInput = z.input<typeof OpcUaConfig>;
