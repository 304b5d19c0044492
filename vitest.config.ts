import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      // The timeouts are for machines that other work keeps busy; no test waits that long by itself.
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      // Against servers that others wrote; .ci/servers brings those.
      {
        test: {
          name: "servers",
          include: ["packages/*/src/**/*.server-test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      // From packed tarballs, in folders outside the workspace.
      {
        test: {
          name: "consumers",
          include: ["packages/release/src/consumers/*.consumer-test.ts"],
          globalSetup: ["packages/release/src/consumers/global-setup.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxConcurrency: 2,
        },
      },
    ],
  },
});
