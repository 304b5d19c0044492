import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The profile of AWS's shared configuration files that a client uses. */
export interface Profile {
  readonly name: string;
  /** What has set the name. */
  readonly from: "AWS_PROFILE" | "the client" | "default";
  /** The two files in which the SDK looks for it. */
  readonly files: readonly string[];
  /** Whether one of the files has it. */
  readonly exists: boolean;
}

/**
 * Finds the profile that the SDK uses.
 *
 * @param configured the name in the client's configuration
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
export async function findProfile(
  configured: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Profile> {
  const files = [
    env["AWS_CONFIG_FILE"] || join(homedir(), ".aws", "config"),
    env["AWS_SHARED_CREDENTIALS_FILE"] || join(homedir(), ".aws", "credentials"),
  ];
  const fromEnv = env["AWS_PROFILE"];
  const [name, from] =
    configured !== undefined && configured !== fromEnv
      ? ([configured, "the client"] as const)
      : fromEnv
        ? ([fromEnv, "AWS_PROFILE"] as const)
        : (["default", "default"] as const);
  const names = await Promise.all(files.map(profilesIn));
  return { name, from, files, exists: names.flat().includes(name) };
}

/** A sentence without an end on a profile that neither file has; undefined where there is nothing to say. */
export function missingProfileWords({ name, from, files, exists }: Profile): string | undefined {
  if (exists || from === "default") return undefined;
  const setter = from === "AWS_PROFILE" ? "AWS_PROFILE names" : "the client uses";
  return `${setter} the profile ${JSON.stringify(name)}, which is in neither of ${files.join(" and ")}`;
}

/** The names of a file's profiles; none where there is no such file. */
async function profilesIn(file: string): Promise<readonly string[]> {
  try {
    const text = await readFile(file, "utf8");
    const sections = text.matchAll(/^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/gm);
    return [...sections].map((match) => match[1] ?? "");
  } catch {
    return [];
  }
}
