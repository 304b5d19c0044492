import { isThenable } from "../problems/thrown.ts";

/** Told how work ended: with the error, or without one and with the result. */
type Done = (error: unknown, result: unknown) => void;

/** Does the work, and calls `done` once it has returned or thrown, or its promise is settled. Returns or throws what the work does. */
export function whenDone(work: () => unknown, done: Done): unknown {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    done(error, undefined);
    throw error;
  }
  if (!isThenable(result)) {
    done(undefined, result);
    return result;
  }
  // A thenable that is no promise, such as a lazy query, must have its then() called but once.
  const promise = result instanceof Promise ? result : Promise.resolve(result);
  // A subclass may have replaced then() by what it likes, so this is not promise.then().
  void Promise.prototype.then.call(
    promise,
    (value) => done(undefined, value),
    (error) => done(error, undefined),
  );
  return promise;
}
