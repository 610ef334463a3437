// Loaded first into every child of the supervisor (plain JavaScript: the screens' process runs without tsx).
// It ends the child when its supervisor is gone, and answers the supervisor's "are you there", which a child
// with a blocked event loop cannot.
import { isMainThread } from "node:worker_threads";

function end() {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), 8000).unref();
}

if (isMainThread && process.send !== undefined) {
  process.on("message", (message) => {
    if (message === "millwright:ping" && process.connected) process.send("millwright:pong");
  });
  // The supervisor may have gone before this line was reached.
  if (process.connected) process.on("disconnect", end);
  else end();
  // A child that is done may hang up itself.
  const hangUp = process.disconnect;
  process.disconnect = () => {
    process.removeListener("disconnect", end);
    hangUp.call(process);
  };
  // A listener keeps the channel, and so the process, alive; a child that is done must be able to end.
  process.channel?.unref();
}
