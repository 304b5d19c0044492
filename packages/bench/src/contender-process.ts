import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ContenderMessage, ContenderRequest } from "./contender-messages.ts";
import type { Measures } from "./row.ts";
import { WorkNotDone } from "./totals.ts";

/**
 * A contender in a process of its own. At each call site V8 remembers which functions and shapes it
 * has seen. So contenders that share a process would slow each other down.
 */
export class ContenderProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #label: string;

  private constructor(child: ChildProcess, label: string) {
    this.#child = child;
    this.#label = label;
  }

  /** Starts the process. Resolves when the contender is set up and warmed up. */
  static async start(
    request: ContenderRequest,
    nodeFlags: readonly string[],
  ): Promise<ContenderProcess> {
    const child = fork(
      new URL("./contender-child.ts", import.meta.url),
      [JSON.stringify(request)],
      {
        execArgv: [...nodeFlags],
        // A peer's log output must not get into the table.
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      },
    );
    const started = new ContenderProcess(child, `row ${request.row}, ${request.contender}`);
    await started.#next();
    return started;
  }

  /** Lets the contender do one round. Between rounds its process does nothing. */
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

  /** Resolves with the next message. Rejects if the contender fails or its process ends first. */
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
