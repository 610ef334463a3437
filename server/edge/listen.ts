import type { Server } from "node:net";

/** Listens on an address. @returns the port. @throws Error with one clear sentence when that cannot be. */
export async function listen(server: Server, port: number, host: string, setting: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
        const sentence = `This computer has no address ${host}: set DEVICE_HOST to one of its own, or to 0.0.0.0 for all.`;
        return reject(new Error(sentence, { cause: error }));
      }
      if (error.code !== "EADDRINUSE" && error.code !== "EACCES") return reject(error);
      const why = error.code === "EACCES" ? "may not be used by this user" : "is taken by another program";
      reject(new Error(`Port ${port} ${why}: set ${setting} to a free one.`, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
