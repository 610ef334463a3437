import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import type { Fault } from "../fault.ts";
import type { ChaosHouse } from "../house.ts";

const execute = promisify(execFile);
/** Longer than the 5 + 5 s in which a silent peer is found out, ms. */
const silenceMs = 13_000;
const table = "millwright_chaos";

/** Drops packets of one loopback port, in a table of our own that is taken away whatever happens. */
async function dropping(house: ChaosHouse, rules: readonly string[], ms: number): Promise<void> {
  const nft = (text: string) => execute("nft", [text]);
  await nft(`add table inet ${table}`);
  try {
    await nft(`add chain inet ${table} input { type filter hook input priority 0; }`);
    for (const rule of rules) await nft(`add rule inet ${table} input ${rule} counter drop`);
    await house.passes(ms);
    const { stdout } = await execute("nft", ["list", "table", "inet", table]);
    if (!/packets [1-9]/.test(stdout)) throw new Error("no packet was dropped: the fault did not take place");
  } finally {
    await nft(`delete table inet ${table}`);
  }
}

async function files(pid: number | undefined): Promise<number> {
  return (await readdir(`/proc/${pid ?? 0}/fd`)).length;
}

export const network: readonly Fault[] = [
  {
    id: "F11",
    title: "No packet passes between edge and server: the edge keeps all, and delivers it afterwards",
    needs: ["root", "nft"],
    run: async (house) => {
      const { port } = house.wire("server");
      await dropping(house, [`tcp dport ${port}`, `tcp sport ${port}`], silenceMs);
    },
  },
  {
    id: "F12",
    title: "Packets pass from the edge to the server only: the edge finds out and sends again",
    needs: ["root", "nft"],
    run: (house) => dropping(house, [`tcp sport ${house.wire("server").port}`], silenceMs),
  },
  {
    id: "F13",
    title: "The wires fall silent without a word, to the server and to the database: both are dialled anew",
    run: async (house) => {
      const server = house.wire("server");
      server.wire = { silent: ["up", "down"] };
      await house.passes(silenceMs);
      if (server.done.swallowed === 0) throw new Error("nothing was sent into the silence");
      server.wire = {};
      await house.flows();
      const wire = house.wire("database");
      wire.wire = { silent: ["up", "down"] };
      await house.passes(silenceMs);
      wire.wire = {};
    },
  },
  {
    id: "F16",
    title: "Connections are reset in the middle of a frame: the edge goes on from its cursor",
    short: true,
    run: async (house) => {
      const wire = house.wire("server");
      const before = wire.done.resets;
      wire.wire = { cut: 0.05 };
      await house.until("ten connections were cut", async () => wire.done.resets - before >= 10);
      wire.wire = {};
    },
  },
  {
    id: "F17",
    title: "The link comes and goes each second: the edge does not storm, and keeps no dead connections open",
    run: async (house) => {
      const wire = house.wire("server");
      const [open, came] = [await files(house.plant.pids().edge), wire.done.connections];
      const seconds = 20;
      for (let second = 0; second < seconds; second++) {
        wire.wire = second % 2 === 0 ? { refuse: true } : {};
        if (second % 2 === 0) wire.reset();
        await house.passes(1000);
      }
      wire.wire = {};
      await house.flows();
      const tries = wire.done.connections - came;
      if (tries > seconds * 5) throw new Error(`${tries} connections in ${seconds} s are a storm`);
      const more = (await files(house.plant.pids().edge)) - open;
      if (more > 5) throw new Error(`${more} more files are open than before`);
    },
  },
];
