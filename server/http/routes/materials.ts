import { z } from "zod";
import { holdLot, loadLot, releaseLot } from "#server/execution/materials/materials.commands.ts";
import {
  LotStock,
  LotView,
  MaterialView,
  ReceiveLot,
} from "#server/execution/materials/materials.contract.ts";
import { lotList } from "#server/execution/materials/materials.queries.ts";
import { addMaterial, receiveLot } from "#server/execution/materials/receiving.commands.ts";
import { listMaterials, lotStock } from "#server/execution/materials/stock.queries.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const LotId = z.object({ lotId: z.uuid() });
const Lots = z.object({ lotIds: z.array(z.uuid()) });
const Ran = z.object({ runId: z.uuid() });

/** Materials and the lots of them. */
export const materialsRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/materials",
    action: "floor.look",
    response: z.array(MaterialView),
    summary: "Materials with the products that need them",
    run: ({ db, clock }) => listMaterials(db, clock.now()),
  });
  commandRoute(api, {
    path: "/materials",
    command: addMaterial,
    response: z.object({ materialId: z.uuid() }),
    summary: "Add a material",
  });
  commandRoute(api, {
    path: "/lots",
    command: receiveLot,
    body: z.object(ReceiveLot.shape),
    response: LotId,
    summary: "Book a lot that came into the house",
  });
  queryRoute(api, {
    path: "/lots/stock",
    query: z.object({ show: z.enum(["open", "all"]).default("open") }),
    action: "office.look",
    shared: true,
    response: z.array(LotStock),
    summary: "Lots with what is left of them and which jobs used them",
    run: ({ db, input }) => lotStock(db, input.show),
  });
  queryRoute(api, {
    path: "/lots",
    action: "floor.look",
    response: z.array(LotView),
    summary: "Lots in the house, those on hold first",
    run: ({ db }) => lotList(db),
  });
  commandRoute(api, {
    path: "/lots/:lotId/load",
    params: LotId,
    command: loadLot,
    response: Ran,
    summary: "Put a material lot on what runs at a machine",
  });
  commandRoute(api, {
    path: "/lots/:lotId/hold",
    params: LotId,
    command: holdLot,
    response: Lots,
    summary: "Freeze a lot and what was made from it",
  });
  commandRoute(api, {
    path: "/lots/:lotId/release",
    params: LotId,
    command: releaseLot,
    response: Lots,
    summary: "Free a lot that is on hold",
  });
};
