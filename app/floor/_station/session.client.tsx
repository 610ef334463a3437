"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useEffectEvent, useState } from "react";
import { type ApiFailure, ApiRefusal, type ApiUnreachable, read, send } from "#app/_lib/api.client.ts";
import { forgetLanguage } from "#app/_lib/choose.client.ts";
import { newCommandId } from "#app/_lib/command-id.ts";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { type Action, can, whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { RefusalView } from "#server/core/refusal.contract.ts";
import type { SessionView } from "#server/http/session.contract.ts";
import { useWedge } from "./use-wedge.client.ts";

type Problem = ApiRefusal | ApiFailure | ApiUnreachable;

/** What waits for somebody to sign on: the act itself, and which right it needs. */
interface Pending {
  readonly action: Action;
  readonly machineId: number;
  readonly run: () => Promise<unknown>;
}

export interface StationSession {
  readonly actor: Actor;
  readonly stationName: string | null;
  readonly asking: boolean;
  readonly busy: boolean;
  readonly problem: Problem | null;
  /** Opens the sign-on sheet, to change who is signed on. */
  ask(): void;
  dismiss(): void;
  withBadge(badge: string): Promise<void>;
  withPin(person: string, pin: string): Promise<boolean>;
  signOff(): Promise<void>;
  /**
   * Does something that needs a name: at once when whoever is signed on may do it, else after the sign-on that
   * it asks for. Looking never asks.
   */
  act(action: Action, machineId: number, run: () => Promise<unknown>): void;
  /** Why nobody could do it here whoever signs on, or null. */
  whyNot(action: Action, machineId: number): RefusalView | null;
}

const Context = createContext<StationSession | null>(null);

export function useStationSession(): StationSession {
  const session = useContext(Context);
  if (session === null) throw new Error("no station session around this part");
  return session;
}

/** Without a touch for so long whoever signed on is signed off again, ms; the last part of it is counted down. */
export const idleMs = 90_000;
export const countdownMs = 15_000;

/** How often a touch is passed on to the server, ms. */
const stayAwakeMs = 20_000;

/** Who stands at this station. A badge is heard anywhere on the screen. */
export function StationSessionProvider(props: {
  actor: Actor;
  stationName: string | null;
  language: string;
  children: ReactNode;
}): ReactNode {
  const queries = useQueryClient();
  const [signedOn, setActor] = useState(props.actor);
  const [asking, setAsking] = useState(false);
  const [pending, setPending] = useState<Pending | null>(null);
  const [unable, setUnable] = useState<ApiRefusal | null>(null);
  const badge = useCommand<{ badge: string }, SessionView>("/session/badge");
  const pin = useCommand<{ person: string; pin: string }, SessionView>("/session/pin");
  const off = useCommand<object, unknown>("/session", "DELETE");
  const states = [badge.state, pin.state];
  const wrong = states.find((state) => state.phase === "wrong");

  // A badge session ends on the server too; the screen must not go on showing a name.
  const session = useQuery<SessionView>({
    queryKey: ["/session"],
    queryFn: ({ signal }) => read<SessionView>("/session", signal),
    enabled: signedOn.kind === "person",
    refetchInterval: 30_000,
  });
  const heard = session.data?.actor;
  const gone = signedOn.kind === "person" && heard !== undefined && heard.personId !== signedOn.personId;
  const actor = gone ? heard : signedOn;

  const entered = async (view: SessionView | null): Promise<boolean> => {
    if (view === null) return false;
    forgetLanguage();
    queries.setQueryData(["/session"], view);
    setActor(view.actor);
    const refusal =
      pending === null ? null : whyNotAllowed(view.actor, pending.action, { machineId: pending.machineId });
    setUnable(refusal === null ? null : new ApiRefusal(refusal.toJSON(), 403));
    // Whoever signed on may not do it: the sheet stays and says so, and somebody else may sign on.
    setAsking(refusal !== null);
    if (refusal === null) {
      setPending(null);
      await pending?.run();
    }
    // The language follows the badge; words come with the page.
    if (view.language !== null && view.language !== props.language) location.reload();
    return true;
  };
  const withBadge = async (text: string) => {
    pin.reset();
    setUnable(null);
    setAsking(true);
    await entered(await badge.run({ badge: text }));
  };
  useWedge((text) => void withBadge(text));

  const value: StationSession = {
    actor,
    stationName: props.stationName,
    asking,
    busy: badge.busy || pin.busy || off.busy,
    problem: wrong?.phase === "wrong" ? wrong.error : unable,
    ask: () => {
      setUnable(null);
      badge.reset();
      pin.reset();
      setAsking(true);
    },
    dismiss: () => {
      setAsking(false);
      setPending(null);
    },
    withBadge,
    withPin: async (person, secret) => {
      badge.reset();
      setUnable(null);
      return entered(await pin.run({ person, pin: secret }));
    },
    signOff: async () => {
      await off.run({});
      queries.removeQueries({ queryKey: ["/session"] });
      setActor(props.actor.kind === "station" ? props.actor : stationOf(actor, props.stationName));
      // Together with the name: closed later, it would take away the sheet that the next one opened meanwhile.
      setAsking(false);
      setPending(null);
    },
    act: (action, machineId, run) => {
      if (can(actor, action, { machineId })) return void run();
      badge.reset();
      pin.reset();
      setUnable(null);
      setPending({ action, machineId, run });
      setAsking(true);
      return undefined;
    },
    whyNot: (action, machineId) => {
      const refusal = whyNotAllowed(actor, action, { machineId });
      // Somebody else may sign on, so a missing name or role is no reason to grey a button.
      return refusal === null || actor.stationId !== undefined ? null : refusal.toJSON();
    },
  };
  return <Context.Provider value={value}>{props.children}</Context.Provider>;
}

function stationOf(actor: Actor, name: string | null): Actor {
  return {
    kind: "station",
    name: name ?? "",
    roles: [],
    ...(actor.stationId === undefined ? {} : { stationId: actor.stationId }),
    ...(actor.machineIds === undefined ? {} : { machineIds: actor.machineIds }),
  };
}

/**
 * Counts down the step-down of whoever signed on: null while it is far, else the ms left. Any touch begins anew;
 * a running command or an open draft is never cut off.
 */
export function useStepDown(busy: boolean): number | null {
  const { actor, signOff } = useStationSession();
  const [left, setLeft] = useState<number | null>(null);
  const person = actor.kind === "person";
  const over = useEffectEvent(() => void signOff());
  useEffect(() => {
    if (!person || busy) return undefined;
    let last = performance.now();
    let told = last;
    const touched = () => {
      last = performance.now();
      setLeft(null);
      if (last - told < stayAwakeMs) return;
      told = last;
      // The server counts its own idle time; a touch here must keep the session awake there.
      send("/session/active", newCommandId()).catch(() => {});
    };
    const timer = setInterval(() => {
      const rest = idleMs - (performance.now() - last);
      if (rest <= 0) over();
      else if (rest <= countdownMs) setLeft(rest);
    }, 500);
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, touched, { passive: true });
    return () => {
      clearInterval(timer);
      setLeft(null);
      for (const event of ["pointerdown", "keydown"]) removeEventListener(event, touched);
    };
  }, [person, busy]);
  return person ? left : null;
}
