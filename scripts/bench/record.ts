import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Benchmark, BenchmarkResult } from './benchmark.ts';

const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryGiB: z.number(),
  system: z.string(),
  node: z.string(),
});

const recordSchema = z.object({
  title: z.string(),
  /** Day of the measurement, UTC. */
  date: z.string(),
  machine: machineSchema,
  about: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number()]))),
});

const recordsSchema = z.record(z.string(), recordSchema);

/** What was measured last, by the benchmark's name. */
export type Records = z.infer<typeof recordsSchema>;

/** The folder of the results: results.json for programs, README.md for people. */
export interface Results {
  /** Puts a result in the place of the one before and writes both files. */
  add(benchmark: Benchmark, result: BenchmarkResult, now: Date): Promise<void>;
}

/** Reads the results in the folder, if there are any. */
export async function openResults(folder: string): Promise<Results> {
  const file = path.join(folder, 'results.json');
  // What can't be read is said before anything is measured.
  await readRecords(file);
  return {
    async add({ name, title }, { about, columns, rows }, now) {
      const made = {
        title,
        date: now.toISOString().slice(0, 10),
        machine: machine(),
        about,
        columns: [...columns],
        rows: rows.map((row) => [...row]),
      };
      // Read again: another run may have recorded something meanwhile.
      const records = { ...(await readRecords(file)), [name]: made };
      await mkdir(folder, { recursive: true });
      await writeFile(file, `${JSON.stringify(records, null, 2)}\n`);
      await writeFile(path.join(folder, 'README.md'), markdown(records));
    },
  };
}

/** @returns nothing where nothing was measured yet */
export async function readRecords(file: string): Promise<Records> {
  try {
    return recordsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function machine(): z.infer<typeof machineSchema> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
  };
}

function markdown(records: Records): string {
  const parts = Object.values(records).map(({ title, date, machine: on, about, columns, rows }) =>
    [
      `## ${title}`,
      '',
      about,
      '',
      `Measured on ${date}: ${on.cpu}, ${on.cores} cores, ${on.memoryGiB} GiB, ${on.system}, Node ${on.node}.`,
      '',
      table(columns, rows),
    ].join('\n'),
  );
  return `# Measurements\n\nWritten by \`npm run bench\`; results.json has the same for programs.\n\n${parts.join('\n\n')}\n`;
}

/** A table in Markdown with aligned columns, as the formatter wants it. */
export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}
