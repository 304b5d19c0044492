import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The profile in AWS's shared configuration files that a client uses. */
export interface Profile {
  readonly name: string;
  /** Who has set the name; `default` where nobody has. */
  readonly from: "AWS_PROFILE" | "the client" | "default";
  /** The paths of the two files in which the SDK looks for it. */
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

/** Half a sentence that says which profile is used, and who has set it. */
export function profileWords({ name, from }: Profile): string {
  if (from === "default") return "AWS_PROFILE is not set";
  return `${from === "AWS_PROFILE" ? "AWS_PROFILE" : "the client's profile"} is ${JSON.stringify(name)}`;
}

/** A sentence for a profile that was asked for and does not exist, without its full stop; undefined for any other. */
export function missingProfileWords(profile: Profile): string | undefined {
  if (profile.exists || profile.from === "default") return undefined;
  return `${profileWords(profile)}, and neither ${profile.files.join(" nor ")} has a profile of that name`;
}

/** The names of a file's profiles; none where there is no such file. */
async function profilesIn(file: string): Promise<readonly string[]> {
  try {
    const text = await readFile(file, "utf8");
    return text.split("\n").flatMap((line) => nameIn(line.trim()) ?? []);
  } catch {
    return [];
  }
}

/** The name of the profile that begins with this line; undefined where none does. */
function nameIn(line: string): string | undefined {
  const end = line.indexOf("]");
  if (!line.startsWith("[") || end < 0) return undefined;
  const title = line.slice(1, end).trim();
  const rest = title.startsWith("profile") ? title.slice("profile".length) : title;
  // Without a blank after it, the word is part of a name.
  const name = rest.trimStart() === rest && rest !== title ? title : rest.trim();
  return name.replace(/^["']|["']$/g, "");
}
