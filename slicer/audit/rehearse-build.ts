import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hasKeys, type Manifest, type ManifestSlice } from '../../protocol/manifest.ts';
import { BuildError } from '../build/errors.ts';
import { sliceFile } from '../build/folder.ts';
import { compileSlice } from '../circuit/compile.ts';
import { openSlice } from '../execute/session.ts';
import { isProvable } from '../integer/program.ts';
import { decodeProgram } from '../integer/serialise.ts';
import { rehearse } from './rehearse.ts';

/**
 * Rehearses every slice of a built model's folder whose meaning is a program, with the very files that are about to be
 * published: who published what contradicts itself would be believed until the first job.
 * @throws BuildError BUILD_CIRCUIT
 */
export async function rehearseBuild(
  folder: string,
  { slices }: Manifest,
  onSlice: (done: number) => void = () => undefined,
): Promise<void> {
  for (const [done, slice] of slices.entries()) {
    onSlice(done);
    const problem = slice.provable ? await problemOf(folder, slice) : undefined;
    if (problem === undefined) continue;
    throw new BuildError('BUILD_CIRCUIT', `slice ${slice.id} in ${folder} contradicts itself: ${problem}`, {
      hint: 'Nothing was published. Build the model anew, or see with `sliceproof model audit` what else differs.',
    });
  }
}

async function problemOf(folder: string, slice: ManifestSlice): Promise<string | undefined> {
  const program = decodeProgram(await readFile(sliceFile(folder, slice.id, 'program')));
  if (!isProvable(program)) return undefined;
  const circuit = hasKeys(slice) ? compileSlice(program, { mode: slice.mode }) : undefined;
  const session = await openSlice(await readFile(sliceFile(folder, slice.id, 'onnx')));
  return rehearse({ program, session, ...(circuit ? { circuit } : {}) }, randomBytes).finally(() =>
    session.close(),
  );
}
