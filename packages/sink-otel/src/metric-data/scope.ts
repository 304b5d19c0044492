/** The build replaces this; it is undefined when the source runs directly. */
declare const PACKAGE_VERSION: string | undefined;

/** The instrumentation scope of everything that this package emits: the package's name and version. */
export const SCOPE: { readonly name: string; readonly version: string } = {
  name: "@aiokpl/sink-otel",
  version: typeof PACKAGE_VERSION === "string" ? PACKAGE_VERSION : "0.0.0-source",
};
