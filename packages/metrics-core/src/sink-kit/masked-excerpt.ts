import { printable } from "../problems/printable.ts";
import type { SecretMask } from "./mask-secrets.ts";

const LONGEST_EXCERPT = 500;

/**
 * The beginning of what a vendor, its client or a proxy has written, as it may be shown: masked, then
 * on one line and freed of what a terminal would obey, see {@link printable}. A cut is marked by an
 * ellipsis. A copy, which keeps no longer text alive. Never throws.
 *
 * @param longest in UTF-16 code units, at least 1; by default 500
 */
export function maskedExcerpt(
  text: string,
  mask: SecretMask,
  longest: number = LONGEST_EXCERPT,
): string {
  const masked = mask.mask(text, longest);
  return printable(text.length > longest ? `${masked}…` : masked, longest);
}
