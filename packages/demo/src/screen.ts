/** Takes text; any stream of Node's does. */
export interface TextStream {
  write(text: string): unknown;
}

/** What the progress line needs of a terminal. */
export interface Terminal extends TextStream {
  readonly columns: number;
}

const CLEAR_LINE = "\r\u001b[2K";
/** No more often than this: a person does not read faster, and the terminal has better things to do. */
const REDRAW_MS = 100;

/** Where people read: text that stays, and below it one progress line, drawn over in place on a terminal and nowhere else. */
export class Screen {
  readonly #stream: TextStream;
  readonly #terminal: Terminal | undefined;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param terminal where the progress line goes; without one there is none. */
  constructor(stream: TextStream, terminal?: Terminal) {
    this.#stream = stream;
    this.#terminal = terminal;
  }

  /** Writes whole lines; the last line end is added. */
  print(text: string): void {
    this.clearProgress();
    this.#stream.write(`${text}\n`);
  }

  /** Draws what `describe` returns, now and several times a second, until the returned function is called. */
  showProgress(describe: () => string): () => void {
    if (this.#terminal === undefined) return () => {};
    const terminal = this.#terminal;
    const draw = (): void => {
      // A line that wraps could not be cleared again.
      terminal.write(CLEAR_LINE + describe().slice(0, Math.max(0, terminal.columns - 1)));
      this.#isDrawn = true;
    };
    draw();
    this.#timer = setInterval(draw, REDRAW_MS).unref();
    return () => {
      clearInterval(this.#timer);
      this.clearProgress();
    };
  }

  /** Takes the progress line away, before somebody else writes to the terminal; it comes back by itself. */
  clearProgress(): void {
    if (!this.#isDrawn) return;
    this.#terminal?.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}
