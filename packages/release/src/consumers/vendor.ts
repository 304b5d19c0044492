import type { Totals } from "./application.ts";
import type { ExistingProgram } from "./matrix/existing-program.ts";

/** A vendor, as an application that swaps sinks sees it. */
export interface Vendor {
  /** The package that is the application's `@aiokpl/sink`. */
  readonly sink: string;
  /** What its README has users install beside the sink, with ranges. */
  readonly beside: Readonly<Record<string, string>>;
  /** The vendor's own packages, which have no place beside another vendor's sink; none if it has none. */
  readonly theirs?: RegExp;
  /** The environment variables that the vendor's own packages need under Jest, as the sink's README says; none if they need none. */
  readonly underJest?: Readonly<Record<string, string>>;
  /** Programs with packages of the vendor that the sink is added to; none if the vendor has no packages. */
  readonly programs?: readonly ExistingProgram[];
  /** False if the vendor's form has no largest value of a distribution. @default true */
  readonly showsMax?: boolean;
  /** Starts what the vendor's client talks to. It refuses for good each request that contains the word `refused`. */
  readonly listen: () => Promise<VendorEnd>;
}

/** Where one run of the application reports to. */
interface VendorEnd extends AsyncDisposable {
  /** The environment variables that lead there. */
  readonly env: Readonly<Record<string, string>>;
  /** What arrived, read out of the vendor's form. */
  totals(stdout: string): Totals | Promise<Totals>;
}
