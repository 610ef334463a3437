import { readFile } from "node:fs/promises";
import type { Fault } from "../fault.ts";
import { enrolled, type Screen, screen, watches } from "../screens.ts";

const many = 500;
/** Within this the last of them is back, ms. */
const backMs = 10_000;

/** Memory of a process that is in use, bytes. */
async function resident(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? Number.NaN) * 1024;
}

export const screens: readonly Fault[] = [
  {
    id: "F18",
    title: `The server is killed under ${many} screens, and all come back at once: within ten seconds each is live`,
    run: async (house) => {
      const cookie = await enrolled(house);
      const sockets = Array.from({ length: many }, () => screen(house, cookie));
      try {
        const live = () => sockets.filter((socket) => socket.connected).length;
        await house.until("all screens are there", async () => live() === many);
        await house.kill("server");
        const began = house.clock.monotonic();
        await house.until(`all screens are back (${live()} are)`, async () => live() === many);
        const took = house.clock.monotonic() - began;
        if (took > backMs) throw new Error(`the last screen came back after ${(took / 1000).toFixed(1)} s`);
        await watches(house, sockets[0] as Screen);
      } finally {
        for (const socket of sockets) socket.disconnect();
      }
    },
  },
  {
    id: "F39",
    title: "A screen reads nothing any more: the server cuts it, keeps nothing for it, and the others go on",
    run: async (house) => {
      const cookie = await enrolled(house);
      const [frozen, other] = [screen(house, cookie), screen(house, cookie)];
      try {
        await Promise.all([watches(house, frozen), watches(house, other)]);
        let frames = 0;
        other.on("samples", () => frames++);
        const server = house.plant.pids().server;
        const before = await resident(server);
        // The socket below is told to read no more: to the server it looks like a tablet that hangs.
        let cut = false;
        frozen.on("disconnect", () => (cut = true));
        const transport = frozen.io.engine.transport as unknown as { ws: { pause(): void } };
        transport.ws.pause();
        await house.passes(25_000);
        const heard = frames;
        const more = (await resident(server)) - before;
        if (more > 100e6) throw new Error(`the server grew by ${Math.round(more / 1e6)} MB`);
        if (heard < 50) throw new Error(`the other screen got ${heard} frames in 25 s`);
        await house.until("the frozen screen was cut", async () => cut);
      } finally {
        frozen.disconnect();
        other.disconnect();
      }
    },
  },
];
