import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { machineList } from "#app/_lib/server/machine-list.queries.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { refusalWords } from "#app/_lib/server/refusal-words.ts";
import { plantScopes } from "#app/_lib/server/scopes.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import { correctionList } from "#server/enterprise/corrections/corrections.queries.ts";
import { CorrectionsPage } from "./corrections-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("corrections"))("title") };
}

export default async function Corrections(props: {
  searchParams: Promise<{ machine?: string; job?: string }>;
}): Promise<ReactNode> {
  const { actor } = await requirePage("office.look", { at: "/office/corrections" });
  const { machine, job } = await props.searchParams;
  const now = await renderTime();
  const [saved, machines] = await Promise.all([correctionList(db()), machineList(db())]);
  return (
    <CorrectionsPage
      key={`${machine ?? ""}/${job ?? ""}`}
      initial={saved}
      machines={machines}
      machineId={machines.find((one) => one.code === machine)?.id ?? machines[0]?.id ?? null}
      jobId={job ?? null}
      now={now}
      scopes={await plantScopes(now)}
      whyNot={await refusalWords(whyNotAllowed(actor, "job.correct"))}
    />
  );
}
