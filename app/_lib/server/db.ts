import { type Db, openDb } from "#db/client.ts";
import { webEnvironment } from "./environment.ts";

// `next dev` loads modules anew at each change; the pool must survive that.
const kept = globalThis as { millwrightDb?: Db };

/** The database as role `app`, for queries only: screens read and explain, they write nothing. */
export function db(): Db {
  kept.millwrightDb ??= openDb({ url: webEnvironment().databaseUrl, max: 6, name: "millwright-web" });
  return kept.millwrightDb;
}
