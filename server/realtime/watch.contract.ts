import { z } from "zod";

/** What a screen may watch. `samples` carries tag ids; the others carry `changed` for records of that scope. */
export const Watch = z.object({
  /** e.g. `machine:3`, `line:1`, `plant`, `station:<uuid>`. */
  scopes: z.array(z.string().max(64)).max(64),
  tags: z.array(z.number().int()).max(2000),
  /** Frames a second the screen wants; ≤ 20 at a desk, ≤ 10 at a kiosk. */
  hz: z.number().min(0.1).max(20),
});
export type Watch = z.infer<typeof Watch>;
