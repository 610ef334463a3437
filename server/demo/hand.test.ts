import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askPlant, findDemo, HandProblem } from "./hand.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hand-"));
  await mkdir(join(folder, "demo"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const address = {
  url: "http://localhost:3000",
  control: "http://127.0.0.1:9",
  device: "http://127.0.0.1:8",
  server: { pid: 7, started: "b/1" },
};
const find = () => findDemo({ DATA_DIR: folder });

test("a demo is found where it runs; none, half a file or another file is one sentence that says what to do", async () => {
  await expect(find()).rejects.toThrow(HandProblem);
  await expect(find()).rejects.toThrow(/npm start/);
  for (const text of ["", '{"url": "http', "[]", '{"url": 7}']) {
    await writeFile(join(folder, "demo/demo.json"), text);
    await expect(find()).rejects.toThrow(/^No demo plant runs here/);
  }
  await writeFile(join(folder, "demo/demo.json"), JSON.stringify(address));
  expect(await find()).toEqual(address);
});

test("the plant's own words come through when it refuses, and silence is said as such", async () => {
  const heard: unknown[] = [];
  const plant = createServer((request, response) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      heard.push([request.method, request.url, text]);
      response.statusCode = request.url === "/fault" ? 404 : 200;
      response.end(
        JSON.stringify(request.url === "/fault" ? { error: "no fault is called rust" } : { n: 1 }),
      );
    });
  });
  plant.listen(0, "127.0.0.1");
  await once(plant, "listening");
  const control = `http://127.0.0.1:${(plant.address() as AddressInfo).port}`;
  const demo = { ...address, control };
  expect(await askPlant(demo, "/state")).toEqual({ n: 1 });
  await expect(askPlant(demo, "/fault", { name: "rust" })).rejects.toThrow("no fault is called rust");
  expect(heard).toEqual([
    ["GET", "/state", ""],
    ["POST", "/fault", '{"name":"rust"}'],
  ]);
  plant.close();
  await once(plant, "close");
  await expect(askPlant(demo, "/state")).rejects.toThrow(/machines do not answer/);
});
