import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ContenderMessage, ContenderRequest } from "./contender-messages.ts";
import type { Measures } from "./row.ts";
import { WorkNotDone } from "./totals.ts";

/**
 * A contender in a process of its own. V8 remembers per call site which functions and shapes it has
 * seen, so contenders that share a process slow each other down, each by what came before it.
 */
export class ContenderProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #label: string;

  private constructor(child: ChildProcess, label: string) {
    this.#child = child;
    this.#label = label;
  }

  /** Starts the process; resolves when the contender is set up and warm. */
  static async start(
    request: ContenderRequest,
    nodeFlags: readonly string[],
  ): Promise<ContenderProcess> {
    const child = fork(
      new URL("./contender-child.ts", import.meta.url),
      [JSON.stringify(request)],
      {
        execArgv: [...nodeFlags],
        // What a peer logs must not end up in the table.
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      },
    );
    const started = new ContenderProcess(child, `row ${request.row}, ${request.contender}`);
    await started.#next();
    return started;
  }

  /** Has the contender do one round; the process does nothing in between. */
  async round(): Promise<Measures> {
    const answer = this.#next();
    this.#child.send("round");
    const message = await answer;
    return message.kind === "measures" ? message.measures : {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** The next message; rejects where the contender failed, or its process ended without one. */
  async #next(): Promise<ContenderMessage> {
    const child = this.#child;
    const message = await new Promise<ContenderMessage>((resolve, reject) => {
      const onMessage = (received: ContenderMessage) => {
        child.off("exit", onExit);
        resolve(received);
      };
      const onExit = (code: number | null, signal: string | null) => {
        child.off("message", onMessage);
        reject(
          new WorkNotDone(`${this.#label}: its process ended with ${signal ?? `code ${code}`}`),
        );
      };
      child.once("message", onMessage);
      child.once("exit", onExit);
    });
    if (message.kind === "failed") throw new WorkNotDone(`${this.#label}: ${message.message}`);
    return message;
  }
}
