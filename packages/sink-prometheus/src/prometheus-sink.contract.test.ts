import { describeSinkContract } from "@aiokpl/sink-testkit";
import { type AddressInfo, createServer } from "node:net";
import { describe, it } from "vitest";
import { PrometheusSink } from "./prometheus-sink.ts";

describeSinkContract({
  describe,
  it,
  name: "PrometheusSink",
  create: () => new PrometheusSink({ port: 0, onWarning: () => {} }),
  timesPrepared: () => 0,
  createUnopenable: async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    taken.unref();
    const { port } = taken.address() as AddressInfo;
    const sink = new PrometheusSink({ port, onWarning: () => {} });
    const close = sink.close.bind(sink);
    sink.close = async (options) => {
      taken.close();
      await close(options);
    };
    return sink;
  },
  skip: {
    "prepares deltas that conserve count and sum":
      "what it folds in is scraped, and only what is refused goes on; its own tests compare the totals",
  },
});
