import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "#server/core/log.ts";
import { DocumentStore } from "./document.ts";
import type { EdgeDocument } from "./document.contract.ts";
import { aDocument } from "./testing/documents.ts";
import { tempFolder } from "./testing/queues.ts";

const server = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const publicKey = server.publicKey.export({ type: "spki", format: "pem" }).toString();

function signed(document: EdgeDocument | string, key = server.privateKey) {
  const body = typeof document === "string" ? document : JSON.stringify(document);
  return { body, signature: sign(null, Buffer.from(body), key).toString("base64") };
}

let path = "";
beforeEach(() => {
  const folder = tempFolder("document");
  path = join(folder, "edge", "document.json");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});
const store = () => new DocumentStore(path, publicKey, silentLogger);

describe("the edge's document", () => {
  it("is believed with the server's signature, kept, and believed again after a restart", async () => {
    const document = aDocument();
    expect(await store().load()).toBeNull();
    expect(await store().accept(signed(document))).toEqual({ document });
    expect(await store().load()).toEqual(document);
  });

  it.each<[string, () => unknown]>([
    ["another key", () => signed(aDocument(), stranger.privateKey)],
    ["a changed text", () => ({ ...signed(aDocument()), body: JSON.stringify(aDocument({ version: 2 })) })],
    ["no signature", () => ({ body: JSON.stringify(aDocument()), signature: "" })],
  ])("is refused with %s", async (_what, make) => {
    expect(await store().accept(make())).toEqual({ refused: "bad_signature" });
  });

  it.each<[string, unknown]>([
    ["nothing", null],
    ["a signed text that is no document", signed('{"edgeId":1}')],
    ["a signed text that is no JSON", signed("press-2")],
  ])("is refused when it is %s", async (_what, input) => {
    expect(await store().accept(input)).toEqual({ refused: "unreadable" });
  });

  it("of an earlier day, or for another edge, does not come back", async () => {
    const documents = store();
    await documents.accept(signed(aDocument({ version: 4, issuedAt: 2000 })));
    expect(await documents.accept(signed(aDocument({ version: 3, issuedAt: 1000 })))).toEqual({
      refused: "older",
    });
    expect(await documents.accept(signed(aDocument({ edgeId: 9, issuedAt: 3000 })))).toEqual({
      refused: "other_edge",
    });
    // A restored server counts versions again, but time goes on.
    const restored = aDocument({ version: 1, issuedAt: 3000 });
    expect(await documents.accept(signed(restored))).toEqual({ document: restored });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(signed(restored));
  });

  it("that was changed on the disk is not believed", async () => {
    mkdirSync(join(path, ".."), { recursive: true });
    const { body, signature } = signed(aDocument());
    writeFileSync(
      path,
      JSON.stringify({ body: body.replace('"automationOff":false', '"automationOff":true'), signature }),
    );
    expect(await store().load()).toBeNull();
    writeFileSync(path, "half a file");
    expect(await store().load()).toBeNull();
  });
});
