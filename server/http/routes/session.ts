import { z } from "zod";
import type { SignedOn } from "../auth.ts";
import { withCookies } from "../cookies.ts";
import { type ApiRouter, type SessionCall, sessionRoute } from "../route.ts";
import {
  Ended,
  Enrol,
  SessionView,
  SignInWithPassword,
  SignOnWithBadge,
  SignOnWithPin,
} from "../session.contract.ts";

/** Who this browser is; signing on and off; becoming a station. */
export function sessionRoutes(api: ApiRouter): void {
  const { auth } = api.deps;

  /** Sets what a sign-on gave and answers as the browser will be seen from now on. */
  async function answer(call: SessionCall<z.ZodRawShape>, signed: SignedOn): Promise<SessionView> {
    for (const cookie of signed.cookies) call.setCookie(cookie);
    return (await auth.session(withCookies(call.from.headers, signed.cookies))).view;
  }

  sessionRoute(api, {
    method: "get",
    path: "/session",
    public: false,
    response: SessionView,
    summary: "Who this browser is, at which station, and where it begins",
    run: async ({ from, setCookie }) => {
      const { view, cookies } = await auth.session(from.headers);
      for (const cookie of cookies) setCookie(cookie);
      return view;
    },
  });
  sessionRoute(api, {
    method: "delete",
    path: "/session",
    public: false,
    response: Ended,
    summary: "Sign off; an enrolled device stays a station",
    run: async ({ from, identity, setCookie }) => {
      for (const cookie of (await auth.signOut(from)).cookies) setCookie(cookie);
      return { ended: identity.session !== null };
    },
  });
  sessionRoute(api, {
    method: "post",
    path: "/session/active",
    public: false,
    response: z.object({ until: z.number().nullable() }),
    summary: "Somebody touched the screen: the person stays signed on (reading alone does not do that)",
    run: async ({ from }) => ({ until: (await auth.identify(from.headers)).session?.until ?? null }),
  });
  sessionRoute(api, {
    method: "post",
    path: "/session/badge",
    public: true,
    body: SignOnWithBadge,
    response: SessionView,
    summary: "Sign on at this station by badge",
    run: async (call) => answer(call, await auth.signOnWithBadge(call.from, call.body.badge)),
  });
  sessionRoute(api, {
    method: "post",
    path: "/session/pin",
    public: true,
    body: SignOnWithPin,
    response: SessionView,
    summary: "Sign on at this station by code and PIN",
    run: async (call) => answer(call, await auth.signOnWithPin(call.from, call.body.person, call.body.pin)),
  });
  sessionRoute(api, {
    method: "post",
    path: "/session/password",
    public: true,
    body: SignInWithPassword,
    response: SessionView,
    summary: "Sign in by code and password",
    run: async (call) =>
      answer(call, await auth.signInWithPassword(call.from, call.body.person, call.body.password)),
  });
  sessionRoute(api, {
    method: "post",
    path: "/stations/enrol",
    public: true,
    body: Enrol,
    response: SessionView,
    summary: "Make this device the station of a one-time code",
    run: async (call) => answer(call, await auth.enrol(call.from, call.body.code)),
  });
}
