import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Actor } from "#server/core/actor.contract.ts";

/** Who did it: a person's or a station's own name; a part of the system by a word, not by its name in the code. */
export function ActorName(props: { actor: Pick<Actor, "kind" | "name"> }): ReactNode {
  const { kind, name } = props.actor;
  const t = useTranslations("service");
  return <bdi>{kind === "service" && t.has(name) ? t(name) : name}</bdi>;
}
