import { expect, test } from "vitest";
import { metricOf } from "./metrics.rules.ts";

test("a figure of the health document gets the name, the unit and the labels that Prometheus expects", () => {
  expect(metricOf("ingest", "newestBatchAgeMs", 1500)).toEqual({
    name: "millwright_ingest_newest_batch_age_seconds",
    labels: {},
    value: 1.5,
  });
  expect(metricOf("edges", "edge 3 queue bytes", 4096)).toEqual({
    name: "millwright_edges_queue_bytes",
    labels: { edge: "3" },
    value: 4096,
  });
  expect(metricOf("consumers", "machine-state lag ms", 20)).toEqual({
    name: "millwright_consumers_lag_seconds",
    labels: { consumer: "machine-state" },
    value: 0.02,
  });
  expect(metricOf("consumers", "readings in memory", 7)).toMatchObject({
    name: "millwright_consumers_readings_in_memory",
    labels: {},
  });
  expect(metricOf("runner", "alarms.guard", 2)).toEqual({
    name: "millwright_runner_facts_behind",
    labels: { reaction: "alarms.guard" },
    value: 2,
  });
  expect(metricOf("pools", "ingest waiting", 1)).toMatchObject({
    name: "millwright_pools_waiting",
    labels: { pool: "ingest" },
  });
});

test("a text is a label, a yes is 1, and what nobody knows is not 0", () => {
  expect(metricOf("database", "version", "18.4")).toEqual({
    name: "millwright_database_version_info",
    labels: { value: "18.4" },
    value: 1,
  });
  expect(metricOf("house", "backupFailed", true).value).toBe(1);
  expect(metricOf("house", "lastGoodBackupAgeMs", null).value).toBeNaN();
});
