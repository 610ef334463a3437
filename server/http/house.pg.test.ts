import type { Socket as ServerSocket } from "socket.io";
import { type Socket, io as connectSocket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { changePerson } from "#server/execution/people/people.commands.ts";
import { accessReactions } from "./access.reactions.ts";
import { openTestDoor, type TestDoor } from "./door-testing.ts";
import { withCookies } from "./cookies.ts";
import { cutEndedSockets, identityOfHandshake, sessionRooms } from "./sockets.ts";
import { type TestHouse, testHouse } from "./testing.ts";

/** The real API behind the real door: what only shows when both stand together. */
let house: TestHouse;
let street: TestDoor;
beforeAll(async () => {
  house = await testHouse();
  street = await openTestDoor(house.app, ({ io }) => {
    io.of("/screens").use((socket, next) => void admit(socket, next));
    cutEndedSockets(io, house.auth);
  });
});
afterAll(async () => {
  await street.close();
  await house.close();
});

async function admit(socket: ServerSocket, next: (error?: Error) => void): Promise<void> {
  const identity = await identityOfHandshake(house.auth, socket.handshake);
  if (identity.actor.kind === "nobody") return next(new Error("sign_in_needed"));
  await socket.join(sessionRooms(identity));
  socket.on("who", (answer: (name: string) => void) => answer(identity.actor.name));
  return next();
}

/** A browser at https://localhost that keeps its cookies. */
function browser() {
  let jar = new Headers();
  const host = `localhost:${street.door.ports().https}`;
  return {
    cookies: () => jar.get("cookie") ?? "",
    async post(path: string, body: object) {
      const text = JSON.stringify(body);
      const headers = {
        host,
        origin: `https://${host}`,
        cookie: jar.get("cookie") ?? "",
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(text)),
      };
      const got = await street.ask(`/api/v1${path}`, { method: "POST", headers, body: text, tls: true });
      jar = withCookies(jar, got.headers["set-cookie"] ?? []);
      return { status: got.status, cookies: got.headers["set-cookie"] ?? [], body: JSON.parse(got.text) };
    },
    screen(): Socket {
      const options = { transports: ["websocket"], reconnection: false, forceNew: true, ca: street.ca };
      return connectSocket(`https://${host}/screens`, {
        ...options,
        extraHeaders: { cookie: jar.get("cookie") ?? "" },
      });
    },
  };
}

test("over https a device becomes a station, a badge signs on, and its screen is cut when the person may no more", async () => {
  const personId = await house.person("1001", ["operator"], "Ada");
  const admin = await house.signedIn("administrator");
  const made = await admin.post("/stations", { name: "Hall 1", machineIds: [house.machineId] });
  const tablet = browser();
  const enrolled = await tablet.post("/stations/enrol", { code: made.body.code });
  expect(enrolled.status).toBe(200);
  expect(enrolled.cookies.join()).toMatch(
    /__Host-station=[\w-]{43}; Path=\/; Max-Age=2592000; Secure; HttpOnly; SameSite=Strict/,
  );
  expect((await tablet.post("/session/badge", { badge: "1001" })).body.actor.name).toBe("Ada");

  const screen = tablet.screen();
  expect(await screen.emitWithAck("who")).toBe("Ada");
  const cut = new Promise((resolve) => screen.once("disconnect", resolve));
  const deps = { db: house.db, clock: house.clock };
  await changePerson.execute(deps, house.founder, crypto.randomUUID(), { personId, active: false });
  const runner = createRunner({
    ...deps,
    log: silentLogger,
    reactions: accessReactions(house.auth),
    schedules: [],
  });
  await runner.drain();
  expect(await cut).toMatch(/server disconnect|transport close/);
  const again = tablet.screen();
  expect(await again.emitWithAck("who")).toBe("Hall 1");
  again.disconnect();
});

test("a screen without a session, or with a made-up token, opens no socket", async () => {
  for (const cookie of ["", "__Host-station=made-up", "__Host-session=made.up"]) {
    const host = `localhost:${street.door.ports().https}`;
    const options = { transports: ["websocket"], reconnection: false, forceNew: true, ca: street.ca };
    const screen = connectSocket(`https://${host}/screens`, { ...options, extraHeaders: { cookie } });
    const refused = await new Promise<Error>((resolve) => screen.once("connect_error", resolve));
    expect(refused.message).toBe("sign_in_needed");
    screen.disconnect();
  }
});

test("wrong passwords are counted by the address they come from", async () => {
  await house.person("2001", ["supervisor"], "Dana");
  const desk = browser();
  for (let i = 0; i < 5; i++) {
    expect(
      (await desk.post("/session/password", { person: "2001", password: "wrong" })).body.refusal.code,
    ).toBe("sign_in_wrong");
  }
  expect((await desk.post("/session/password", { person: "2001", password: "password-2001" })).status).toBe(
    429,
  );
  // From elsewhere (here: without a socket between) Dana still gets in: a stranger cannot lock her out.
  const elsewhere = house.browser();
  expect(
    (await elsewhere.post("/session/password", { person: "2001", password: "password-2001" })).status,
  ).toBe(200);
});

test("10 MB for the real API are refused with words", async () => {
  const host = `localhost:${street.door.ports().http}`;
  const headers = { host, origin: `http://${host}`, "content-type": "application/json" };
  const got = await street.ask("/api/v1/session/badge", {
    method: "POST",
    headers,
    body: Buffer.alloc(10 * 1024 * 1024, 32),
  });
  expect([got.status, JSON.parse(got.text).refusal.code]).toEqual([413, "too_large"]);
});
