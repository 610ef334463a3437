import { z } from "zod";
import { addProduct, changeProduct, setStandardCycle } from "#server/execution/orders/products.commands.ts";
import { ChangeProduct, ProductView, SetStandardCycle } from "#server/execution/orders/products.contract.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
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
};
