import type { EndedRequest } from "./instrumentation.ts";

/** What the service is asked, in this order, again and again: five routes, two of which also fail sometimes. */
const PATHS = `
  /orders/17 /customers/4 /products/8/stock /cart /search
  /orders/18 /customers/5 /products/9/stock /cart /search
  /orders/none /customers/6 /products/3/stock /cart /search
  /orders/19 /customers/7 /products/4/stock /cart /search?fails`
  .trim()
  .split(/\s+/);

const TEMPLATES: Readonly<Record<string, string>> = {
  orders: "/orders/:id",
  customers: "/customers/:id",
  products: "/products/:id/stock",
};

/** The path of the request with this number. */
export function pathOf(request: number): string {
  return PATHS[request % PATHS.length] ?? "/cart";
}

/** The same requests as they are recorded: seven counters, five distributions and a gauge. For rows that serve nothing. */
export const ENDED_REQUESTS: readonly EndedRequest[] = PATHS.map((path, i) => {
  const [, first = ""] = path.split(/[/?]/);
  return {
    method: "GET",
    route: TEMPLATES[first] ?? `/${first}`,
    status: path === "/orders/none" ? 404 : path === "/search?fails" ? 500 : 200,
    // Multiples of 1/1024, so that sums are exact in any order.
    ms: 1 + (i * 37) / 1_024,
  };
});
