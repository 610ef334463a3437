import { z } from "zod";
import { Refusal } from "#server/core/refusal.contract.ts";
import { setBill } from "#server/execution/orders/bill.commands.ts";
import { SetBill } from "#server/execution/orders/bill.contract.ts";
import { copyProduct } from "#server/execution/orders/definition.commands.ts";
import { DefinitionView, ProductSummary } from "#server/execution/orders/definition.contract.ts";
import { definitionOf, listDefinitions } from "#server/execution/orders/definition.queries.ts";
import { addProduct, changeProduct, setStandardCycle } from "#server/execution/orders/products.commands.ts";
import { ChangeProduct, ProductView, SetStandardCycle } from "#server/execution/orders/products.contract.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
import { setRouting } from "#server/execution/orders/routing.commands.ts";
import { commandRoute, queryRoute, type Routes } from "../route.ts";

const OneProduct = z.object({ productId: z.uuid() });

/** Products and how fast each machine ideally makes them. */
export const productsRoutes: Routes = (api) => {
  queryRoute(api, {
    path: "/products",
    action: "office.look",
    response: z.array(ProductView),
    summary: "Products with their standard cycles, also those that held earlier",
    run: ({ db }) => listProducts(db),
  });
  queryRoute(api, {
    path: "/products/overview",
    action: "office.look",
    response: z.array(ProductSummary),
    summary: "Products with their operations, components and timed machines as they hold now",
    run: ({ db, clock }) => listDefinitions(db, clock.now()),
  });
  queryRoute(api, {
    path: "/products/:productId",
    params: OneProduct,
    action: "office.look",
    response: DefinitionView,
    summary: "How a product is made and of what, with what held earlier",
    run: async ({ db, clock, input }) => {
      const found = await definitionOf(db, input.productId, clock.now());
      if (found === undefined) throw new Refusal("not_found");
      return found;
    },
  });
  commandRoute(api, {
    path: "/products",
    command: addProduct,
    response: OneProduct,
    summary: "Add a product",
  });
  commandRoute(api, {
    path: "/products/:productId",
    params: OneProduct,
    command: changeProduct,
    body: ChangeProduct.omit({ productId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: OneProduct,
    summary: "Name a product anew",
  });
  commandRoute(api, {
    path: "/products/:productId/standard",
    params: OneProduct,
    command: setStandardCycle,
    body: SetStandardCycle.omit({ productId: true }),
    input: ({ params, body }) => ({ ...body, ...params }),
    response: OneProduct,
    summary: "Say how fast a machine ideally makes a product, from a time on",
  });
  commandRoute(api, {
    path: "/products/:productId/routing",
    params: OneProduct,
    command: setRouting,
    response: z.object({ routingId: z.number().int(), version: z.number().int() }),
    summary: "Say by which operations a product is made, from a time on",
  });
  commandRoute(api, {
    path: "/products/:productId/bill",
    params: OneProduct,
    command: setBill,
    body: z.object(SetBill.shape).omit({ productId: true }),
    response: OneProduct,
    summary: "Say what one part of a product holds, from a time on",
  });
  commandRoute(api, {
    path: "/products/:productId/copy",
    params: OneProduct,
    command: copyProduct,
    response: OneProduct,
    summary: "Take over standards, routing or bill of another product from now on",
  });
};
