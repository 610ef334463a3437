import type { Fault } from "./fault.ts";
import { brokers } from "./faults/brokers.ts";
import { database } from "./faults/database.ts";
import { disk } from "./faults/disk.ts";
import { frames } from "./faults/frames.ts";
import { kills } from "./faults/kills.ts";
import { network } from "./faults/network.ts";
import { opcua } from "./faults/opcua.ts";
import { screens } from "./faults/screens.ts";
import { starts } from "./faults/starts.ts";

/** The rows of the fault matrix that can be played, in its order. */
export const faults: readonly Fault[] = [
  ...kills,
  ...database,
  ...network,
  ...disk,
  ...frames,
  ...starts,
  ...brokers,
  ...opcua,
  ...screens,
].toSorted((a, b) => a.id.localeCompare(b.id));
