import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isProvable, type IntegerProgram } from '../../../slicer/integer/program.ts';
import { decodeProgram, encodeProgram } from '../../../slicer/integer/serialise.ts';
import type { PlannedModel } from '../../../slicer/build/plan-model.ts';
import type { PlanSlice } from '../../../slicer/plan/plan.ts';

const valuesSchema = z.array(z.array(z.number()));

const sampledSchema = z.object({
  name: z.string(),
  mode: z.enum(['bits', 'lookups']),
  /** What the planner thinks that a proof takes: CPU seconds, and MiB at the most. */
  seconds: z.number(),
  mebibytes: z.number(),
  /** By input and output of the program: its integers for one sample. */
  inputs: valuesSchema,
  outputs: valuesSchema,
});

/** A slice of a planned network that is to be proved in another process. */
export interface SampledSlice extends z.infer<typeof sampledSchema> {
  readonly program: IntegerProgram;
}

/** Of the slices that have a circuit that of median and that of largest estimated cost; both are one where there is one. */
function sampledSlices(slices: readonly PlanSlice[]): readonly PlanSlice[] {
  const dearer = slices
    .filter(({ program }) => isProvable(program))
    .toSorted((a, b) => a.figures.seconds - b.figures.seconds);
  return [...new Set([dearer[dearer.length >> 1], dearer[dearer.length - 1]])].filter(
    (slice) => slice !== undefined,
  );
}

const filesOf = (folder: string, id: number): readonly [program: string, rest: string] => [
  path.join(folder, `${id}.program.json`),
  path.join(folder, `${id}.json`),
];

/** Puts so many of {@link sampledSlices} into files of a folder. Returns their ids. */
export async function keepSampled(
  folder: string,
  { plan, trace }: Pick<PlannedModel, 'plan' | 'trace'>,
  most: number,
): Promise<readonly number[]> {
  const slices = sampledSlices(plan.slices).slice(0, most);
  for (const { id, name, program, figures, inputs, outputs } of slices) {
    const [programFile, file] = filesOf(folder, id);
    const valuesOf = (tensors: readonly number[]): number[][] =>
      tensors.map((tensor) => Array.from(trace[tensor]));
    const { mode, seconds, mebibytes } = figures;
    const kept = { name, mode, seconds, mebibytes, inputs: valuesOf(inputs), outputs: valuesOf(outputs) };
    await writeFile(programFile, encodeProgram(program));
    await writeFile(file, JSON.stringify(kept));
  }
  return slices.map(({ id }) => id);
}

export async function readSampled(folder: string, id: number): Promise<SampledSlice> {
  const [programFile, file] = filesOf(folder, id);
  const rest = sampledSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  return { ...rest, program: decodeProgram(await readFile(programFile)) };
}
