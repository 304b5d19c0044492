import { readdirSync } from "node:fs";
import type { Vendor } from "./vendor.ts";

const folder = new URL("vendors/", import.meta.url);

/** Each vendor that has a file in the folder `vendors`, and core itself for the console. */
export const VENDORS: readonly Vendor[] = await Promise.all(
  readdirSync(folder)
    .sort()
    .map(async (file) => {
      const { vendor }: { readonly vendor: Vendor } = await import(new URL(file, folder).href);
      return vendor;
    }),
);

/** The vendors that have a sink package. */
export const SINK_VENDORS: readonly Vendor[] = VENDORS.filter(({ sink }) =>
  sink.includes("/sink-"),
);

/** Core as its own sink, for tests that need no vendor. */
export const theConsole: Vendor = vendorOf("@aiokpl/metrics-core");

function vendorOf(name: string): Vendor {
  const found = VENDORS.find(({ sink }) => sink === name);
  if (found === undefined) throw new Error(`${name} has no file in the folder vendors`);
  return found;
}
