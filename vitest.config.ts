import { defineConfig } from "vitest/config";

// Tests run against the built packages (`dist/`), as users do; `npm test` builds first.
const everything = [
  "packages/*/src/**/*.test.ts",
  "packages/*/src/**/*.test.tsx",
  "test/**/*.test.ts",
  "scripts/**/*.test.ts",
];
// What users do to a registry, once more on two processes of it that share PostgreSQL and S3, where these are there.
const cluster =
  process.env.DATABASE_URL && process.env.S3_ENDPOINT
    ? [
        {
          extends: true as const,
          test: {
            name: "cluster",
            include: ["test/e2e/**/*.test.ts"],
            // No registry of ours is in these.
            exclude: [
              "test/e2e/start-up.test.ts",
              "test/e2e/answers-*.test.ts",
              "test/e2e/malicious-registry.test.ts",
              "test/e2e/trust-commands.test.ts",
            ],
            env: { LORA_TEST_REGISTRY: "cluster" },
          },
        },
      ]
    : [];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    // What is made of the compiled registry: its bundle, and the database that new ones start from.
    globalSetup: ["scripts/build-registry.ts", "scripts/build-database.ts"],
    projects: [{ extends: true as const, test: { name: "embedded", include: everything } }, ...cluster],
  },
});
