import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { identify } from "#server/launcher/processes.ts";
import type { DemoAddress } from "./demo.contract.ts";
import { keepCellAddress } from "./cell-address.ts";
import { createHistory } from "./history.ts";
import { createOrdersRunner } from "./orders-runner.ts";

export interface DemoDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly speed: number;
  /** The plant's own data folder. */
  readonly dataDir: string;
  /** Port of http://localhost and of the plant's hand. */
  readonly port: number;
  readonly controlPort: number;
  readonly devicePort: number;
  /** Of the lathes' OPC UA server. */
  readonly opcUaPort: number;
}

/** What makes the demo plant live beside the machines: orders that flow, its past, and the address of its hand. */
export function createDemoServices(deps: DemoDeps): Service[] {
  return [createAddressFile(deps), createCellAddress(deps), createOrdersRunner(deps), createHistory(deps)];
}

function createAddressFile({ dataDir, port, controlPort, devicePort }: DemoDeps): Service {
  const path = join(dataDir, "demo.json");
  return {
    name: "demo address",
    async start() {
      const address: DemoAddress = {
        url: `http://localhost:${port}`,
        control: `http://127.0.0.1:${controlPort}`,
        device: `http://127.0.0.1:${devicePort}`,
        server: identify(process.pid),
      };
      await writeFile(`${path}.part`, JSON.stringify(address), { mode: 0o600 });
      await rename(`${path}.part`, path);
    },
    stop: () => rm(path, { force: true }),
  };
}

function createCellAddress({ db, clock, opcUaPort }: DemoDeps): Service {
  return {
    name: "demo cell address",
    start: () => keepCellAddress({ db, clock }, opcUaPort),
    stop: () => {},
  };
}
