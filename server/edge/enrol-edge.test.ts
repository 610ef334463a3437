import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { enrolEdge } from "./enrol-edge.ts";

/** A server that knows one code, once. */
async function server(code: string) {
  let spent = false;
  const asked: { path: string; origin: string | undefined }[] = [];
  const http = createServer((request, response) => {
    asked.push({ path: request.url ?? "", origin: request.headers.origin });
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      const right = !spent && (JSON.parse(text) as { code: string }).code === code;
      if (right) spent = true;
      response.writeHead(right ? 200 : 400, { "content-type": "application/json" });
      response.end(
        JSON.stringify(
          right
            ? { kind: "edge", edge: "edge-2", token: "t", publicKey: "pem" }
            : { refusal: { code: "code_wrong", params: {} } },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void http.close());
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, asked };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "millwright-enrol-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return join(made, "edge");
}

test("a code is spent once; afterwards the edge is who it is from its own disk, readable by its owner alone", async () => {
  const { url, asked } = await server("ABCDEFGHJK");
  const input = { folder: folder(), code: "ABCDEFGHJK", serverUrl: url, serverCa: null };
  const enrolment = { code: "edge-2", token: "t", publicKey: "pem" };
  expect(await enrolEdge(input)).toEqual(enrolment);
  expect(await enrolEdge(input)).toEqual(enrolment);
  expect(asked).toEqual([{ path: "/api/v1/enrol", origin: url }]);
  expect(statSync(join(input.folder, "enrolment.json")).mode & 0o777).toBe(0o600);
});

test("a wrong code, a wrong address and a server that is away are told in one sentence, and nothing is kept", async () => {
  const { url } = await server("ABCDEFGHJK");
  const input = { folder: folder(), code: "WRONG", serverUrl: url, serverCa: null };
  await expect(enrolEdge(input)).rejects.toThrow("is wrong, spent or older than an hour");
  await expect(enrolEdge({ ...input, serverUrl: "http://127.0.0.1:1" })).rejects.toThrow("cannot be reached");
  expect(() => statSync(input.folder)).toThrow();
});
