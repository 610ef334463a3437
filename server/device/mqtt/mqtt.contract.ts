import { z } from "zod";

/** JSON path of RFC 9535, with names, indexes and `*` only; see json-path.ts. */
const Path = z.string().min(1).max(512);
const Template = z.string().min(1).max(512);

/** Where a set-point is written. A mapping without it is never written to. */
const Write = z.strictObject({
  /** Topic, with the tokens of the name, e.g. `{topic}/set`. */
  topic: Template,
  /** `{value}` is the value (as JSON where the payload is JSON), `{now}` the time in ms; the name's tokens too. */
  payload: z.string().min(1).max(4096).default("{value}"),
});

const common = {
  /** Topic filter with `+` and `#`. */
  filter: z.string().min(1).max(65_535),
  /** Made of `{1}`… (levels of the topic), `{topic}` and the words of the payload's kind. */
  name: Template.optional(),
  write: Write.optional(),
};

const Mapping = z.discriminatedUnion("payload", [
  z.strictObject({
    payload: z.literal("json"),
    ...common,
    /** Where values stand, e.g. `$.temperature`, `$.values[*].v`, `$.*`. Words of the name: `{key}`, `{path}`. */
    values: z.array(Path).min(1).max(64),
    /** Where the name of each value stands; else `{key}` is the last name on the way to it. */
    key: Path.optional(),
    /** The source's own time. Without one (or where a message has none) it is the edge's at reception. */
    time: z.strictObject({ path: Path, unit: z.enum(["s", "ms", "us", "ns", "iso"]) }).optional(),
    /** A word (good, uncertain, bad, stale), a flag, or a code; without it a value is good. */
    quality: z.strictObject({ path: Path, codes: z.enum(["opc-da", "opc-ua"]).default("opc-da") }).optional(),
    unit: z.strictObject({ path: Path }).optional(),
  }),
  /** As the United Manufacturing Hub says it. Words of the name: `{location}`, `{contract}`, `{key}`. */
  z.strictObject({ payload: z.literal("umh"), ...common }),
  z.strictObject({ payload: z.literal("text"), ...common }),
  z.strictObject({ payload: z.literal("number"), ...common }),
]);
export type Mapping = z.infer<typeof Mapping>;

const Limits = z.strictObject({
  /** Longest payload that is looked at, bytes. */
  payloadBytes: z
    .number()
    .int()
    .min(1)
    .max(16 * 1024 * 1024)
    .default(256 * 1024),
  /** Objects and lists within one another. */
  depth: z.number().int().min(1).max(64).default(16),
  /** Values in one message. */
  values: z.number().int().min(1).max(10_000).default(1000),
  /** Metrics whose last value is remembered: stale marks and writes are theirs. */
  metrics: z.number().int().min(1).max(100_000).default(10_000),
  /** Readings remembered to know a repetition. */
  repeats: z.number().int().min(1).max(100_000).default(20_000),
});
export type Limits = z.infer<typeof Limits>;

/** `config` of a source whose driver is `mqtt`; what must fit together is looked at in mapping.ts. */
export const MqttConfig = z.strictObject({
  /** Broker, e.g. `mqtts://broker.plant:8883`; else the edge's. */
  url: z.string().min(1).max(512).optional(),
  /** Authority (PEM, a file of the edge: see edge-files.ts) of the broker's certificate. */
  caFile: z.string().max(512).optional(),
  username: z.string().max(256).optional(),
  /** File of the edge with the password, so that no password stands in the database. */
  passwordFile: z.string().max(512).optional(),
  clientId: z.string().min(1).max(128).optional(),
  protocolVersion: z.enum(["3.1.1", "5"]).default("3.1.1"),
  /** Of the subscriptions. */
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(1),
  /** The first whose filter matches is taken: put the narrower before the wider. */
  mappings: z.array(Mapping).min(1).max(500),
  limits: Limits.prefault({}),
  /** A retained message whose own time is older than this is history, ms. */
  historicalAfterMs: z.number().int().min(0).max(86_400_000).default(60_000),
  /** How long the broker may take to acknowledge a write, ms. */
  writeTimeoutMs: z.number().int().min(10).max(60_000).default(3000),
  /** Pause after the broker refused the login or a subscription, ms. */
  refusedRetryMs: z.number().int().min(10).max(3_600_000).default(60_000),
});
export type MqttConfig = z.infer<typeof MqttConfig>;
/** As it stands in the database: what is left out gets its default. */
export type MqttConfigInput = z.input<typeof MqttConfig>;
