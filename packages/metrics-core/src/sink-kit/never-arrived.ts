/**
 * The host's codes for a request that found nobody: a name that has no address, a refused connection,
 * a certificate that is not trusted.
 *
 * @see https://nodejs.org/api/errors.html#common-system-errors
 */
const NOBODY =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_)/;

/** These also end a connection over which a request has gone. */
const NO_ROUTE = /^(EHOSTUNREACH|ENETUNREACH)$/;

/** No chain of causes that means something is longer, and one may be a circle. */
const MOST_CAUSES = 10;

/**
 * Whether an error says that its request can't have reached anybody, so that it was not taken for
 * sure: by its code, or by that of one of its causes. Of any other error nothing is known.
 */
export function neverArrived(error: unknown): boolean {
  let each = error;
  for (let depth = 0; depth < MOST_CAUSES && each instanceof Error; depth++) {
    const { code, syscall } = each as { readonly code?: unknown; readonly syscall?: unknown };
    if (typeof code === "string")
      if (NOBODY.test(code) || (NO_ROUTE.test(code) && syscall === "connect")) return true;
    each = each.cause;
  }
  return false;
}
