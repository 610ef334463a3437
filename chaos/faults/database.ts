import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { migrate } from "#db/migrate.ts";
import type { Fault } from "../fault.ts";
import type { ChaosHouse } from "../house.ts";

/** The server's connections: all of this database but those that look on. */
const ofTheServer = sql`datname = current_database() and application_name not like 'chaos%' and usename = 'app'`;

/** Longer than a block waits for the database before its edge is told to come again, ms. */
const heldMs = 6500;

/** A migration that takes the table every reading goes to, and fails two seconds later. */
const broken = `
  alter table reading add column half_done int;
  create table half_done (id int);
  select pg_sleep(2);
  select 1 / 0;`;

export const database: readonly Fault[] = [
  {
    id: "F04",
    title: "The server's connections are ended every 50 ms: no write outside its transaction, nothing stuck",
    short: true,
    run: async (house) => {
      const end = house.clock.monotonic() + 5000;
      let ended = 0;
      while (house.clock.monotonic() < end) {
        const rows = await house.owner.execute(
          sql`select pg_terminate_backend(pid) from pg_stat_activity where ${ofTheServer}`,
        );
        ended += rows.length;
        await house.passes(50);
      }
      if (ended < 20) throw new Error(`only ${ended} connections were there to end`);
    },
  },
  {
    id: "F05",
    title: "The database is restarted, fast and at once: what is told by notification is heard again",
    run: async (house) => {
      for (const signal of ["SIGINT", "SIGQUIT"] as const) {
        const pid = house.plant.pids().postgres ?? 0;
        process.kill(pid, signal);
        await house.until("another database runs", async () => {
          const now = house.plant.pids().postgres;
          return now !== undefined && now !== pid;
        });
        await house.plant.settled();
        await hearsOfNewTag(house, `F05 ${signal}`);
      }
    },
  },
  {
    id: "F43",
    title: "A session holds the rows and the table that ingest needs: it waits, and goes on by itself",
    short: true,
    run: async (house) => {
      for (const lock of [
        sql`select count(*) from (select from ingest_cursor for update) held`,
        sql`lock table reading in access exclusive mode`,
        sql`lock table fact in access exclusive mode`,
      ])
        await house.owner.transaction(async (tx) => {
          await tx.execute(lock);
          await house.passes(heldMs);
        });
      const stuck = await house.owner.execute(sql`
        select pid from pg_stat_activity where ${ofTheServer} and state = 'idle in transaction'
          and state_change < now() - interval '5 seconds'`);
      if (stuck.length > 0) throw new Error(`${stuck.length} of the server's transactions are left open`);
    },
  },
  {
    id: "F44",
    title: "A migration under load fails half-way, and one is killed: nothing of it stays, the house goes on",
    run: async (house) => {
      const folder = await mkdtemp(join(tmpdir(), "millwright-migration-"));
      try {
        await writeFile(join(folder, "9999_broken.sql"), broken);
        const fails = () =>
          migrate(house.plant.ownerUrl, undefined, folder).then(
            () => "no failure",
            (error: Error) => error.message,
          );
        const said = await fails();
        if (!said.includes("division by zero")) throw new Error(`the migration ended with: ${said}`);
        const second = fails();
        await house.until("the migration is under way", async () => {
          const killed = await house.owner.execute(sql`
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and query like '%half_done%' and pid <> pg_backend_pid()`);
          return killed.length > 0;
        });
        if ((await second) === "no failure") throw new Error("the killed migration did not say so");
        const left = await house.owner.execute(sql`
          select table_name from information_schema.columns where table_name = 'half_done' or column_name = 'half_done'
          union all select name from migration where name = '9999_broken.sql'`);
        if (left.length > 0) throw new Error("half of a migration stayed");
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];

/** A tag that is added now reaches the edge, and what the device then says of it is stored. */
async function hearsOfNewTag(house: ChaosHouse, name: string): Promise<void> {
  const { sourceId } = house.numbers;
  const metric = `press-1/${name}`;
  await house.addTag(sourceId, metric);
  await house.counts(house.numbers, metric);
}
