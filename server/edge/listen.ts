import type { Server } from "node:net";

/** Listens on loopback. @returns the port. @throws Error with one clear sentence when it is taken. */
export async function listen(server: Server, port: number, setting: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE" && error.code !== "EACCES") return reject(error);
      const why = error.code === "EACCES" ? "may not be used by this user" : "is taken by another program";
      reject(new Error(`Port ${port} ${why}: set ${setting} to a free one.`, { cause: error }));
    });
    server.listen(port, "127.0.0.1", () => resolve());
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
