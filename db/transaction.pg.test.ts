import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb } from "./client.ts";
import { testDb } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
  await handle.db.execute(sql`create table note (text text)`);
});
afterAll(() => handle.close());

async function notes(): Promise<string[]> {
  const rows = await handle.db.execute<{ text: string }>(sql`select text from note order by text`);
  return rows.map((row) => row.text);
}

async function kill(pid: number | undefined): Promise<void> {
  await handle.db.execute(sql`select pg_terminate_backend(${pid})`);
}

const backend = sql`select pg_backend_pid() as pid`;

test("a query issued late in a transaction whose backend died is refused, and nothing of it commits", async () => {
  const { db } = handle;
  let tell: (said: string) => void = () => {};
  const late = new Promise<string>((resolve) => (tell = resolve));
  const run = db.transaction(async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(backend);
    await tx.execute(sql`insert into note values ('before the kill')`);
    const sleeping = tx.execute(sql`select pg_sleep(30)`).catch(() => "died");
    await kill(row?.pid);
    expect(await sleeping).toBe("died");
    // The driver would run this on a fresh connection, outside of any transaction.
    await tx.execute(sql`insert into note values ('outside')`).then(
      () => tell("sent"),
      (error: Error) => tell((error.cause as Error | undefined)?.name ?? error.name),
    );
  });
  await expect(run).rejects.toThrow();
  expect(await late).toBe("TransactionClosed");
  expect(await notes()).toEqual([]);
});

test("killed between two queries, the transaction rejects and its callback can send nothing more", async () => {
  const { db } = handle;
  let resolveLate: (value: string) => void = () => {};
  const late = new Promise<string>((resolve) => (resolveLate = resolve));
  const run = db.transaction(async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(backend);
    await tx.execute(sql`insert into note values ('first')`);
    await kill(row?.pid);
    await gone(row?.pid);
    await run.catch(() => {});
    resolveLate(
      await tx.execute(sql`insert into note values ('outside')`).then(
        () => "sent",
        () => "refused",
      ),
    );
  });
  await expect(run).rejects.toThrow();
  expect(await late).toBe("refused");
  expect(await notes()).toEqual([]);
});

async function gone(pid: number | undefined): Promise<void> {
  await expect
    .poll(
      async () => [...(await handle.db.execute(sql`select from pg_stat_activity where pid = ${pid}`))].length,
    )
    .toBe(0);
}

test("thousands of queued queries all settle when every backend is killed, and the pool works again", async () => {
  const db = openDb({ url: handle.url, max: 3, deadlineMs: 5000 });
  const queries = Array.from({ length: 1000 }, (_, i) =>
    db.execute(sql`select ${i}::int as i, pg_sleep(0.002)`).then(
      () => "answered",
      () => "refused",
    ),
  );
  await Promise.race(queries);
  await handle.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
  const answers = await Promise.all(queries);
  expect(answers).toContain("answered");
  for (let i = 0; i < 6; i++) expect([...(await db.execute(sql`select 1 as one`))]).toEqual([{ one: 1 }]);
  await db.$client.end();
}, 20_000);

