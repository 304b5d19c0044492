import { show } from "@aiokpl/metrics-core/sink";
import { cleanText } from "../clean-text.ts";
import { masked } from "./mask.ts";

const MOST_CHARACTERS = 500;
const MOST_NAME_CHARACTERS = 100;
const MOST_CAUSES = 5;
/** Masking a text takes time; nothing behind this many characters is ever shown. */
const MOST_READ = 4_096;

/** What the SDK adds to an error that it ran into when it read an answer: advice for a debugger. */
const DEBUGGING_ADVICE = "Deserialization error: to see the raw response";

/** What a program may want to look at in an error. */
const KEPT = ["code", "Code", "syscall"] as const;

/** How {@link reportedError} makes its copy. */
export interface ReportedErrorOptions {
  /** What the copy must not say. */
  readonly secrets: readonly string[];
  /** What is known of the request; what is undefined is left out. */
  readonly facts?: Readonly<Record<string, string | number | undefined>>;
}

/**
 * A copy of what was thrown that may be kept, printed and handed to anybody. The SDK's errors have
 * the response, and with it the connection and the headers of the request; the copy has only the
 * name, the message, a few facts, and a copy of the cause. What it quotes is short and without secrets.
 */
export function reportedError(
  thrown: unknown,
  { secrets, facts = {} }: ReportedErrorOptions,
): Error {
  const clean = (text: string, most: number): string =>
    cleanText(masked(text.slice(0, MOST_READ), secrets), most);
  let copy: Error;
  try {
    copy = copyOf(thrown, clean, MOST_CAUSES);
  } catch {
    // A getter of the program's error has thrown.
    copy = new Error("an error that can't be read");
  }
  for (const [name, fact] of Object.entries(facts))
    if (fact !== undefined)
      Reflect.set(copy, name, typeof fact === "string" ? clean(fact, MOST_NAME_CHARACTERS) : fact);
  return copy;
}

type Clean = (text: string, most: number) => string;

function copyOf(thrown: unknown, clean: Clean, causes: number): Error {
  if (!(thrown instanceof Error))
    return new Error(clean(typeof thrown === "string" ? thrown : show(thrown), MOST_CHARACTERS));
  const { cause } = thrown;
  const options =
    cause === undefined || causes === 0 ? undefined : { cause: copyOf(cause, clean, causes - 1) };
  const copy = new Error(clean(messageOf(thrown), MOST_CHARACTERS), options);
  const name = clean(thrown.name, MOST_NAME_CHARACTERS);
  if (name !== copy.name) Object.defineProperty(copy, "name", { value: name, enumerable: false });
  for (const key of KEPT) {
    const value: unknown = Reflect.get(thrown, key);
    if (typeof value === "string") Reflect.set(copy, key, clean(value, MOST_NAME_CHARACTERS));
  }
  copy.stack = stackOf(thrown, copy, clean);
  return copy;
}

/** Several addresses of one host that all fail make an AggregateError, whose own message is empty. */
function messageOf(error: Error): string {
  const { message } = error;
  const end = message.indexOf(DEBUGGING_ADVICE);
  if (end >= 0) return message.slice(0, end).trim();
  if (message !== "" || !(error instanceof AggregateError)) return message;
  const messages = error.errors.map((each: unknown) =>
    each instanceof Error ? each.message : show(each),
  );
  return [...new Set(messages)].join(", ");
}

/** The copy's head, and the lines of the original that say where it was thrown. */
function stackOf(original: Error, copy: Error, clean: Clean): string {
  const head = copy.message === "" ? copy.name : `${copy.name}: ${copy.message}`;
  const { stack = "" } = original;
  // The SDK renames its errors, so that their stack begins with something else.
  const start = `${original.name}: ${original.message}\n`;
  if (!stack.startsWith(start)) return head;
  const lines = stack.slice(start.length, start.length + MOST_READ).split("\n", 10);
  return [head, ...lines.map((line) => `    ${clean(line, MOST_CHARACTERS)}`)].join("\n");
}
