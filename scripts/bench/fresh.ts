import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BenchError } from './errors.ts';

const run = promisify(execFile);
const MOST_OUTPUT_BYTES = 1 << 20;

/**
 * Measures in a process of its own, where nothing is warm and memory is that of the measurement alone.
 * @param script a file beside this one that ends with {@link answerFresh}
 * @param schema checks what it answers
 */
export async function inFreshProcess<T>(
  script: string,
  request: unknown,
  schema: { parse(value: unknown): T },
): Promise<T> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  try {
    const { stdout } = await run(process.execPath, [file, JSON.stringify(request)], {
      maxBuffer: MOST_OUTPUT_BYTES,
    });
    return schema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new BenchError('BENCH_PROCESS', `${script} failed: ${(error as Error).message}`, { cause: error });
  }
}

/** In the process that measures: takes the request and prints the answer. */
export async function answerFresh<T>(
  schema: { parse(value: unknown): T },
  measure: (request: T) => unknown,
): Promise<void> {
  const answer = await measure(schema.parse(JSON.parse(process.argv[2] ?? 'null')));
  process.stdout.write(JSON.stringify(answer));
}
