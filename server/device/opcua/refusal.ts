/** The server answered, and the answer was no: trying again at once would not help. */
export class ServerRefusal extends Error {}

export interface Asked {
  readonly url: string;
  /** What stands in the config, in words. */
  readonly security: string;
  readonly user: "anonymous" | "password" | "certificate";
  /** Of the edge's own certificate. */
  readonly thumbprint: string;
}

const users = {
  anonymous: "it takes nobody without a name: give a user",
  password: "user name or password is wrong, or may not log in: correct them",
  certificate: "it does not know the user's certificate: trust it at the machine",
} as const;

/** What a failed connection says to a person; null when it is no refusal but a server that is away or busy. */
export function refusalOf(error: unknown, { url, security, user, thumbprint }: Asked): ServerRefusal | null {
  if (error instanceof ServerRefusal) return error;
  const text = error instanceof Error ? error.message : String(error);
  const says = (why: string): ServerRefusal => new ServerRefusal(`The server ${url} ${why}.`);
  if (/Cannot find an Endpoint|cannot find endpoint|End point must exist/.test(text)) {
    return says(`offers nothing with ${security}: change "security", or allow it at the machine`);
  }
  if (
    /BadIdentityToken|BadUserAccessDenied|BadUserSignatureInvalid|Cannot find .*user token policy/i.test(text)
  )
    return says(`refuses the login: ${users[user]}`);
  if (/BadTooManySessions|BadTcpNotEnoughResources|BadMaxConnectionsReached/.test(text)) {
    return says("has no session free: close another client's, or allow more at the machine");
  }
  if (/BadCertificate|BadSecurityChecksFailed|BadApplicationSignatureInvalid/.test(text)) {
    return says(
      `does not trust this edge's certificate: trust the one with thumbprint ${thumbprint} at the machine`,
    );
  }
  if (/BadTcpEndpointUrlInvalid|BadServerUriInvalid/.test(text))
    return says("has another address: correct url");
  return null;
}
