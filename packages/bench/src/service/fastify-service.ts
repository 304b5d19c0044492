import Fastify, { type FastifyInstance } from "fastify";
import { addressOf } from "./address-of.ts";
import type { Instrumentation } from "./instrumentation.ts";

const PRODUCTS = Array.from({ length: 20 }, (_, i) => ({
  id: i,
  name: `product ${i}`,
  price: i * 9.9,
}));

/** A service that listens. */
export interface Service {
  readonly port: number;
  close(): Promise<void>;
}

/** A small shop with five routes, whose requests are measured as the guide for frameworks shows. */
export async function startService(instrumentation: Instrumentation): Promise<Service> {
  const app = Fastify();
  app.addHook("onRequest", (request, reply, done) => {
    const start = performance.now();
    instrumentation.began();
    reply.raw.once("close", () => {
      const { method, routeOptions } = request;
      const route = routeOptions.url ?? "unmatched";
      const ms = performance.now() - start;
      instrumentation.ended({ method, route, status: reply.statusCode, ms });
    });
    done();
  });
  addRoutes(app);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: addressOf(app.server).port, close: () => app.close() };
}

function addRoutes(app: FastifyInstance): void {
  app.get<{ Params: { id: string } }>("/orders/:id", async ({ params }, reply) =>
    params.id === "none"
      ? reply.code(404).send({ error: "no such order" })
      : { id: params.id, items: PRODUCTS.slice(0, 3) },
  );
  app.get<{ Params: { id: string } }>("/customers/:id", async ({ params }) => ({
    id: params.id,
    orders: [1, 2, 3],
  }));
  app.get<{ Params: { id: string } }>("/products/:id/stock", async ({ params }) => ({
    id: params.id,
    stock: 17,
  }));
  app.get("/cart", async () => ({ items: PRODUCTS.slice(0, 5) }));
  app.get<{ Querystring: { fails?: string } }>("/search", async ({ query }, reply) =>
    query.fails === undefined ? PRODUCTS : reply.code(500).send({ error: "the search failed" }),
  );
}
