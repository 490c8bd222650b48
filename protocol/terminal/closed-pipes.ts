/**
 * Lets a command go on when whoever read its output has left (`… | head`): what it does may be worth more than what it
 * prints, and a job that is half posted because of a closed pipe would be worse than silence.
 */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
