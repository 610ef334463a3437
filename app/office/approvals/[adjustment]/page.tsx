import { notFound } from "next/navigation";
import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { renderTime } from "#app/_lib/server/clock.ts";
import { db } from "#app/_lib/server/db.ts";
import { requirePage } from "#app/_lib/server/page.ts";
import { adjustmentForPerson } from "#server/execution/adjustments/adjustments.queries.ts";
import { findDeviation } from "#server/execution/detection/detection.queries.ts";
import { AdjustmentPage } from "../adjustment-page.client.tsx";

export async function generateMetadata() {
  return { title: (await getTranslations("office.approvals"))("title") };
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export default async function OneAdjustment(props: {
  params: Promise<{ adjustment: string }>;
}): Promise<ReactNode> {
  const { adjustment: id } = await props.params;
  const { actor } = await requirePage("office.look", { at: `/office/approvals/${id}` });
  const adjustment = uuid.test(id) ? await adjustmentForPerson(db(), id, actor, await renderTime()) : null;
  if (adjustment === null) notFound();
  const deviation =
    adjustment.deviationId === null ? null : await findDeviation(db(), adjustment.deviationId);
  return <AdjustmentPage initial={adjustment} deviation={deviation} />;
}
