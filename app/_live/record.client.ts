"use client";

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type ApiRefusal, read } from "#app/_lib/api.client.ts";
import type { Changed } from "#server/realtime/protocol.contract.ts";
import { useLinkState, useLive } from "./live-provider.client.tsx";

export interface RecordOptions<T> {
  /** Below /api/v1, with its query: also the key under which it is kept. Null = nothing to read now. */
  readonly path: string | null;
  /** What the server component read for the first paint. */
  readonly initial?: T;
  /** Rooms whose changes concern it: `plant`, `line:1`, `machine:3`, `station:<uuid>`. */
  readonly scopes: readonly string[];
  /** Beginnings of topics that concern it (`alarm.`); left out = every topic of those scopes. */
  readonly topics?: readonly string[];
  /** Re-read at least so often, ms: for figures that move with the clock and not with facts. */
  readonly everyMs?: number;
  /** While another path of the same thing is read, the last one's data stays. */
  readonly keepPrevious?: boolean;
}

export interface RecordState<T> {
  readonly data: T | undefined;
  /** Set when the last re-read failed; `data` then is the last that was read. */
  readonly error: Error | null;
  readonly loading: boolean;
  /** When `data` was read, ms on this device's clock. */
  readonly readAt: number;
  reread(): void;
}

/** Longest pause between "changed" and the re-read, ms: two hundred screens must not ask in the same millisecond. */
const jitterMs = 300;
/** Without a connection nobody says what changed, so it is asked for now and then, ms. */
const awayEveryMs = 10_000;

/**
 * A record of the server, kept fresh: painted from `initial`, re-read when the server says that it changed and
 * after every reconnect. Never patched by hand.
 */
export function useRecord<T>(options: RecordOptions<T>): RecordState<T> {
  const { path, initial, scopes, topics, everyMs, keepPrevious = false } = options;
  const { link } = useLive();
  const queries = useQueryClient();
  const away = useLinkState().phase !== "live";
  const scopeKey = scopes.join(" ");
  const topicKey = topics?.join(" ");
  const [firstPath] = useState(path);
  const query = useQuery<T>({
    queryKey: [path],
    queryFn: ({ signal }) => {
      const version = versions.get(path ?? "");
      const asked =
        version === undefined
          ? path
          : `${path ?? ""}${path?.includes("?") === true ? "&" : "?"}v=${String(version)}`;
      return read<T>(asked ?? "", signal);
    },
    enabled: path !== null,
    ...(initial === undefined || path !== firstPath ? {} : { initialData: initial }),
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
    refetchInterval: away ? awayEveryMs : (everyMs ?? false),
    retry: (failures, error) => (error as ApiRefusal).name !== "ApiRefusal" && failures < 2,
  });

  useEffect(() => {
    if (path === null) return undefined;
    const scopes = scopeKey === "" ? [] : scopeKey.split(" ");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: [path], exact: true });
      }, Math.random() * jitterMs);
    };
    // Between the first paint and the watch something may have changed unheard: read once more then.
    const giveUp = link.need({ scopes }, later);
    const stop = link.onChanged((changed) => {
      if (changed !== "everything") {
        if (!concerns(changed, scopes, topicKey?.split(" "))) return;
        versions.set(path, changed.version);
      }
      later();
    });
    return () => {
      stop();
      giveUp();
      clearTimeout(timer);
      versions.delete(path);
    };
  }, [link, queries, path, scopeKey, topicKey]);

  return {
    data: query.data,
    error: query.error,
    loading: query.isPending && query.isFetching,
    readAt: query.dataUpdatedAt,
    reread: () => void query.refetch(),
  };
}

/** The newest version a `changed` named for each path; screens that ask for the same one share a query. */
const versions = new Map<string, number>();

function concerns(
  changed: Changed,
  scopes: readonly string[],
  topics: readonly string[] | undefined,
): boolean {
  const meant = changed.concerns.some((scope) => scope === "*" || scopes.includes(scope));
  if (!meant) return false;
  return topics === undefined || topics.some((topic) => changed.topic.startsWith(topic));
}
