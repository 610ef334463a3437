// Loaded first into every child of the supervisor (plain JavaScript: the screens' process runs without tsx).
// It ends the child when its supervisor is gone, and answers the supervisor's "are you there", which a child
// with a blocked event loop cannot.
import { isMainThread } from "node:worker_threads";

// The processes that a child forks inherit its arguments, hence this file, but are led by the child itself.
const led = process.env.MILLWRIGHT_LEASH !== undefined;
delete process.env.MILLWRIGHT_LEASH;

function end() {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), 8000).unref();
}

/** A child may hang up itself when it is done; only with another parent than at first is it an orphan. */
function endOnceOrphaned(parent) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 100);
  timer.unref();
}

if (led && isMainThread && process.send !== undefined) {
  const parent = process.ppid;
  process.on("message", (message) => {
    if (message === "millwright:ping" && process.connected) process.send("millwright:pong");
  });
  // The supervisor may have gone before this line was reached.
  if (process.connected) process.on("disconnect", () => endOnceOrphaned(parent));
  else end();
  // A listener keeps the channel, and so the process, alive; a child that is done must be able to end.
  process.channel?.unref();
}
