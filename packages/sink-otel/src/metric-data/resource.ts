import { randomUUID } from "node:crypto";
import type { Resource } from "./sdk-data.ts";

/** The attributes of a resource, by name. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/**
 * Makes a resource with these attributes. The SDK's own function for this is in a package that is
 * needed for nothing else here.
 */
export function resourceFrom(attributes: ResourceAttributes): Resource {
  return {
    attributes: { ...attributes },
    getRawAttributes: () => Object.entries(attributes),
    merge(other) {
      if (other === null) return this;
      return resourceFrom({ ...attributes, ...stringsOf(other.attributes) });
    },
  };
}

/** Returns whether the value is a resource of the SDK. */
export function isResource(value: Resource | ResourceAttributes): value is Resource {
  return "getRawAttributes" in value && typeof value.getRawAttributes === "function";
}

/**
 * Reads this process's attributes from OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME, with the SDK's
 * own defaults for the rest. Each process gets an instance id of its own, unless one is given;
 * otherwise a backend would mix up the series of two processes.
 *
 * @param instance the instance id; undefined for a random one, or the environment's
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function environmentAttributes(
  env: Readonly<Record<string, string | undefined>>,
  instance: string | undefined,
): ResourceAttributes {
  const attributes: Record<string, string> = {
    "service.name": "unknown_service:node",
    "service.instance.id": randomUUID(),
  };
  for (const pair of (env["OTEL_RESOURCE_ATTRIBUTES"] ?? "").split(",")) {
    const equals = pair.indexOf("=");
    if (equals > 0)
      attributes[pair.slice(0, equals).trim()] = decoded(pair.slice(equals + 1).trim());
  }
  const name = env["OTEL_SERVICE_NAME"];
  if (name) attributes["service.name"] = name;
  if (instance !== undefined) attributes["service.instance.id"] = instance;
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function stringsOf(attributes: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, String(value)]),
  );
}
