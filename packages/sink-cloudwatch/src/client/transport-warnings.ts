import type { Address } from "./check-client.ts";
import { isLoopback } from "./is-loopback.ts";

/** What a program should know of the way to its endpoint, where others may read or change what is sent. */
export function transportWarnings(
  address: Address | undefined,
  { verifyTls }: { readonly verifyTls?: boolean | undefined },
): readonly string[] {
  if (address !== undefined && isLoopback(address.hostname)) return [];
  const host = address?.hostname ?? "the endpoint";
  if (address?.protocol === "http:")
    return [
      `requests to ${host} go over plain http, so others on the network can read them, session token included. Use an https endpoint`,
    ];
  if (verifyTls !== false) return [];
  return [
    `verifyTls is false (AIOKPL_CLOUDWATCH_VERIFY_TLS), so whoever pretends to be ${host} gets what is sent, session token included. Set it for this machine's own servers only; elsewhere name the endpoint's certificate in NODE_EXTRA_CA_CERTS`,
  ];
}
