// The way in of every command: plain JavaScript without packages, so that it runs on a fresh clone.
// It checks Node, installs what the lockfile names when that changed, and hands over to the script given.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(root, "node_modules");
const recordPath = path.join(modules, ".millwright-installed");
const platform = `${process.platform}-${process.arch}`;
/** Holds the pids of the command that installs and of its npm, which outlives a command that is killed. */
const lockName = createHash("sha256").update(root).digest("hex").slice(0, 16);
const lock = path.join(os.tmpdir(), `millwright-install-${lockName}`);

function end(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    end(
      `Millwright needs Node.js 20.19 or newer, and this is ${process.versions.node}: install a newer one from nodejs.org.`,
    );
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Packages that belong on this platform, as the lockfile names them. */
function wantedPackages(lockfile) {
  const fits = (list, value) =>
    list === undefined || list.includes(value) || list.some((x) => x[0] === "!" && x !== `!${value}`);
  return Object.entries(lockfile.packages).filter(
    ([name, entry]) => name !== "" && fits(entry.os, process.platform) && fits(entry.cpu, process.arch),
  );
}

/** npm writes node_modules/.package-lock.json last: where it agrees with the lockfile, the install is whole. */
function isInstalled(lockfile) {
  const installed = readJson(path.join(modules, ".package-lock.json"));
  if (installed === null) return false;
  return wantedPackages(lockfile).every(([name, entry]) => {
    const there = installed.packages[name];
    if (there === undefined) return entry.optional === true || entry.devOptional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

function bar(done, total, since) {
  const seconds = Math.round((Date.now() - since) / 1000);
  const full = Math.min(24, Math.round((done / total) * 24));
  return `  Installing packages          ${"█".repeat(full)}${"░".repeat(24 - full)} ${done}/${total}  ${seconds} s`;
}

/** How many packages lie unpacked; npm makes the folders first and fills them later. */
function countInstalled(names) {
  return names.filter((name) => fs.existsSync(path.join(root, name, "package.json"))).length;
}

function runNpm(command) {
  return new Promise((done) => {
    // With development packages, whatever NODE_ENV says: the install that is tested is the one that runs.
    const args = [...command, "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
    const npm = spawn(process.platform === "win32" ? "npm.cmd" : "npm", args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    fs.writeFileSync(lock, `${process.pid} ${npm.pid}`);
    // Asked to stop: npm must not go on behind our back.
    const stop = () => npm.kill("SIGTERM");
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, stop);
    let words = "";
    const read = (chunk) => (words = (words + chunk).slice(-20_000));
    npm.stdout.on("data", read);
    npm.stderr.on("data", read);
    npm.once("error", (error) => done({ code: error.code, words: error.message }));
    npm.once("close", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(name, stop);
      done({ code: code === null ? signal : code, words });
    });
  });
}

function install(lockfile) {
  const names = wantedPackages(lockfile)
    .filter(([, entry]) => entry.optional !== true)
    .map(([name]) => name);
  const total = names.length;
  const since = Date.now();
  const live = process.stdout.isTTY === true;
  if (!live) console.log(`  … Installing ${total} packages`);
  let lastTenth = 0;
  const show = () => {
    const done = countInstalled(names);
    const tenth = Math.floor((done / total) * 10);
    if (live) process.stdout.write(`\r\u001b[K${bar(done, total, since)}`);
    else if (tenth > lastTenth && tenth < 10) console.log(`    Installing packages: ${done} of ${total}`);
    lastTenth = Math.max(tenth, lastTenth);
  };
  const timer = setInterval(show, 500);
  return runNpm(["ci"])
    .then((first) =>
      // A registry that lacks other systems' packages makes lockfiles that `npm ci` calls incomplete: `npm install`
      // takes the same versions with the same hashes from them, and changes nothing (--no-save).
      first.code === 1 && first.words.includes("from lock file") ? runNpm(["install", "--no-save"]) : first,
    )
    .then(({ code, words }) => {
      clearInterval(timer);
      if (live) process.stdout.write("\r\u001b[K");
      if (code === "ENOENT") end("The command npm was not found: install it together with Node.js.");
      if (/ENOSPC/.test(words)) end("The disk is full: free some space for node_modules and start again.");
      if (/EACCES|EPERM|EROFS/.test(words))
        end(`No permission to write ${modules}: run this as the user who owns the clone.\n${words}`);
      if (code !== 0)
        end(
          `Installing the packages failed (npm ci, ${code}); the next start tries again. What npm said:\n${words}`,
        );
      console.log(`  ✓ Installed ${total} packages      ${((Date.now() - since) / 1000).toFixed(1)} s`);
    });
}

/** One install at a time in this clone; a second command waits for the first. */
async function underLock(work) {
  for (let said = false; ;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!holders().some(isRunning)) {
      fs.rmSync(lock, { force: true });
      continue;
    }
    if (!said) console.log("  Another command is installing the packages; waiting for it");
    said = true;
    await new Promise((done) => setTimeout(done, 500));
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once("exit", release);
  await work();
  process.removeListener("exit", release);
  release();
}

function holders() {
  try {
    return fs.readFileSync(lock, "utf8").split(" ").map(Number);
  } catch {
    return [];
  }
}

function isRunning(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

async function ensurePackages() {
  const lockText = fs.readFileSync(path.join(root, "package-lock.json"), "utf8");
  const record = `${createHash("sha256").update(lockText).digest("hex")} ${platform}\n`;
  const recorded = () => {
    try {
      return fs.readFileSync(recordPath, "utf8") === record;
    } catch {
      return false;
    }
  };
  if (recorded()) return;
  const lockfile = JSON.parse(lockText);
  await underLock(async () => {
    if (recorded()) return;
    if (!isInstalled(lockfile)) await install(lockfile);
    // npm ci empties node_modules first, so an install that was broken off leaves no record.
    try {
      fs.writeFileSync(recordPath, record);
    } catch {
      // Another user's clone, installed and read-only: checked again at the next start.
    }
  });
}

async function main() {
  checkNode();
  const [script, ...rest] = process.argv.slice(2);
  if (script === undefined) end("Usage: node bootstrap.mjs SCRIPT [ARGUMENTS]");
  process.env.NEXT_TELEMETRY_DISABLED = "1";
  try {
    await ensurePackages();
  } catch (error) {
    end(`The packages could not be installed: ${error.message}`);
  }
  process.chdir(root);
  const { register } = await import("tsx/esm/api");
  register();
  process.argv = [process.argv[0], path.join(root, script), ...rest];
  await import(pathToFileURL(path.join(root, script)).href);
}

void main();
