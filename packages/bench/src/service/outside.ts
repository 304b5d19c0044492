import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { WorkNotDone } from "../totals.ts";
import type { Protocol } from "./instrumentation.ts";
import type { Load, LoadResult, OutsideAnswer, OutsideRequest } from "./outside-messages.ts";
import type { ReceivedTotals } from "./received-totals.ts";

/** The users and the vendor's server, in another process, so that their time is not the service's. */
export class Outside {
  readonly #child: ChildProcess;
  readonly #protocol: Protocol | undefined;
  readonly receiver: { readonly url: string; readonly port: number };

  private constructor(
    child: ChildProcess,
    protocol: Protocol | undefined,
    receiver: { readonly url: string; readonly port: number },
  ) {
    this.#child = child;
    this.#protocol = protocol;
    this.receiver = receiver;
  }

  /** Starts the process. It ends with this one. */
  static async start(protocol: Protocol | undefined): Promise<Outside> {
    const child = fork(new URL("./outside-child.ts", import.meta.url), [protocol ?? "none"], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [receiver] = await once(child, "message");
    process.once("exit", () => child.kill("SIGKILL"));
    child.unref();
    child.channel?.unref();
    return new Outside(child, protocol, receiver);
  }

  /** Makes requests. Fails if one is not answered. */
  async load(load: Load): Promise<LoadResult> {
    const answer = await this.#ask({ ask: "load", load });
    if (!("load" in answer)) throw unexpected(answer);
    return answer.load;
  }

  /** Reads a page, and keeps it as received. */
  async scrape(page: string): Promise<void> {
    await this.#ask({ ask: "scrape", page });
  }

  /** What was received so far; undefined if nothing is sent. */
  async totals(): Promise<ReceivedTotals | undefined> {
    if (this.#protocol === undefined) return undefined;
    const answer = await this.#ask({ ask: "totals", protocol: this.#protocol });
    if (!("totals" in answer)) throw unexpected(answer);
    return answer.totals;
  }

  async #ask(request: OutsideRequest): Promise<OutsideAnswer> {
    const answered = once(this.#child, "message");
    this.#child.channel?.ref();
    this.#child.send(request);
    const [answer] = (await answered) as [OutsideAnswer];
    this.#child.channel?.unref();
    if ("failed" in answer) throw new WorkNotDone(answer.failed);
    return answer;
  }
}

function unexpected(answer: OutsideAnswer): Error {
  return new Error(`unexpected answer: ${JSON.stringify(answer)}`);
}
