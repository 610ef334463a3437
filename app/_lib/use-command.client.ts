"use client";

import { useCallback, useRef, useState } from "react";
import { useDraft } from "#app/_live/reload-when-idle.client.ts";
import { ApiFailure, ApiRefusal, ApiUnreachable, send } from "./api.client.ts";
import { newCommandId } from "./command-id.ts";

export type CommandState<O> =
  | { readonly phase: "idle" }
  /** Under way; a slow one says so instead of spinning silently. */
  | { readonly phase: "sending" }
  | { readonly phase: "done"; readonly result: O }
  | { readonly phase: "wrong"; readonly error: ApiRefusal | ApiFailure | ApiUnreachable };

export interface CommandHandle<I extends object, O> {
  readonly state: CommandState<O>;
  readonly busy: boolean;
  /** Sends; resolves to the result, or to null when it was refused or failed (see `state`). A double tap is one. */
  run(input: I, path?: string): Promise<O | null>;
  reset(): void;
}

/**
 * One write of a screen: `const take = useCommand<TakeAlarm, AlarmView>(`/alarms/${id}/take`)`, then
 * `take.run({…})`. Each press is one intent with one `commandId`; after "not reached" the next press of the
 * same input carries the old id, because the first may have arrived.
 */
export function useCommand<I extends object, O>(
  path: string,
  method: "POST" | "DELETE" = "POST",
): CommandHandle<I, O> {
  const [state, setState] = useState<CommandState<O>>({ phase: "idle" });
  const running = useRef(false);
  const unknown = useRef<{ key: string; commandId: string } | null>(null);
  const busy = state.phase === "sending";
  useDraft(busy);

  const run = useCallback(
    async (input: I, otherPath?: string): Promise<O | null> => {
      if (running.current) return null;
      running.current = true;
      const target = otherPath ?? path;
      const key = `${target} ${JSON.stringify(input)}`;
      const commandId = unknown.current?.key === key ? unknown.current.commandId : newCommandId();
      unknown.current = null;
      setState({ phase: "sending" });
      try {
        const result = await send<O>(target, commandId, input, method);
        setState({ phase: "done", result });
        return result;
      } catch (error) {
        if (error instanceof ApiUnreachable) unknown.current = { key, commandId };
        const known =
          error instanceof ApiRefusal || error instanceof ApiFailure || error instanceof ApiUnreachable;
        setState({ phase: "wrong", error: known ? error : new ApiFailure(String(error)) });
        return null;
      } finally {
        running.current = false;
      }
    },
    [path, method],
  );
  const reset = useCallback(() => setState({ phase: "idle" }), []);
  return { state, busy, run, reset };
}
