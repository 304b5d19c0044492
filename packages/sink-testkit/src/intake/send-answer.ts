import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { IntakeAnswer } from "./intake-script.ts";

/** How much of an answer the client can have received: all of it, or not all. */
export type Sent = "complete" | "incomplete";

/**
 * Sends an answer with its flaws. Resolves with "complete" when a flawless answer has been handed to
 * the operating system as a whole, and with "incomplete" when it had a flaw or the client left.
 * Rejects before anything is sent if the answer is impossible.
 */
export async function sendAnswer(
  answer: IntakeAnswer,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<Sent> {
  const socket = response.socket;
  if (socket === null) return "incomplete";
  if (answer.delayMs !== undefined) await pause(answer.delayMs, gone);
  if (gone.aborted) return "incomplete";
  if (answer.hang) {
    await until(gone);
    return "incomplete";
  }
  if (answer.garbage !== undefined) {
    socket.end(answer.garbage);
    return "incomplete";
  }
  if (answer.reset === "before") {
    socket.resetAndDestroy();
    return "incomplete";
  }

  const body = Buffer.from(answer.body ?? "");
  if (answer.drip !== undefined && !(answer.drip.bytes >= 1))
    throw new RangeError(`drip.bytes is ${answer.drip.bytes}, must be at least 1`);
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const headers = hasBody
    ? { "content-length": String(body.length), ...answer.headers }
    : answer.headers;
  response.writeHead(answer.status ?? 200, headers);
  if (answer.reset === "after-headers") {
    response.flushHeaders();
    await handedOver(socket);
    socket.resetAndDestroy();
    return "incomplete";
  }

  const flawed = answer.reset === "mid-body" || answer.truncate !== undefined;
  const piece = !flawed ? body : body.subarray(0, answer.truncate ?? Math.ceil(body.length / 2));
  const parts = cut(piece, answer.drip?.bytes);
  if (flawed) response.flushHeaders();
  for (const [index, part] of parts.entries()) {
    if (index > 0 && answer.drip !== undefined) await pause(answer.drip.everyMs, gone);
    if (gone.aborted) return "incomplete";
    // The end goes out with the last part. So when the client has the whole answer, the outcome is known here too.
    if (!flawed && index === parts.length - 1) return finish(response, part);
    response.write(part);
  }
  if (!flawed) return finish(response);
  await handedOver(socket);
  if (answer.reset === "mid-body") socket.resetAndDestroy();
  else socket.end();
  return "incomplete";
}

function cut(body: Buffer, bytes = body.length): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < body.length; start += bytes)
    parts.push(body.subarray(start, start + bytes));
  return parts;
}

/** Waits this long, or until the client leaves. */
function pause(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      gone.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    gone.addEventListener("abort", done);
    if (gone.aborted) done();
  });
}

function until(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    gone.addEventListener("abort", () => resolve(), { once: true });
    if (gone.aborted) resolve();
  });
}

function finish(response: ServerResponse, lastPart?: Buffer): Promise<Sent> {
  return new Promise((resolve) => {
    response.once("finish", () => resolve("complete"));
    response.once("close", () => resolve(response.writableFinished ? "complete" : "incomplete"));
    response.end(lastPart);
  });
}

/** Waits until everything written has been handed to the operating system. */
function handedOver(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.write("", () => resolve());
  });
}
