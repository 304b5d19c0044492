import type { LevelSetting } from "./program.ts";

type Level = LevelSetting["level"];

/** The levels in the plainest way: all settings since the last one that was for all metrics. */
export class ReferenceLevels {
  #settings: readonly LevelSetting[];
  /** How often they were set. */
  changes = 0;

  constructor(level: Level) {
    this.#settings = [{ pattern: null, level }];
  }

  set(setting: LevelSetting): void {
    this.changes++;
    this.#settings = setting.pattern === null ? [setting] : [...this.#settings, setting];
  }

  /** Whether a metric is recorded. */
  isOn(name: string): boolean {
    const level = this.#settings.findLast(({ pattern }) => matches(pattern, name))?.level;
    return level === "detailed" || (level === "summary" && name !== "detail");
  }
}

function matches(pattern: string | null, name: string): boolean {
  if (pattern === null) return true;
  return new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name);
}
