import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProfile, missingProfileWords } from "./profile.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "profile-"));
  await writeFile(
    join(folder, "config"),
    '# [profile commented]\n[default]\nregion = x\n[profile shop]\n[ profile "two words" ]\n',
  );
  await writeFile(join(folder, "credentials"), "[keys]\naws_access_key_id = a\n");
});
afterEach(() => rm(folder, { recursive: true }));

function environment(more: Readonly<Record<string, string>> = {}) {
  return {
    AWS_CONFIG_FILE: join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
    ...more,
  };
}

test.each([
  ["shop", true],
  ["two words", true],
  ["keys", true],
  ["default", true],
  ["commented", false],
  ["shops", false],
])("the profile %j exists: %s", async (name, exists) => {
  const profile = await findProfile(undefined, environment({ AWS_PROFILE: name }));
  expect(profile).toMatchObject({ name, from: "AWS_PROFILE", exists });
  expect(missingProfileWords(profile) === undefined).toBe(exists);
});

test("a client's own profile is the one that is used and named", async () => {
  const profile = await findProfile("other", environment({ AWS_PROFILE: "shop" }));
  expect(missingProfileWords(profile)).toMatch(/^the client's profile is "other", and neither/);
});

test("without a setting the profile is default, and nothing is said where it does not exist", async () => {
  const profile = await findProfile(undefined, { AWS_CONFIG_FILE: join(folder, "none") });
  expect(profile).toMatchObject({ name: "default", from: "default" });
  expect(missingProfileWords(profile)).toBeUndefined();
});
