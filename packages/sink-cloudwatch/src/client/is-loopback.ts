import { isIPv4 } from "node:net";

/** Whether a host of a URL is this machine, by its name alone. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return name === "::1" || name === "[::1]" || (isIPv4(name) && name.startsWith("127."));
}
