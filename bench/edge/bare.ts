import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { deviceServerOptions } from "#server/device/socketio/wire.contract.ts";

/** The same transport and payload with nothing between: whoever says an over-temperature is told to stop, at once. */
const http = createServer();
const io = new Server(http, deviceServerOptions);
io.on("connection", (socket) => {
  socket.on("readings", (batch: { rows: [number, number, number][] }, answer: (answer: object) => void) => {
    if ((batch.rows[0]?.[2] ?? 0) > 100)
      socket.emit("write", { metric: "press-1/Stop", value: true, at: 0 }, () => undefined);
    answer({ result: "stored", refused: [] });
  });
  socket.emit("hello", {});
});
process.once("disconnect", () => process.exit());
http.listen(0, "127.0.0.1", () => {
  process.send?.(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
