/** How a promise settled. */
export type Settled<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Waits until a promise settles, either way. Resolves with undefined if it has not settled after
 * `deadlineMs`, or when `earlier` resolves. Leaves no timer.
 */
export async function settledWithin<T>(
  promise: PromiseLike<T>,
  deadlineMs: number,
  earlier?: Promise<unknown>,
): Promise<Settled<T> | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      // After a long turn of the event loop the timer fires first, even if the promise is due to settle too.
      void nextTurn()
        .then(nextTurn)
        .then(() => resolve(undefined));
    }, deadlineMs);
    earlier?.then(
      () => resolve(undefined),
      () => undefined,
    );
  });
  try {
    return await Promise.race([settled(promise), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function settled<T>(promise: PromiseLike<T>): Promise<Settled<T>> {
  return Promise.resolve(promise).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** Lets the event loop turn once, so that pending rejections and closed sockets are reported. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
