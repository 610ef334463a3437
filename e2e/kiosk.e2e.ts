import { gzipSync } from "node:zlib";
import { expect, stationOf, test } from "./fixtures.ts";

/** What a tablet may have to fetch before the station's home works, kB of compressed script. */
const firstLoadLimit = 210;

test("the first load of a station stays small enough for an old tablet", async ({ browser, house }) => {
  const station = await stationOf(browser, house, "press-1");
  const page = await station.request.get("/floor/press-1");
  // `noModule` scripts are for browsers that know no modules; those that are read here do not fetch them.
  const tags = [...(await page.text()).matchAll(/<script\b([^>]*)\bsrc="([^"]+)"([^>]*)>/g)];
  const scripts = new Set(
    tags.filter(([tag]) => !/nomodule/i.test(tag)).map(([, , src = ""]) => src.replaceAll("&amp;", "&")),
  );
  expect(scripts.size).toBeGreaterThan(3);
  let bytes = 0;
  for (const src of scripts) bytes += gzipSync(await (await station.request.get(src)).body()).length;
  test.info().annotations.push({ type: "first load", description: `${(bytes / 1000).toFixed(1)} kB` });
  expect(bytes / 1000, "kB of compressed script").toBeLessThanOrEqual(firstLoadLimit);
});
