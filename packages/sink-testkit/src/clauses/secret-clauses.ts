import { nextTurn } from "../driver/deadline.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";
import type { IntakeScript } from "../intake/intake-script.ts";
import { pathToSecret } from "../trial/secret-search.ts";
import type { Clause, Trial } from "../trial/trial.ts";

/** The clause that a sink shows its secrets to nobody. */
export const secretClauses: readonly Clause[] = [
  {
    name: "shows no secret",
    async run(trial) {
      const warnings: unknown[] = [];
      const onWarning = (warning: unknown): void => void warnings.push(warning);
      process.on("warning", onWarning);
      const driver = await trial.create();
      try {
        await provoke(trial, driver);
      } finally {
        // This runs even if the sink broke another rule on the way. A secret that it showed then matters more.
        await nextTurn();
        process.off("warning", onWarning);
        const failed = await openUnopenable(trial);
        checkSecrets(trial, "What it answered", [...driver.answers, ...failed]);
        checkSecrets(trial, "A process warning", warnings);
        checkSecrets(trial, "The console", trial.end.written);
      }
    },
  },
];

/** Makes a sink report failures: of exports, of an unreachable vendor, and of an export after close. */
async function provoke({ end, options }: Trial, driver: SinkDriver): Promise<void> {
  const { secrets = [], answers, exportTimeoutMs = 2_000 } = options;
  await driver.tryOpen();
  if (answers !== undefined) {
    for (const echo of echoesOf(secrets)) {
      end.intake.respondWith(echo);
      driver.take();
      await driver.pass({ abortAfterMs: exportTimeoutMs });
    }
    await end.intake.refuseConnections();
  }
  driver.take();
  await driver.pass({ abortAfterMs: exportTimeoutMs });
  await driver.close();
  await driver.startExport(driver.take(), AbortSignal.abort()).catch(() => undefined);
}

/** Answers that repeat the secrets and headers of the request, as a vendor or a proxy may do. */
function echoesOf(secrets: readonly string[]): readonly IntakeScript[] {
  const told = secrets.flatMap((secret) => [
    secret,
    secret.toUpperCase(),
    Buffer.from(secret).toString("base64"),
    encodeURIComponent(secret),
  ]);
  const inHeaders = told.filter((text) => /^[!-~]+$/.test(text)).join(" ");
  const echo =
    (status: number, contentType: string): IntakeScript =>
    ({ headers, path, text }) => ({
      status,
      headers: { "content-type": contentType, "x-request-id": inHeaders },
      body: `${JSON.stringify({ errors: told, message: told.join(" "), headers, path })}\n${text}`,
    });
  return [
    echo(200, "application/json"),
    echo(202, "application/json"),
    echo(200, "text/html"),
    echo(301, "text/html"),
    echo(400, "application/json"),
    echo(403, "application/json"),
    echo(403, "text/html"),
    echo(413, "text/plain"),
    echo(429, "application/json"),
    echo(500, "text/html"),
    { garbage: `HTTP/1.1 403 ${inHeaders}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n` },
    { garbage: `${inHeaders}\r\n\r\n` },
    { status: 403, body: told.join("\n"), reset: "mid-body" },
  ];
}

/** Opens a sink whose `open` rejects, and returns its answers. Returns none if the options can't make such a sink. */
async function openUnopenable(trial: Trial): Promise<readonly unknown[]> {
  const sink = await trial.options.createUnopenable?.(trial.end);
  if (sink === undefined) return [];
  const driver = trial.drive(sink);
  await driver.tryOpen();
  await driver.close();
  return driver.answers;
}

function checkSecrets(trial: Trial, where: string, shown: readonly unknown[]): void {
  for (const value of shown) {
    const path = pathToSecret(value, trial.options.secrets ?? []);
    if (path === undefined) continue;
    trial.breach("shows no secret", `${where} holds one${path === "" ? "" : ` at ${path}`}.`);
  }
}
