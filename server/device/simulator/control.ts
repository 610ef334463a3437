import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { z } from "zod";
import { ClearRequest, faultFits, FaultRequest, MachineRequest } from "./faults.contract.ts";
import type { Plant } from "./physics/plant.ts";
import { Press } from "./physics/press.ts";
import type { PlantLog } from "./plant-log.ts";

/** The body of a request may be this long, bytes. */
const maxBody = 4096;
const maxLogEntries = 20_000;

export interface ControlOptions {
  readonly plant: Plant;
  readonly log: PlantLog;
  /** Whether each source has its link. */
  readonly links: () => Readonly<Record<string, boolean>>;
}

class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The hand that plays with the demo plant: a small HTTP listener for the loopback alone. `POST /fault`, `/clear`,
 * `/machine`; `GET /state`, `/log?after=n&limit=m`, `/writes`. A browser cannot use it: whatever carries an Origin is refused.
 */
export function createControl(options: ControlOptions): Server {
  return createServer((request, response) => void answer(options, request, response));
}

async function answer(
  options: ControlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (request.headers.origin !== undefined) throw new BadRequest(403, "not for browsers");
    send(response, 200, await route(options, request));
  } catch (error) {
    if (error instanceof BadRequest) send(response, error.status, { error: error.message });
    else send(response, 500, { error: "the plant could not do that" });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

async function route({ plant, log, links }: ControlOptions, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://plant");
  switch (`${request.method} ${url.pathname}`) {
    case "GET /state":
      return { at: plant.at, links: links(), ...stateOf(plant) };
    case "GET /log": {
      const after = whole(url.searchParams.get("after"), 0);
      const limit = Math.min(maxLogEntries, whole(url.searchParams.get("limit"), maxLogEntries));
      return { count: log.count, entries: log.after(after, limit) };
    }
    case "GET /writes":
      return { writes: log.writes };
    case "POST /fault": {
      const { name, machine: code } = await body(request, FaultRequest);
      const machine = machineOf(plant, code);
      if (name === "clear") plant.clear(code);
      else if (faultFits(name, machine.kind)) plant.startFault(code, name);
      else throw new BadRequest(400, `${name} cannot happen to ${code}, which is of kind ${machine.kind}`);
      return { machine: code, faults: machine.activeFaults };
    }
    case "POST /clear": {
      const { machine: code } = await body(request, ClearRequest);
      if (code !== undefined) machineOf(plant, code);
      plant.clear(code);
      return { cleared: code ?? "all" };
    }
    case "POST /machine": {
      const { machine: code, state } = await body(request, MachineRequest);
      machineOf(plant, code).panel(state);
      return { machine: code, state };
    }
    default:
      throw new BadRequest(404, "known are POST /fault, /clear, /machine and GET /state, /log, /writes");
  }
}

function machineOf(plant: Plant, code: string) {
  const machine = plant.machines.get(code);
  if (machine === undefined) {
    throw new BadRequest(404, `no machine ${code}; there are ${[...plant.machines.keys()].join(", ")}`);
  }
  return machine;
}

function stateOf(plant: Plant) {
  const machines = [...plant.machines.values()].map((machine) => {
    const { code, kind, state, faultCode, good, scrap, cycles, guardOpen, remote, activeFaults } = machine;
    const shown = {
      code,
      kind,
      state,
      faultCode,
      good,
      scrap,
      cycles,
      guardOpen,
      remote,
      faults: activeFaults,
    };
    if (!(machine instanceof Press)) return shown;
    return {
      ...shown,
      meltSetpoint: machine.read("MeltSetpoint"),
      trueMeltC: machine.trueMeltC,
      scrapProbability: machine.scrapProbability,
    };
  });
  return { machines, beforeOven: plant.beforeOven.level, beforePacker: plant.beforePacker.level };
}

async function body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    throw new BadRequest(415, "the body must be application/json");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBody) throw new BadRequest(413, `the body may have ${maxBody} bytes`);
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new BadRequest(400, "the body is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BadRequest(400, `${issue?.path.join(".") || "body"}: ${issue?.message ?? "invalid"}`);
}

function whole(text: string | null, otherwise: number): number {
  const value = Number(text ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}
