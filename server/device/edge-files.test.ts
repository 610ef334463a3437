import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EdgeFiles } from "./edge-files.ts";

let home: string;
let files: EdgeFiles;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "millwright-files-"));
  mkdirSync(join(home, "files"));
  writeFileSync(join(home, "token"), "the edge's own\n");
  files = new EdgeFiles(join(home, "files"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test("a password is read anew each time, without its line end", () => {
  writeFileSync(join(home, "files", "broker"), "first\n");
  expect(files.password("broker")).toBe("first");
  writeFileSync(join(home, "files", "broker"), "second\n");
  expect(files.password("broker")).toBe("second");
});

test("no other file of the computer can be named, neither by a path nor by a link", () => {
  symlinkSync(join(home, "token"), join(home, "files", "link"));
  for (const name of ["../token", "link", join("..", "files", "..", "token")])
    expect(() => files.read(name, "caFile")).toThrow("lies outside");
  expect(() => files.read("/etc/hostname", "caFile")).toThrow("cannot be read on the edge");
});

test("what is missing, a folder and more than a password are told with what to do", () => {
  expect(() => files.read("gone.pem", "caFile")).toThrow(
    "The caFile gone.pem cannot be read on the edge: put it into",
  );
  mkdirSync(join(home, "files", "sub"));
  expect(() => files.read("sub", "caFile")).toThrow("cannot be read");
  writeFileSync(join(home, "files", "long"), "x".repeat(2000));
  expect(() => files.password("long")).toThrow("more than a password");
});
