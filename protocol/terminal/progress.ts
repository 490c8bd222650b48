/** One line that says what is under way. */
export interface Progress {
  update(text: string): void;
  end(): void;
}

/** Milliseconds between lines where there is no terminal: somebody may read the log of a long run. */
const LINE_MS = 60_000;

/**
 * Shows progress on standard error, so that standard output stays the command's result: in place on a terminal, else a
 * line now and then.
 */
export function showProgress(title: string): Progress {
  if (!process.stderr.isTTY) {
    let said = performance.now();
    return {
      update: (text) => {
        if (performance.now() - said < LINE_MS) return;
        said = performance.now();
        process.stderr.write(`${title}: ${text}\n`);
      },
      end: () => undefined,
    };
  }
  const clear = '\r\u001b[2K';
  return {
    update: (text) => void process.stderr.write(`${clear}${title}: ${text}`),
    end: () => void process.stderr.write(clear),
  };
}
