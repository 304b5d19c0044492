/** Put in by the build; the source has none. */
declare const PACKAGE_VERSION: string | undefined;

/** The instrumentation scope of all that this package emits: its own name and version. */
export const SCOPE: { readonly name: string; readonly version: string } = {
  name: "@aiokpl/sink-otel",
  version: typeof PACKAGE_VERSION === "string" ? PACKAGE_VERSION : "0.0.0-source",
};
