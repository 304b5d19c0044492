/** How a promise settled. */
export type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** Waits for a promise however it settles; undefined where it has not by the deadline. Leaves no timer. */
export async function settledWithin<T>(
  promise: PromiseLike<T>,
  deadlineMs: number,
): Promise<Settled<T> | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      // After a long turn of the event loop the timer comes first, though what it waits for may have come too.
      void nextTurn()
        .then(nextTurn)
        .then(() => resolve(undefined));
    }, deadlineMs);
  });
  try {
    return await Promise.race([settled(promise), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a promise however it settles. */
function settled<T>(promise: PromiseLike<T>): Promise<Settled<T>> {
  return Promise.resolve(promise).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** Lets the event loop turn once, so that what was due (a rejection, a closed socket) comes to light. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
