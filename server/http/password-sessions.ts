import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { betterAuth } from "better-auth";
import { APIError } from "better-auth/api";
import type { Db } from "#db/client.ts";
import { credential, userSession, verification } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import { hashPassword, verifyPassword } from "#server/execution/people/passwords.ts";
import { activePerson } from "#server/execution/people/people.queries.ts";
import { cookieNames } from "./cookies.ts";

export interface PasswordSession {
  readonly id: string;
  readonly personId: string;
  /** ms */
  readonly until: number;
}

export interface PasswordSessions {
  find(headers: Headers): Promise<PasswordSession | null>;
  /** Makes a session longer that is in use. @returns cookies to set */
  refresh(headers: Headers): Promise<string[]>;
  /** @returns null when code or password are wrong, which takes the same time for both */
  signIn(code: string, password: string): Promise<{ personId: string; cookies: string[] } | null>;
  /** Ends the session of this request in the database. @returns cookies to set */
  end(headers: Headers): Promise<string[]>;
}

/** Twelve hours without use end it. */
const sessionSeconds = 12 * 3600;

/**
 * Sessions of people who sign in with a password: Better Auth's core on our tables, called as functions. None of
 * its HTTP endpoints is mounted, nothing is cached in cookies, its own rate limit is off (see throttle.ts).
 * @param disableRefresh for processes that only read, such as the one that renders screens
 */
export function createPasswordSessions(secret: string, db: Db, disableRefresh: boolean): PasswordSessions {
  const library = betterAuth({
    secret,
    baseURL: "http://localhost",
    database: drizzleAdapter(db, {
      provider: "pg",
      schema: { user: person, session: userSession, account: credential, verification },
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 8,
      maxPasswordLength: 128,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    },
    // People are made by commands; the library only has to know that these columns are ours.
    user: {
      additionalFields: {
        code: { type: "string", required: true, input: false },
        roles: { type: "string[]", required: true, input: false },
      },
    },
    session: {
      expiresIn: sessionSeconds,
      updateAge: 1800,
      disableSessionRefresh: disableRefresh,
      cookieCache: { enabled: false },
    },
    databaseHooks: {
      // Whoever may not come in any more gets no session, and the same answer as for a wrong password.
      session: {
        create: { before: async ({ userId }) => (await activePerson(db, userId)) !== null && undefined },
      },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: {
      useSecureCookies: false,
      database: { generateId: "uuid" },
      cookies: {
        session_token: {
          name: cookieNames.session,
          attributes: { secure: true, httpOnly: true, sameSite: "strict", path: "/" },
        },
      },
    },
  });
  const ours = (headers: Headers): string[] =>
    headers.getSetCookie().filter((cookie) => cookie.startsWith(`${cookieNames.session}=`));

  return {
    async find(headers) {
      const found = await library.api.getSession({ headers, query: { disableRefresh: true } });
      if (found === null) return null;
      return {
        id: found.session.id,
        personId: found.session.userId,
        until: found.session.expiresAt.getTime(),
      };
    },
    async refresh(headers) {
      const answer = await library.api.getSession({ headers, returnHeaders: true });
      return ours(answer.headers);
    },
    async signIn(code, password) {
      try {
        const body = { email: `${code}@person.invalid`, password };
        const answer = await library.api.signInEmail({ body, returnHeaders: true });
        return { personId: answer.response.user.id, cookies: ours(answer.headers) };
      } catch (error) {
        if (error instanceof APIError && error.statusCode < 500) return null;
        throw error;
      }
    },
    async end(headers) {
      const answer = await library.api.signOut({ headers, returnHeaders: true });
      return ours(answer.headers);
    },
  };
}
