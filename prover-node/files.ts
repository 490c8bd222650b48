import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { NodeError } from './errors.ts';

/**
 * A JSON file of the node's own; undefined when there is none.
 * @throws NodeError NODE_FILE_MALFORMED
 */
export async function readJsonFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new NodeError('NODE_FILE_MALFORMED', `${file} is not what this node wrote: ${reason}`, {
      hint: 'Move the file away; what is on chain is not lost with it.',
      cause,
    });
  }
}

/** Writes a file whole or not at all, and durably: when this returns, a crash does not lose it. */
export async function writeJsonFile(file: string, value: unknown): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(JSON.stringify(value));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new NodeError('NODE_FILE_NOT_WRITTEN', `could not write ${file}: ${(cause as Error).message}`, {
      retryable: true,
      cause,
    });
  }
}
