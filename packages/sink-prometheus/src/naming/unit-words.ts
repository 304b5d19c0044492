/** What Prometheus' own OTLP endpoint calls the units of OpenTelemetry: github.com/prometheus/otlptranslator. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tibibytes"],
  ["KBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["1", ""],
  ["%", "percent"],
]);

const PER: ReadonlyMap<string, string> = new Map([
  ["s", "second"],
  ["m", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["w", "week"],
  ["mo", "month"],
  ["y", "year"],
]);

/**
 * The words that a unit adds to a metric's name, at most two: `By/s` gives `bytes` and `per_second`. A unit in
 * braces, such as `{record}`, gives none; an unknown code gives itself.
 */
export function unitWords(unit: string): readonly string[] {
  const slash = unit.indexOf("/");
  const main = cleaned(wordOf(slash < 0 ? unit : unit.slice(0, slash), WORDS));
  const divisor = slash < 0 ? "" : wordOf(unit.slice(slash + 1), PER);
  const per = divisor === "" ? "" : cleaned(`per_${divisor}`).replace(/_$/, "");
  if (per === "" || per === "per") return main === "" ? [] : [main];
  return [main.replace(/_$/, ""), per].filter((word) => word !== "");
}

function wordOf(code: string, words: ReadonlyMap<string, string>): string {
  const trimmed = code.trim();
  return /[{}]/.test(trimmed) ? "" : (words.get(trimmed) ?? trimmed);
}

function cleaned(word: string): string {
  return word
    .replace(/[^a-zA-Z0-9:]/gu, "_")
    .replace(/_+/g, "_")
    .replace(/^_/, "");
}
