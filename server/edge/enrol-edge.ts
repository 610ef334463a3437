import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { join } from "node:path";
import { z } from "zod";

/** Who an edge is, from its one-time code on. */
const Enrolment = z.object({ code: z.string(), token: z.string(), publicKey: z.string() });
export type Enrolment = z.infer<typeof Enrolment>;

const Answer = z.object({
  kind: z.literal("edge"),
  edge: z.string(),
  token: z.string(),
  publicKey: z.string(),
});
const Refused = z.object({ refusal: z.object({ code: z.string() }) });

const patienceMs = 10_000;

/**
 * What a further edge shows and believes: from its disk, else for its one-time code from the server. The answer is on
 * the disk (0600) before anything else, because the code is spent then. @throws Error with one clear sentence
 */
export async function enrolEdge(input: {
  readonly folder: string;
  readonly code: string;
  readonly serverUrl: string;
  readonly serverCa: string | null;
}): Promise<Enrolment> {
  const path = join(input.folder, "enrolment.json");
  const kept = await readFile(path, "utf8").catch(() => null);
  if (kept !== null) return Enrolment.parse(JSON.parse(kept));
  const { status, body } = await post(
    `${input.serverUrl}/api/v1/enrol`,
    { code: input.code },
    input.serverCa,
  );
  const answer = Answer.safeParse(body);
  if (!answer.success) throw new Error(whyNot(status, body, input.serverUrl));
  const { edge, token, publicKey } = answer.data;
  const enrolment = { code: edge, token, publicKey };
  await mkdir(input.folder, { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, JSON.stringify(enrolment), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return enrolment;
}

function whyNot(status: number, body: unknown, serverUrl: string): string {
  const refused = Refused.safeParse(body);
  if (refused.success && refused.data.refusal.code === "code_wrong") {
    return "The code in EDGE_ENROL_CODE is wrong, spent or older than an hour: ask an administrator for a new one.";
  }
  return `${serverUrl} answered ${status} and no enrolment: set SERVER_URL to the plant's own address.`;
}

function post(url: string, body: object, ca: string | null): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(
        new Error(
          `The server at ${url} cannot be reached (${error.message}): set SERVER_URL, and SERVER_CA_FILE with https.`,
          { cause: error },
        ),
      );
    const request = (url.startsWith("https:") ? tlsRequest : plainRequest)(
      url,
      {
        method: "POST",
        timeout: patienceMs,
        headers: { "content-type": "application/json", origin: new URL(url).origin },
        ...(ca === null ? {} : { ca }),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk.slice(0, 100_000 - text.length)));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }));
        response.on("error", failed);
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", failed);
    request.end(JSON.stringify(body));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
