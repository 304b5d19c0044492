/** What a sink, an observer or a handler throws: from an ordinary error to what can hardly be read. */
export const ODD_ERRORS = [
  "error",
  "final",
  "string",
  "undefined",
  "symbol",
  "symbolMessage",
  "objectMessage",
  "nullPrototype",
  "throwingMessage",
  "throwingGetters",
  "throwingToString",
  "revokedProxy",
  "cyclicCause",
  "finalSymbolMessage",
] as const;
export type OddError = (typeof ODD_ERRORS)[number];

function fail(): never {
  throw new Error("this must not be read");
}

const MAKERS = {
  error: () => new Error("down"),
  final: () => Object.assign(new Error("never"), { retryable: false }),
  string: () => "down",
  undefined: () => undefined,
  symbol: () => Symbol("down"),
  symbolMessage: () => Object.defineProperty(new Error("down"), "message", { value: Symbol("m") }),
  objectMessage: () =>
    Object.defineProperty(new Error("down"), "message", { value: Object.create(null) }),
  nullPrototype: () => Object.create(null) as unknown,
  throwingMessage: () => Object.defineProperty(new Error("down"), "message", { get: fail }),
  throwingGetters: () =>
    Object.defineProperties(
      {},
      {
        message: { get: fail },
        retryable: { get: fail },
        cause: { get: fail },
        name: { get: fail },
      },
    ),
  throwingToString: () => ({ toString: fail, valueOf: fail, [Symbol.toPrimitive]: fail }),
  revokedProxy: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy as unknown;
  },
  cyclicCause: () => {
    const error = new Error("down");
    error.cause = error;
    return error;
  },
  finalSymbolMessage: () =>
    Object.defineProperty(Object.assign(new Error("never"), { retryable: false }), "message", {
      value: Symbol("m"),
    }),
} satisfies Record<OddError, () => unknown>;

/** A new value to throw. */
export function oddError(kind: OddError): unknown {
  return MAKERS[kind]();
}

/** Whether the error says of itself that trying again is of no use. */
export function isFinalError(kind: OddError): boolean {
  return kind === "final" || kind === "finalSymbolMessage";
}

/** A promise where a value belongs; nobody but the library can catch its rejection. */
export function rejectedPromise(): unknown {
  return Promise.reject(new Error("a promise where a value belongs"));
}

/** A result or an object of which no member can be read. */
export function unreadable(names: readonly string[]): object {
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { get: fail, enumerable: true }])),
  );
}
