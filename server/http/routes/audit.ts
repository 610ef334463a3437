import { z } from "zod";
import { AuditFilter, AuditVerdict, AuditView } from "#server/core/audit.contract.ts";
import { listAudit, verifyAudit } from "#server/core/audit.queries.ts";
import { type ApiRouter, queryRoute } from "../route.ts";

/** The record of every write and every access, and the proof that nobody changed it. */
export function auditRoutes(api: ApiRouter): void {
  queryRoute(api, {
    path: "/audit",
    action: "audit.read",
    query: AuditFilter,
    response: z.array(AuditView),
    summary: "The record, newest first",
    run: ({ db, input }) => listAudit(db, input),
  });
  queryRoute(api, {
    path: "/audit/verify",
    action: "audit.read",
    response: AuditVerdict,
    summary: "Recompute the whole chain; names the first row that does not fit",
    shared: true,
    run: ({ db }) => verifyAudit(db),
  });
}
