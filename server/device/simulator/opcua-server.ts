import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setErrorLogger, setWarningLogger, type StatusCode, StatusCodes } from "node-opcua-client";
import { OPCUAServer, type OPCUAServerOptions } from "node-opcua-server";
import type { Identity } from "../opcua/identity.ts";

export type AddressSpace = NonNullable<OPCUAServer["engine"]["addressSpace"]>;
export type Namespace = ReturnType<AddressSpace["registerNamespace"]>;
export type Variable = ReturnType<Namespace["addVariable"]>;
type Store = NonNullable<OPCUAServerOptions["serverCertificateManager"]>;

/**
 * The standard's own nodes, as many as a machine needs: the whole of them (4 MB of XML) takes seconds and 40 MB. The
 * library takes one document for a namespace, so what it leaves out is put into its small one.
 */
async function standardNodes(): Promise<string> {
  const library = dirname(createRequire(import.meta.url).resolve("node-opcua-address-space/package.json"));
  const [small, analog] = await Promise.all([
    readFile(join(library, "nodesets", "mini.Nodeset2.xml"), "utf8"),
    readFile(new URL("analog.Nodeset2.xml", import.meta.url), "utf8"),
  ]);
  const nodes = analog.slice(analog.indexOf("<UADataType"), analog.lastIndexOf("</UANodeSet>"));
  return small.replace("</UANodeSet>", () => `${nodes}</UANodeSet>`);
}

/** Which clients are let in: a machine in a hall takes everybody, or whom it was told of. */
export function storeOf(trusts: () => boolean): Store {
  // Asked with a promise of the machine's own connections, with a callback of its users'.
  const status = (_certificate: unknown, done?: (error: null, status: StatusCode) => void) => {
    const answer = trusts() ? StatusCodes.Good : StatusCodes.BadCertificateUntrusted;
    done?.(null, answer);
    return Promise.resolve(answer);
  };
  const nothing = () => Promise.resolve();
  const store = {
    referenceCounter: 0,
    automaticallyAcceptUnknownCertificate: false,
    initialize: nothing,
    dispose: nothing,
    checkCertificate: status,
    getTrustStatus: status,
    verifyCertificate: () => Promise.resolve("Good"),
    trustCertificate: nothing,
    rejectCertificate: nothing,
    addIssuer: nothing,
    addRevocationList: nothing,
  };
  return store as unknown as Store;
}

/** An OPC UA server that listens on the loopback alone; not started, so that nodes can be added. */
export async function makeServer(
  identity: Identity,
  options: OPCUAServerOptions,
): Promise<{ server: OPCUAServer; addressSpace: AddressSpace }> {
  setWarningLogger(() => {});
  setErrorLogger(() => {});
  const server = new OPCUAServer({
    hostname: "127.0.0.1",
    host: "127.0.0.1",
    nodesets: [{ name: "standard", source: await standardNodes() }],
    certificateFile: identity.certificateFile,
    privateKeyFile: identity.keyFile,
    serverInfo: { applicationUri: identity.applicationUri },
    serverCertificateManager: storeOf(() => true),
    userCertificateManager: storeOf(() => true),
    // A machine says each change; at 50 ms, which is the library's usual, it would leave some out.
    serverCapabilities: { minSupportedSampleRate: 0 },
    ...options,
  });
  await server.initialize();
  const { addressSpace } = server.engine;
  if (addressSpace === null || addressSpace === undefined) throw new Error("the server has no address space");
  // Audit events have types of their own, which are not among the few nodes; nobody subscribes to them here.
  Object.assign(addressSpace.rootFolder.objects.server, { raiseEvent: () => {} });
  return { server, addressSpace };
}
