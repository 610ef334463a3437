/*
 * A process that does nothing but put numbers into a queue and say on standard output which ones are stored. Its test
 * kills it at any moment. Arguments: folder of the queue, first number.
 */
import { createLogger } from "#server/core/log.ts";
import { append, openQueue } from "./queues.ts";

const [, , location = "", first = "1"] = process.argv;
const log = createLogger("queue-writer", "warn");
const { queue } = await openQueue({ location, log });
process.stdout.write("open\n");

let next = Number(first);
async function writer(lane: number): Promise<void> {
  for (;;) {
    const values = Array.from({ length: 1 + (next % 7) }, () => next++);
    try {
      await append(queue, lane, values);
      process.stdout.write(`stored ${lane} ${values.join(" ")}\n`);
    } catch {
      process.stdout.write(`refused ${lane} ${values.join(" ")}\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

await Promise.all([writer(0), writer(0), writer(1)]);
