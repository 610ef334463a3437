import { z } from "zod";

/** Ids of machines, tags, rules and the like: a Postgres `int` that counts from 1. */
export const rowId = () => z.number().int().min(1).max(2_147_483_647);

/** Ids that count longer (letters, audit): whole numbers that a double holds exactly. */
export const longId = () => z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** ms since epoch, 1970 to 2100: what lies outside is a typing error or another unit, and no date of a plant. */
export const instant = () => z.number().min(0).max(4_102_444_800_000);

const ofText = (schema: z.ZodNumber) => z.coerce.number().pipe(schema);

/** The same as they stand in an address. */
export const rowIdInPath = () => ofText(rowId());
export const longIdInPath = () => ofText(longId());
export const instantInPath = () => ofText(instant());
