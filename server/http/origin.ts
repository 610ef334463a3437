import { Refusal } from "#server/core/refusal.contract.ts";

/**
 * Only our own pages may write (ASVS 3.5.1): browsers say where a request comes from by `Origin` and by
 * `Sec-Fetch-Site`; one of them must be there and neither may name anybody else. @throws Refusal `wrong_origin`
 */
export function checkOrigin(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  if (site === null && origin === null) throw new Refusal("wrong_origin");
  if (site !== null && site !== "same-origin") throw new Refusal("wrong_origin");
  if (origin !== null && origin !== new URL(request.url).origin) throw new Refusal("wrong_origin");
}
