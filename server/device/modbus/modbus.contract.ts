import { z } from "zod";

/** The four tables of a Modbus device. Coils and discrete inputs are bits, the others registers of 16 bits. */
export const tables = ["coil", "discrete", "input", "holding"] as const;
export type Table = (typeof tables)[number];

/** How many registers of 16 bits a value of a type fills. A bool in a register needs its `bit`. */
export const wordsOf = {
  bool: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
} as const;
export type RegisterType = keyof typeof wordsOf;

/** Most of a table that one request may read (Modbus Application Protocol 1.1b3, 6.1 to 6.4). */
export const maxPerRead = { coil: 2000, discrete: 2000, input: 125, holding: 125 } as const;

/** A metric's name: no control characters. */
const Metric = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, "may not contain control characters");

/** A contact that a machine without a controller of its own gives: see `contact.rules.ts`. */
const Contact = z.object({
  /** "run" = closed while the machine runs, becomes a text; "pulse" = closes once per piece, becomes a counter. */
  kind: z.enum(["run", "pulse"]),
  /** How long the contact must stand still before it is believed, ms. */
  debounceMs: z.number().int().min(0).max(60_000),
});

const Register = z
  .object({
    metric: Metric,
    table: z.enum(tables),
    /** As it stands in the request: the first is 0, "40001" in a manual is holding 0. */
    address: z.number().int().min(0).max(65_535),
    type: z.enum(Object.keys(wordsOf) as [RegisterType, ...RegisterType[]]),
    /** Which word of a value of 32 or 64 bits stands first: "big" = the high one. */
    wordOrder: z.enum(["big", "little"]).default("big"),
    /** The two bytes within each word are the other way round than Modbus says. */
    byteSwap: z.boolean().default(false),
    /** Which bit of the register a bool is; 0 = the lowest. */
    bit: z.number().int().min(0).max(15).optional(),
    /** Only what says so is ever written. */
    writable: z.boolean().default(false),
    contact: Contact.optional(),
  })
  .superRefine((register, context) => {
    const wrong = whyWrong(register);
    if (wrong !== null) context.addIssue({ code: "custom", message: `${register.metric}: ${wrong}` });
  });
export type Register = z.infer<typeof Register>;

function whyWrong(register: {
  table: Table;
  address: number;
  type: RegisterType;
  bit?: number | undefined;
  writable: boolean;
  contact?: unknown;
}): string | null {
  const { table, address, type, bit, writable, contact } = register;
  const bits = table === "coil" || table === "discrete";
  if (bits && type !== "bool") return `a ${table} is a bool`;
  if (bits && bit !== undefined) return `a ${table} has no bits of its own`;
  if (!bits && (type === "bool") !== (bit !== undefined))
    return "a bool in a register, and only that, needs its bit";
  if (address + wordsOf[type] > 65_536) return "reaches beyond address 65535";
  if (writable && (table === "discrete" || table === "input")) return `a table "${table}" can only be read`;
  // Modbus writes whole registers: to set one bit, the others would be written as they were a moment ago.
  if (writable && bit !== undefined) return "one bit of a register cannot be written alone";
  if (contact !== undefined && type !== "bool") return "only a bool can be a contact";
  if (contact !== undefined && writable) return "a contact can only be read";
  return null;
}

const Group = z.object({
  /** How often the group is read, ms. A device that takes longer is read as often as it can. */
  pollMs: z.number().int().min(10).max(3_600_000),
  /** "changes" = a value is passed on when it is another one, or after `repeatMs`; "every" = each time it is read. */
  report: z.enum(["changes", "every"]).default("changes"),
  repeatMs: z.number().int().min(10).max(3_600_000).default(10_000),
  registers: z.array(Register).min(1).max(10_000),
});
export type Group = z.infer<typeof Group>;

/** `config` of a source whose driver is `modbus`: one unit behind one Modbus TCP address. */
export const ModbusConfig = z
  .object({
    host: z.string().min(1).max(255),
    port: z.number().int().min(1).max(65_535).default(502),
    /** The unit behind a gateway; devices with an address of their own mostly take 1, 0 or 255. */
    unit: z.number().int().min(0).max(255).default(1),
    /** How long a connection and an answer may take, ms. */
    timeoutMs: z.number().int().min(20).max(60_000).default(2000),
    groups: z.array(Group).min(1).max(100),
  })
  .superRefine(({ groups }, context) => {
    const seen = new Set<string>();
    for (const { metric } of groups.flatMap(({ registers }) => registers)) {
      if (seen.has(metric)) context.addIssue({ code: "custom", message: `${metric} stands there twice` });
      seen.add(metric);
    }
    if (seen.size > 10_000) context.addIssue({ code: "custom", message: "more than 10000 metrics" });
  });
export type ModbusConfig = z.infer<typeof ModbusConfig>;
/** As it stands in the database: what is left out gets its default. */
export type ModbusConfigInput = z.input<typeof ModbusConfig>;
