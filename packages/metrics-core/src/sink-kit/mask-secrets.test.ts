import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maskSecrets } from "./mask-secrets.ts";
import { safeError } from "./safe-error.ts";

const secret = fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 60 });
const around = fc.string({ unit: fc.constantFrom("<", ">", "é", "\n", ";"), maxLength: 10 });

/** How a vendor, a proxy or a library may write a secret that it was given. */
const writings: Readonly<Record<string, (secret: string) => string>> = {
  plainly: (text) => text,
  "in upper case": (text) => text.toUpperCase(),
  "in lower case": (text) => text.toLowerCase(),
  "URL-encoded": (text) => encodeURIComponent(text),
  "as a form's value": (text) => encodeURIComponent(text).replaceAll("%20", "+"),
  "in JSON": (text) => JSON.stringify(text).slice(1, -1),
  "in JSON with escaped slashes": (text) =>
    JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "in hexadecimal": (text) => Buffer.from(text).toString("hex"),
  "in base64": (text) => Buffer.from(text).toString("base64"),
  "in base64url": (text) => Buffer.from(text).toString("base64url"),
};

test.each(Object.entries(writings))("finds a secret that is written %s", (_, write) => {
  fc.assert(
    fc.property(secret, around, around, (each, before, after) => {
      const masked = maskSecrets([each]).mask(`${before}${write(each)}${after}`);
      expect(masked.startsWith(`${before}***`)).toBe(true);
      expect(masked.endsWith(after)).toBe(true);
      expect(masked.length).toBeLessThanOrEqual(before.length + after.length + 6);
    }),
  );
});

test("finds a user's password in a URL that is shorter than any secret", () => {
  const mask = maskSecrets(["a long secret that is in no short text"]);
  expect(mask.mask("http://me:pw@host")).toBe("http://***@host");
  expect(maskSecrets([]).mask("//me@h")).toBe("//***@h");
});

test("finds a password in Basic credentials, whatever the user's name", () => {
  const password = "correct horse battery staple";
  const mask = maskSecrets([password]);
  for (const user of ["", "a", "ab", "abc", "abcd"]) {
    const masked = mask.mask(
      `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    );
    expect(masked).toContain("***");
    const rest = Buffer.from(masked.replace(/.*Basic /, "").replace("***", ""), "base64");
    expect(rest.toString("latin1")).not.toMatch(/horse|battery/);
  }
});

test("cuts after it has masked, so that no beginning of a secret is left", () => {
  fc.assert(
    fc.property(fc.nat(80), (longest) => {
      const masked = maskSecrets(["0123456789abcdef"]).mask(
        `${"x".repeat(40)}0123456789abcdef${"y".repeat(40)}`,
        longest,
      );
      expect(masked).not.toMatch(/[0-9a-f]/);
      expect(masked.replace("***", "").length).toBeLessThanOrEqual(longest);
    }),
  );
});

test.each([
  ["http://me:hunter2@proxy:1/a@b", "http://***@proxy:1/a@b"],
  ["http://me:hunt@er2@proxy", "http://***@proxy"],
  ["https://host/path and // me@b", "https://host/path and // me@b"],
])("user names and passwords in a URL are masked without being known: %s", (url, masked) => {
  expect(maskSecrets([]).mask(url)).toBe(masked);
  for (let longest = 7; longest < 18; longest++)
    expect(maskSecrets(["other-secret"]).mask(url, longest)).not.toContain("hunt");
});

test("a long text of slashes or signs of an address takes a moment", () => {
  const mask = maskSecrets(["0123456789abcdef"]);
  for (const piece of ["/", "//x", "//x@", "@", "//@"]) {
    const start = performance.now();
    mask.mask(piece.repeat(65_536));
    expect(performance.now() - start).toBeLessThan(1_000);
  }
});

test("a secret that contains another, an empty one and signs of regular expressions", () => {
  const mask = maskSecrets(["key-1", "key-1-and-more", "", undefined, "a.*(b|c)[d]$"]);
  expect(mask.mask("key-1-and-more key-1 a.*(b|c)[d]$ axxbd")).toBe("*** *** *** axxbd");
  expect(maskSecrets([undefined, ""]).mask("as it was", 5)).toBe("as it");
});

test("looks only at the beginning of a large text", () => {
  const body = "0123456789abcde".repeat(2_000_000);
  expect(body.slice(-15)).toBe("0123456789abcde");
  const secrets = maskSecrets(["0123456789abcdef"]);
  // It has the same work with a text that is 2,000 times as short.
  const short = body.slice(0, 15_000);
  expect(shortestTime(() => secrets.mask(body, 500))).toBeLessThan(
    50 * shortestTime(() => secrets.mask(short, 500)),
  );
});

test("an error is safe at any depth, hidden fields and causes included", () => {
  const key = "AKIA/secret+token==";
  const request = { headers: { authorization: `Basic ${btoa(`user:${key}`)}` } };
  const inner = Object.assign(new Error(`connect with ${key.toUpperCase()}`), { request });
  const outer = new TypeError(`${encodeURIComponent(key)}\u001b[2J ${"x".repeat(1_000_000)}`, {
    cause: inner,
  });
  Object.defineProperty(outer, "$response", { value: { body: key.repeat(1_000) } });
  Object.assign(outer, {
    [Symbol("request")]: request,
    statusCode: 403,
    code: `E_${key}`,
    syscall: "connect",
    requestId: "id-1",
    retryAfterMs: 5,
    retryable: false,
  });
  Object.assign(inner, { cause: outer });
  const error = safeError(outer, maskSecrets([key]), { requestId: "id-2", code: undefined });
  const shown = inspect(error, { showHidden: true, depth: Infinity }) + JSON.stringify(error);
  for (const write of Object.values(writings)) expect(shown).not.toContain(write(key));
  expect(shown).not.toContain(btoa(`user:${key}`).slice(8, 20));
  expect(shown.length).toBeLessThan(40_000);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "TypeError",
    status: 403,
    code: "E_***",
    syscall: "connect",
    requestId: "id-2",
    retryAfterMs: 5,
    retryable: false,
    cause: { message: "connect with ***" },
  });
  expect(error.message).toMatch(/^\*\*\* \[2J x+…$/);
  expect(error.message.length).toBeLessThanOrEqual(500);
});

test.each<[string, unknown, string]>([
  ["a string", "key-0123", "***"],
  ["nothing", undefined, "a thrown undefined"],
  ["a function", () => {}, "a thrown function"],
  [
    "several errors",
    new AggregateError(["refused", "refused", "key-0123"].map((each) => new Error(each))),
    "refused, ***",
  ],
  ["a code alone", Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
  [
    "what can't be read",
    new Proxy(new Error("key-0123"), {
      get() {
        throw new Error("no");
      },
    }),
    "a thrown object",
  ],
])("%s makes an error too", (_, thrown, message) => {
  expect(safeError(thrown, maskSecrets(["key-0123"])).message).toBe(message);
});

/** The shortest of many times, in milliseconds: others may keep the machine busy. */
function shortestTime(work: () => unknown): number {
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
