/** Something that text can be written to, such as a stream of Node's. */
export interface TextStream {
  write(text: string): unknown;
}

/** The part of a terminal that the progress line needs. */
export interface Terminal extends TextStream {
  readonly columns: number;
}

const CLEAR_LINE = "\r\u001b[2K";
/** How often the progress line is drawn; nobody can read faster. */
const REDRAW_MS = 100;

/** Prints text and, on a terminal, keeps one progress line below it. */
export class Screen {
  readonly #stream: TextStream;
  readonly #terminal: Terminal | undefined;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param terminal where the progress line is drawn. If undefined, there is no progress line. */
  constructor(stream: TextStream, terminal?: Terminal) {
    this.#stream = stream;
    this.#terminal = terminal;
  }

  /** Writes text and a line end. */
  print(text: string): void {
    this.clearProgress();
    this.#stream.write(`${text}\n`);
  }

  /** Draws what `describe` returns, now and several times a second, until the returned function is called. */
  showProgress(describe: () => string): () => void {
    if (this.#terminal === undefined) return () => {};
    const terminal = this.#terminal;
    const draw = (): void => {
      // A line that wraps cannot be cleared.
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

  /** Clears the progress line before something else is written to the terminal. It is drawn again later. */
  clearProgress(): void {
    if (!this.#isDrawn) return;
    this.#terminal?.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}
