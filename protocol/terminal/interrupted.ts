import type { Interface } from 'node:readline/promises';

/**
 * Has Ctrl-C at a question end the process as it does anywhere else: a terminal that is asked sends no signal, and a question
 * that was left has no answer.
 * @returns whether it was pressed
 */
export function endsByInterrupt(lines: Interface): () => boolean {
  let pressed = false;
  lines.once('SIGINT', () => {
    pressed = true;
    // Which gives the terminal back as it was.
    lines.close();
    // What listens hears it at once: nothing is left that the process would wait for.
    if (!process.emit('SIGINT')) process.kill(process.pid, 'SIGINT');
  });
  return () => pressed;
}
