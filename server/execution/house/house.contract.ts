import { z } from "zod";
import { BackupView } from "./backup.contract.ts";
import { RetentionView } from "./retention.contract.ts";
import { SpaceView } from "./space.contract.ts";

/** What the plant does by itself to go on: backups, room on the disk, how long what is kept. */
export const HouseView = z.object({
  at: z.number(),
  backup: BackupView,
  space: SpaceView,
  retention: RetentionView,
});
export type HouseView = z.infer<typeof HouseView>;
