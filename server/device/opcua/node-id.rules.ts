import { nodePattern } from "./opcua.contract.ts";

/*
 * Node ids as text (OPC UA Part 6, 5.3.1.10 and 5.3.1.11). A namespace stands there by its URI: its index is the
 * server's own and may be another one after each restart.
 */

/** A node as a config names it; `uri` null = the standard's own namespace 0. */
export interface NodeName {
  readonly uri: string | null;
  /** Identifier with its kind: `i=`, `s=`, `g=` or `b=`. */
  readonly id: string;
}

/** Null when it is no node id, or one with the index of a namespace. */
export function parseNode(text: string): NodeName | null {
  const [, uri, id = ""] = nodePattern.exec(text) ?? [];
  if (id === "" || (id.startsWith("i=") && Number(id.slice(2)) > 0xffff_ffff)) return null;
  return { uri: uri === undefined ? null : decoded(uri), id };
}

/**
 * The node id for this server as it numbers its namespaces now; null when it has no such namespace.
 * @throws Error when the text is no node.
 */
export function resolveNode(text: string, namespaces: readonly string[]): string | null {
  const name = parseNode(text);
  if (name === null) throw new Error(`${text} is no node`);
  if (name.uri === null) return name.id;
  const index = namespaces.indexOf(name.uri);
  return index < 0 ? null : `ns=${index};${name.id}`;
}

/** The other way round: a node id of this server with its namespace by URI. */
export function nameNode(nodeId: string, namespaces: readonly string[]): string {
  const [, index = "0", id = nodeId] = /^ns=(\d+);(.*)$/su.exec(nodeId) ?? [];
  const uri = namespaces[Number(index)];
  return index === "0" || uri === undefined ? nodeId.replace(/^ns=0;/, "") : `nsu=${encoded(uri)};${id}`;
}

// Part 6, 5.3.1.10: what would end the URI is written with a percent sign.
const decoded = (uri: string): string => uri.replaceAll(/%3b/gi, ";").replaceAll("%25", "%");
const encoded = (uri: string): string => uri.replaceAll("%", "%25").replaceAll(";", "%3B");
