/** One line that says what is under way; nothing without a terminal. */
export interface Progress {
  update(text: string): void;
  end(): void;
}

/** Shows progress on standard error, so that standard output stays the command's result. */
export function showProgress(title: string): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, end: () => undefined };
  const clear = '\r\u001b[2K';
  return {
    update: (text) => void process.stderr.write(`${clear}${title}: ${text}`),
    end: () => void process.stderr.write(clear),
  };
}
