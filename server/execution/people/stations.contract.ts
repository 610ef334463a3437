import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";
import { Language } from "./people.contract.ts";

export const Theme = z.enum(["light", "dark"]);

/** Millimetres of one CSS pixel on this screen: a phone has about 0.06, a large panel 0.5. */
export const MmPerPx = z.number().min(0.02).max(2);

/** How long and how often a code works. Longer or more than once is for the seed of a demo alone. */
const CodeTerms = z.object({
  codeMinutes: z.number().int().min(1).default(10),
  /** null = any number of devices until it expires. */
  codeUses: z.number().int().min(1).nullable().default(1),
});

export const MakeStation = CodeTerms.extend({
  name: plainText(),
  machineIds: z.array(rowId()).min(1).max(32),
  language: Language.default("en"),
  theme: Theme.default("light"),
  mmPerPx: MmPerPx.nullable().default(null),
});

export const MakeStationCode = CodeTerms.extend({ stationId: z.uuid() });

/** What is left out stays. */
export const ChangeStation = z.object({
  stationId: z.uuid(),
  name: plainText().optional(),
  machineIds: z.array(rowId()).min(1).max(32).optional(),
  language: Language.optional(),
  theme: Theme.optional(),
  mmPerPx: MmPerPx.nullable().optional(),
});

export const RevokeStation = z.object({ stationId: z.uuid() });
export const StationId = z.object({ stationId: z.uuid() });

/** The answer that shows the code; it is not shown again. `expiresAt` in ms. */
export const StationCodeView = z.object({ stationId: z.uuid(), code: z.string(), expiresAt: z.number() });
export type StationCodeView = z.infer<typeof StationCodeView>;

export const StationMachine = z.object({ id: z.number().int(), code: z.string(), name: z.string() });

export const StationView = z.object({
  id: z.uuid(),
  name: z.string(),
  language: Language,
  theme: Theme,
  mmPerPx: z.number().nullable(),
  machines: z.array(StationMachine),
  lastSeenAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
  /** How many devices are enrolled as this station now. */
  devices: z.number().int(),
});
export type StationView = z.infer<typeof StationView>;

/** What a device's own session says about its station. */
export const StationHere = StationView.pick({
  id: true,
  name: true,
  language: true,
  theme: true,
  mmPerPx: true,
  machines: true,
});
export type StationHere = z.infer<typeof StationHere>;

/**
 * A code as people read it aloud: Crockford's base 32, so no I, L, O and U; spaces and dashes do not count, and
 * O reads as 0, I and L as 1.
 */
export const StationCode = z
  .string()
  .max(64)
  .transform((text) =>
    text.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1"),
  )
  .pipe(z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8,32}$/, "a code of letters and digits"));
