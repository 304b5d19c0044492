import type { Breach } from "./breach.ts";
import { settledWithin } from "./deadline.ts";
import type { Settled } from "./deadline.ts";
import { describeThrown, excerpt } from "./excerpt.ts";
import { isThenable } from "./promise-like.ts";

/** Calls methods of a sink that must return promises, and keeps what comes of the calls. */
export class SinkCalls {
  readonly #breach: Breach;
  readonly #answers: unknown[] = [];

  constructor(breach: Breach) {
    this.#breach = breach;
  }

  /** Everything that the calls have thrown, resolved with or rejected with, and what was added to it. */
  get answers(): readonly unknown[] {
    return this.#answers;
  }

  /** Adds something that the sink has thrown or returned elsewhere. */
  addAnswer(answer: unknown): void {
    this.#answers.push(answer);
  }

  /** Calls a method, which must settle in time. Returns how it settled. */
  async settle(what: string, call: () => unknown, deadlineMs: number): Promise<Settled<unknown>> {
    const settled = await settledWithin(this.start(what, call), deadlineMs);
    return settled ?? this.#breach(`${what} settles`, `It had not settled after ${deadlineMs} ms.`);
  }

  /** Calls a method, and returns its promise. */
  start(what: string, call: () => unknown): Promise<unknown> {
    let called: unknown;
    try {
      called = call();
    } catch (error) {
      this.addAnswer(error);
      return this.#breach(`${what} returns a promise`, `It threw: ${describeThrown(error)}`, error);
    }
    if (!isThenable(called))
      return this.#breach(`${what} returns a promise`, `It returned ${excerpt(called)}.`);
    const promise = Promise.resolve(called);
    promise.then(
      (value) => this.addAnswer(value),
      (error: unknown) => this.addAnswer(error),
    );
    return promise;
  }
}
