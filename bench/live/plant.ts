import { createHash, randomBytes } from "node:crypto";
import { type Db, openDb } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { systemClock } from "#server/core/clock.ts";
import { addPerson, setPassword } from "#server/execution/people/people.commands.ts";

/** What a device shows to be let in, and what it says. */
export interface BenchDevice {
  readonly source: string;
  readonly token: string;
  readonly metrics: readonly string[];
}

export interface LivePlant {
  /** One a machine; its only metric is the value of that machine's tile. */
  readonly machines: readonly BenchDevice[];
  /** Speaks as fast as it is told, with tags of all machines that no tile shows. */
  readonly load: BenchDevice;
  readonly supervisor: { readonly code: string; readonly password: string };
}

/**
 * One line of machines, each with a socket.io device of its own and one measurement, and one more device for the load.
 * Written in one transaction, so that the edge hears of all of it at once.
 */
export async function furnish(databaseUrl: string, machines: number, loadTags: number): Promise<LivePlant> {
  const db = openDb({ url: databaseUrl, max: 1, name: "bench" });
  try {
    return { ...(await addMachines(db, machines, loadTags)), supervisor: await addSupervisor(db) };
  } finally {
    await db.$client.end();
  }
}

async function addMachines(db: Db, machines: number, loadTags: number) {
  const names = Array.from({ length: machines }, (_, i) => `machine-${i + 1}`);
  const speakers = names.map((name): BenchDevice => ({ ...newDevice(name), metrics: [`${name}/Value`] }));
  const load: BenchDevice = {
    ...newDevice("load"),
    metrics: Array.from({ length: loadTags }, (_, i) => `load/${i + 1}`),
  };
  await db.transaction(async (tx) => {
    const [known] = await tx.select({ id: edge.id }).from(edge);
    const [line] = await tx
      .insert(equipment)
      .values({ level: "line", code: "line", name: "Line" })
      .returning({ id: equipment.id });
    if (known === undefined || line === undefined) throw new Error("the plant has no edge or took no line");
    const units = await tx
      .insert(workUnit)
      .values(
        names.map((code, i) => ({
          lineId: line.id,
          code,
          name: `Machine ${i + 1}`,
          kind: "press",
          flowPosition: i + 1,
          microStopMs: 5000,
          staleMs: 30_000,
        })),
      )
      .returning({ id: workUnit.id });
    const sources = await tx
      .insert(source)
      .values(
        [...speakers, load].map(({ source: code, token }) => ({
          edgeId: known.id,
          code,
          driver: "socketio",
          tokenHash: createHash("sha256").update(token).digest(),
        })),
      )
      .returning({ id: source.id });
    const measurement = { meaning: "measurement", datatype: "number", unit: "°C" } as const;
    const idAt = (rows: readonly { id: number }[], i: number) => rows[i % rows.length]?.id ?? 0;
    // A tile shows its machine's first measurement, so these come before the load's.
    await tx.insert(tag).values(
      speakers.map(({ metrics }, i) => ({
        ...measurement,
        sourceId: idAt(sources, i),
        machineId: idAt(units, i),
        metric: metrics[0] ?? "",
        name: "Value",
      })),
    );
    await tx.insert(tag).values(
      load.metrics.map((metric, i) => ({
        ...measurement,
        sourceId: idAt(sources, machines),
        machineId: idAt(units, i),
        metric,
        name: metric,
      })),
    );
  });
  return { machines: speakers, load };
}

function newDevice(source: string) {
  return { source, token: randomBytes(16).toString("hex") };
}

async function addSupervisor(db: Db): Promise<LivePlant["supervisor"]> {
  const deps = { db, clock: systemClock };
  const founder = founderActor("bench");
  const [code, password] = ["bench", randomBytes(8).toString("hex")];
  const person = { code, name: "Bench", roles: ["supervisor"], language: "en" };
  const { personId } = await addPerson.execute(deps, founder, crypto.randomUUID(), person);
  await setPassword.execute(deps, founder, crypto.randomUUID(), { personId, password });
  return { code, password };
}
