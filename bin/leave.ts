/** Milliseconds in which what is still open may close by itself. */
const GRACE_MS = 500;

/**
 * Ends the process once its output is written, whatever is still open: a name that nobody answers for and a connection that nobody takes
 * keep Node for ten seconds after both were given up.
 */
export function leaveWhenWritten(): void {
  setTimeout(() => {
    const left = process.stdout.writableLength + process.stderr.writableLength;
    if (left > 0) leaveWhenWritten();
    else process.exit();
  }, GRACE_MS).unref();
}
