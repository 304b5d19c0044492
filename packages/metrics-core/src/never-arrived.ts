/**
 * The host's codes for a request that found nobody: a name that has no address, a refused connection, a certificate that is not trusted.
 *
 * @see https://nodejs.org/api/errors.html#common-system-errors
 */
const NOBODY =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_)/;

/**
 * Whether an error says that its request can't have reached anybody, so that it was not taken for
 * sure: by its code, or by that of one of its causes. Of any other error nothing is known.
 */
export function neverArrived(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if ("code" in each && typeof each.code === "string" && NOBODY.test(each.code)) return true;
  return false;
}
