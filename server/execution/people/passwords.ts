import { hash, verify } from "@node-rs/argon2";

/** OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane; about 20 ms here. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes a password with Argon2id; the salt is inside the result. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFC"), cost);
}

export function verifyPassword(stored: string, password: string): Promise<boolean> {
  return verify(stored, password.normalize("NFC"));
}

/**
 * Hashes a PIN with Argon2id and a pepper that is not in the database: six digits alone are guessed from any
 * hash within hours.
 */
export function hashPin(pin: string, pepper: string): Promise<string> {
  return hash(pin, { ...cost, secret: Buffer.from(pepper) });
}

/**
 * Verifies a PIN. Without a stored hash the same work is done against one that nothing matches, so that the
 * time does not tell whether the person exists.
 */
export async function verifyPin(stored: string | null, pin: string, pepper: string): Promise<boolean> {
  const secret = Buffer.from(pepper);
  nothing ??= hash(crypto.getRandomValues(Buffer.alloc(32)), { ...cost, secret });
  const matches = await verify(stored ?? (await nothing), pin, { secret });
  return matches && stored !== null;
}

let nothing: Promise<string> | undefined;
