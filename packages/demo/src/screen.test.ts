import { afterEach, expect, test, vi } from "vitest";
import { Screen } from "./screen.ts";

const CLEAR_LINE = "\r\u001b[2K";

/** A stream that is a terminal 20 columns wide, and what was written to it. */
function terminalOf(): {
  terminal: { columns: number; write: (text: string) => void };
  written: string[];
} {
  const written: string[] = [];
  return { terminal: { columns: 20, write: (text) => void written.push(text) }, written };
}

afterEach(() => {
  vi.useRealTimers();
});

test("the progress line is redrawn in place, and below any text that is printed", () => {
  vi.useFakeTimers();
  const { terminal, written } = terminalOf();
  const screen = new Screen(terminal, terminal);
  let records = 1;
  const hide = screen.showProgress(() => `${records} read`);
  records = 2;
  vi.advanceTimersByTime(100);
  screen.print("table");
  vi.advanceTimersByTime(100);
  hide();
  screen.print("end");
  vi.advanceTimersByTime(1_000);
  expect(written).toEqual([
    `${CLEAR_LINE}1 read`,
    `${CLEAR_LINE}2 read`,
    CLEAR_LINE,
    "table\n",
    `${CLEAR_LINE}2 read`,
    CLEAR_LINE,
    "end\n",
  ]);
});

test("a progress line never wraps", () => {
  const { terminal, written } = terminalOf();
  new Screen(terminal, terminal).showProgress(() => "x".repeat(50))();
  expect(written[0]).toBe(CLEAR_LINE + "x".repeat(19));
});

test("without a terminal there is no progress line", () => {
  const { terminal, written } = terminalOf();
  const screen = new Screen(terminal);
  const hide = screen.showProgress(() => "progress");
  screen.print("text");
  hide();
  expect(written).toEqual(["text\n"]);
});
