import { isThenable } from "../problems/thrown.ts";

/** Does the work, and calls `done` once it has returned or thrown, or its promise is settled. Returns or throws what the work does. */
export function whenDone(work: () => unknown, done: () => void): unknown {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    done();
    throw error;
  }
  if (!isThenable(result)) {
    done();
    return result;
  }
  // A thenable that is no promise, such as a lazy query, must have its then() called but once.
  const promise = result instanceof Promise ? result : Promise.resolve(result);
  // Not promise.then, which a subclass may have replaced by what it likes.
  void Promise.prototype.then.call(promise, done, done);
  return promise;
}