test("committed and refused transactions keep apart under a storm of kills: each is there once or not at all", async () => {
  const db = openDb({ url: handle.url, max: 4, deadlineMs: 5000 });
  let done = false;
  const storm = (async () => {
    while (!done) {
      await handle.db
        .execute(
          sql`select pg_terminate_backend(pid), pg_sleep(0.05) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
        )
        .catch(() => {});
    }
  })();
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, async (_, worker) => {
      const said: Record<string, boolean> = {};
      for (let i = 0; i < 40; i++) {
        const name = `pair ${worker}.${i}`;
        said[name] = await db
          .transaction(async (tx) => {
            await tx.execute(sql`insert into note values (${name})`);
            await tx.execute(sql`select pg_sleep(0.005)`).catch(() => {});
            await tx.execute(sql`insert into note values (${name})`);
          })
          .then(
            () => true,
            () => false,
          );
      }
      return said;
    }),
  );
  done = true;
  await storm;
  const stored = new Map<string, number>();
  for (const name of await notes()) stored.set(name, (stored.get(name) ?? 0) + 1);
  const said = Object.assign({}, ...outcomes) as Record<string, boolean>;
  expect(Object.values(said)).toContain(false);
  for (const [name, committed] of Object.entries(said)) {
    const times = stored.get(name) ?? 0;
    // A commit whose answer was lost may have happened; half a transaction never.
    expect({ name, times }).toEqual({ name, times: committed ? 2 : times === 2 ? 2 : 0 });
  }
  await handle.db.execute(sql`delete from note`);
  await db.$client.end();
}, 30_000);

/** A way to Postgres that can fall silent, as a cable that was pulled does. */
async function silentProxy(to: URL): Promise<{ url: string; silence(): void; close(): void }> {
  const pairs: [Socket, Socket][] = [];
  let silent = false;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    pairs.push([client, upstream]);
    for (const [from, into] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("error", () => {});
      from.on("data", (data) => {
        if (!silent) into.write(data);
      });
      from.on("close", () => into.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(to.href);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    silence: () => (silent = true),
    close() {
      server.close();
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
  };
}

test("on a link that fell silent a query, a transaction and its commit settle within their deadline", async () => {
  const proxy = await silentProxy(new URL(handle.url));
  const db = openDb({ url: proxy.url, max: 2, deadlineMs: 400 });
  await db.execute(sql`select 1`);
  const inside = db.transaction(async (tx) => {
    await tx.execute(sql`insert into note values ('silent')`);
    proxy.silence();
    await tx.execute(sql`select 2`);
  });
  await expect(inside).rejects.toMatchObject({ code: "QUERY_DEADLINE" });
  await expect(db.execute(sql`select 1`)).rejects.toMatchObject({ cause: { code: "QUERY_DEADLINE" } });
  await expect(db.transaction(async () => {})).rejects.toMatchObject({ code: "QUERY_DEADLINE" });
  await db.$client.end({ timeout: 0 });
  proxy.close();
  expect(await notes()).toEqual([]);
});

test("who listens hears again after its backend died", async () => {
  const db = openDb({ url: handle.url, max: 1 });
  const heard: string[] = [];
  let started = 0;
  const listening = await db.$client.listen(
    "bell",
    (payload) => heard.push(payload),
    () => (started += 1),
  );
  await handle.db.execute(sql`select pg_notify('bell', 'one')`);
  await expect.poll(() => heard).toEqual(["one"]);
  await handle.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'listen%'`);
  await expect.poll(() => started).toBe(2);
  await handle.db.execute(sql`select pg_notify('bell', 'two')`);
  await expect.poll(() => heard).toEqual(["one", "two"]);
  await listening.unlisten();
  await db.$client.end();
});

test("arrays go to the database and come back as arrays", async () => {
  const [row] = await handle.db.$client.unsafe(
    `select $1::text[] as words, $2::int[] as numbers, '{{1,2},{3,NULL}}'::float8[] as grid, '{}'::uuid[] as none`,
    [
      ['a,"b"', "\\", "NULL", null, ""],
      [1, 2, 3],
    ] as never,
  );
  expect(row).toEqual({
    words: ['a,"b"', "\\", "NULL", null, ""],
    numbers: [1, 2, 3],
    grid: [
      [1, 2],
      [3, null],
    ],
    none: [],
  });
});

test("a statement that failed spoils its transaction even if its error was caught; a savepoint keeps that inside", async () => {
  const { db } = handle;
  const fails = sql`insert into nowhere values (1)`;
  const spoiled = db.transaction(async (tx) => {
    await tx.execute(sql`insert into note values ('spoiled')`);
    await tx.execute(fails).catch(() => {});
  });
  await expect(spoiled).rejects.toMatchObject({ code: "42P01" });
  await db.transaction(async (tx) => {
    await tx.execute(sql`insert into note values ('outer')`);
    await tx
      .transaction(async (inner) => {
        await inner.execute(sql`insert into note values ('inner')`);
        await inner.execute(fails);
      })
      .catch(() => {});
    await Promise.all([1, 2, 3].map((i) => tx.execute(sql`insert into note values (${`after ${i}`})`)));
  });
  expect(await notes()).toEqual(["after 1", "after 2", "after 3", "outer"]);
  await db.execute(sql`delete from note`);
});

test("a query that cannot even be built leaves its connection in order", async () => {
  const db = openDb({ url: handle.url, max: 1 });
  await expect(db.$client.unsafe("select $1::int", [undefined] as never)).rejects.toMatchObject({
    code: "UNDEFINED_VALUE",
  });
  await expect(db.execute(sql`select 1 / 0`)).rejects.toMatchObject({ cause: { code: "22012" } });
  expect([...(await db.execute(sql`select 7 as seven`))]).toEqual([{ seven: 7 }]);
  await db.$client.end();
  await expect(db.execute(sql`select 1`)).rejects.toMatchObject({ cause: { code: "CONNECTION_ENDED" } });
});
