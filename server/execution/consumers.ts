import { createSetpointConsumer } from "./adjustments/setpoint-consumer.ts";
import { countersConsumer } from "./counters/consumer.ts";
import { createDetectionConsumer } from "./detection/detection-consumer.ts";
import { createLiveStepsConsumer } from "./guidance/live-steps-consumer.ts";
import type { Consumer } from "./ingest/consumer.ts";
import { machineStateConsumer } from "./machine-state/consumer.ts";

/** Everything that is derived from readings, in the order in which a lane runs it. */
export function createConsumers(): Consumer[] {
  return [
    machineStateConsumer,
    countersConsumer,
    createDetectionConsumer(),
    createLiveStepsConsumer(),
    createSetpointConsumer(),
  ];
}
