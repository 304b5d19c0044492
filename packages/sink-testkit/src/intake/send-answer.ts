import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { IntakeAnswer } from "./intake-script.ts";

/**
 * Sends an answer, flaws and all. Resolves to true when all of a whole answer was handed to the
 * operating system, and to false when it had a flaw or the client went away.
 *
 * @throws (rejects) before anything is sent, on an answer that can't be.
 */
export async function sendAnswer(
  answer: IntakeAnswer,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<boolean> {
  const socket = response.socket;
  if (socket === null) return false;
  if (answer.delayMs !== undefined) await pause(answer.delayMs, gone);
  if (gone.aborted) return false;
  if (answer.hang) return until(gone);
  if (answer.garbage !== undefined) return end(socket, answer.garbage);
  if (answer.reset === "before") return reset(socket);

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
    return reset(socket);
  }

  const flawed = answer.reset === "mid-body" || answer.truncate !== undefined;
  const piece = !flawed ? body : body.subarray(0, answer.truncate ?? Math.ceil(body.length / 2));
  const parts = cut(piece, answer.drip?.bytes);
  if (flawed) response.flushHeaders();
  for (const [index, part] of parts.entries()) {
    if (index > 0 && answer.drip !== undefined) await pause(answer.drip.everyMs, gone);
    if (gone.aborted) return false;
    // The end goes out with the last part: once the client has the whole answer, the outcome is known here too.
    if (!flawed && index === parts.length - 1) return finish(response, part);
    response.write(part);
  }
  if (!flawed) return finish(response);
  await handedOver(socket);
  return answer.reset === "mid-body" ? reset(socket) : end(socket);
}

function cut(body: Buffer, bytes = body.length): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < body.length; start += bytes)
    parts.push(body.subarray(start, start + bytes));
  return parts;
}

/** Waits, but not for longer than the client stays. */
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

async function until(gone: AbortSignal): Promise<false> {
  if (gone.aborted) return false;
  return new Promise((resolve) =>
    gone.addEventListener("abort", () => resolve(false), { once: true }),
  );
}

function finish(response: ServerResponse, lastPart?: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    response.once("finish", () => resolve(true));
    response.once("close", () => resolve(response.writableFinished));
    response.end(lastPart);
  });
}

/** Resolves when what was written has left for the operating system. */
function handedOver(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.write("", () => resolve());
  });
}

function reset(socket: Socket): false {
  socket.resetAndDestroy();
  return false;
}

function end(socket: Socket, lastWords = ""): false {
  socket.end(lastWords);
  return false;
}
