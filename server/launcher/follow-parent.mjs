// Loaded first into every child of the supervisor (plain JavaScript: the screens' process runs without tsx).
// It ends the child when its supervisor is gone, and answers the supervisor's "are you there", which a child
// with a blocked event loop cannot.
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.send !== undefined) {
  process.on("message", (message) => {
    if (message === "millwright:ping" && process.connected) process.send("millwright:pong");
  });
  process.on("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), 8000).unref();
  });
  // A listener keeps the channel, and so the process, alive; a child that is done must be able to end.
  process.channel?.unref();
}
