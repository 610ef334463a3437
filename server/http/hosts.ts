import { hostname, networkInterfaces } from "node:os";

const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);

/** The name in a Host header or URL host, lower case, without port and brackets; null when it is no host. */
export function hostName(host: string | undefined): string | null {
  if (host === undefined || !/^[A-Za-z0-9.\-_:[\]]+$/.test(host)) return null;
  const name = /^\[([0-9a-fA-F:.]+)\](?::\d+)?$/.exec(host)?.[1] ?? /^([^:[\]]+)(?::\d+)?$/.exec(host)?.[1];
  return name?.toLowerCase().replace(/\.$/, "") ?? null;
}

export const isLoopbackName = (name: string): boolean => loopbackNames.has(name);

/** Whether a peer's address is this machine's loopback. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const bare = address?.replace(/^::ffff:/, "") ?? "";
  return bare === "::1" || /^127\.\d+\.\d+\.\d+$/.test(bare);
}

export interface HostList {
  /** Whether this plant answers to that name; anything else is a stranger's DNS entry that points at us. */
  allows(name: string): boolean;
  /** A name under which other devices reach us: the first own address, else the host name. */
  outside(): string;
}

/**
 * The names we answer to: localhost, the host name (also with `.local`), own addresses as they are now, and those
 * of the setting HOSTS, where `*.plant.example` stands for any one label.
 * @param hosts comma-separated
 */
export function createHostList(hosts: string): HostList {
  const own = hostname().toLowerCase();
  const configured = hosts.split(",").map((one) => one.trim().toLowerCase());
  const fixed = new Set([...loopbackNames, own, `${own}.local`, ...configured.filter((one) => one !== "")]);
  const ownAddresses = () => Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return {
    allows: (name) =>
      fixed.has(name) ||
      fixed.has(name.replace(/^[^.]+/, "*")) ||
      // Asked for each time: a plant may get a new address at any moment.
      ownAddresses().some((one) => one.address.toLowerCase() === name),
    outside: () => ownAddresses().find((one) => !one.internal && one.family === "IPv4")?.address ?? own,
  };
}
