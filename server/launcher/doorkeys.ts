import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asc, eq, isNull } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { person } from "#db/schema/execution/people.ts";
import { personBadge } from "#db/schema/core/auth.ts";
import { station } from "#db/schema/execution/stations.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { systemClock } from "#server/core/clock.ts";
import { ensureAdministrator } from "#server/execution/people/first-administrator.ts";
import { makeStationCode } from "#server/execution/people/stations.commands.ts";
import { edgeCode, type EnvironmentInput } from "./environment.ts";
import { secretPath, writePrivate } from "./secrets.ts";

/** A device becomes this station by opening the link. */
interface StationLink {
  readonly stationId: string;
  readonly name: string;
  readonly code: string;
  readonly path: string;
}

interface DemoPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly badge: string;
}

/** With what one comes into a plant that has just been started. */
export interface Doorkeys {
  readonly stations: readonly StationLink[];
  readonly people: readonly DemoPerson[];
  /** The first administrator of a real plant, at the start that made it; null otherwise. */
  readonly administrator: { readonly code: string; readonly password: string } | null;
}

const yearMinutes = 365 * 24 * 60;

/**
 * For the demo: a code of each station that any number of devices may use for a year, kept beside the secrets so
 * that the links stay the same. For a real plant: its first administrator.
 */
export async function ensureDoorkeys(input: EnvironmentInput): Promise<Doorkeys> {
  const db = openDb({ url: input.databaseUrl, max: 1, name: "launcher" });
  try {
    if (!input.config.DEMO) {
      await ensureEdge(db, input);
      const administrator = await ensureAdministrator({ db, clock: systemClock });
      return { stations: [], people: [], administrator };
    }
    return { stations: await demoStations(db, input), people: await demoPeople(db), administrator: null };
  } finally {
    await db.$client.end();
  }
}

/** The gateway that starts with the plant is known to it; the demo's seed makes its own. */
async function ensureEdge(db: Db, input: EnvironmentInput): Promise<void> {
  const token = (await readFile(secretPath(input.folders, "edge-token"), "utf8")).trim();
  const tokenHash = createHash("sha256").update(token).digest();
  await db
    .insert(edge)
    .values({ code: edgeCode, name: "Edge on this machine", tokenHash })
    .onConflictDoUpdate({ target: edge.code, set: { tokenHash } });
}

async function demoStations(db: Db, input: EnvironmentInput): Promise<StationLink[]> {
  const path = join(input.folders.secrets, "demo-stations.json");
  const known = new Map<string, { code: string; until: number }>(
    Object.entries(JSON.parse(await readFile(path, "utf8").catch(() => "{}")) as object),
  );
  const rows = await db
    .select({ id: station.id, name: station.name })
    .from(station)
    .where(isNull(station.revokedAt))
    .orderBy(asc(station.name));
  const links: StationLink[] = [];
  for (const { id, name } of rows) {
    let kept = known.get(id);
    if (kept === undefined || kept.until < systemClock.now()) {
      const made = await makeStationCode.execute(
        { db, clock: systemClock },
        founderActor("npm start"),
        crypto.randomUUID(),
        { stationId: id, codeMinutes: yearMinutes, codeUses: null },
      );
      kept = { code: made.code, until: made.expiresAt - 30 * 86_400_000 };
      known.set(id, kept);
    }
    links.push({ stationId: id, name, code: kept.code, path: `/floor/enrol?code=${kept.code}` });
  }
  await writePrivate(path, JSON.stringify(Object.fromEntries(rows.map(({ id }) => [id, known.get(id)]))));
  return links;
}

function demoPeople(db: Db): Promise<DemoPerson[]> {
  return db
    .select({ name: person.name, roles: person.roles, badge: personBadge.badge })
    .from(person)
    .innerJoin(personBadge, eq(personBadge.personId, person.id))
    .where(isNull(personBadge.takenAt))
    .orderBy(asc(personBadge.badge));
}
