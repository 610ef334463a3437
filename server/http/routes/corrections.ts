import { z } from "zod";
import { instantInPath, rowIdInPath } from "#server/core/number.contract.ts";
import { saveCorrection } from "#server/enterprise/corrections/corrections.commands.ts";
import {
  AskPreview,
  CorrectionPreview,
  CorrectionView,
  RunToCorrect,
} from "#server/enterprise/corrections/corrections.contract.ts";
import { correctionList, runsToCorrect } from "#server/enterprise/corrections/corrections.queries.ts";
import { previewCorrection } from "#server/enterprise/corrections/preview.ts";
import { askRoute, commandRoute, queryRoute, type Routes } from "../route.ts";

/** What was recorded wrongly: seen before, saved as seen. */
export const correctionsRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/corrections",
    action: "office.look",
    response: z.array(CorrectionView),
    summary: "Corrections with what they restated, newest first",
    run: ({ db }) => correctionList(db),
  });
  queryRoute(api, {
    path: "/corrections/runs",
    query: z.object({ machineId: rowIdInPath(), from: instantInPath(), to: instantInPath() }),
    action: "office.look",
    response: z.array(RunToCorrect),
    summary: "Runs of a machine in a period with what was counted in each, newest first",
    run: ({ db, input }) => runsToCorrect(db, input.machineId, input.from, input.to),
  });
  askRoute(api, {
    path: "/corrections/preview",
    body: AskPreview,
    response: CorrectionPreview,
    summary: "What a correction would restate; nothing is saved",
    run: ({ db, clock, actor, input }) =>
      previewCorrection({ db, now: clock.now(), actor }, input.correction),
  });
  commandRoute(api, {
    path: "/corrections",
    command: saveCorrection,
    response: z.object({ correctionId: z.uuid() }),
    summary: "Save a correction as its preview showed it; refused when the plant changed since",
  });
};
