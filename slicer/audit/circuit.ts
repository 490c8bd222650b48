import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SliceproofError } from '../../protocol/errors.ts';
import {
  artifactKinds,
  circuitArtifacts,
  hasKeys,
  type Manifest,
  type ManifestSlice,
} from '../../protocol/manifest.ts';
import { artifactOf, type Artifact } from '../../protocol/store/digest.ts';
import { sliceFile } from '../build/folder.ts';
import { compileSlice, type CompiledSlice } from '../circuit/compile.ts';
import { openSlice } from '../execute/session.ts';
import { expectSliceOnnx } from '../execute/slice-check.ts';
import { sliceOnnx } from '../execute/slice-onnx.ts';
import { provedRows } from '../../groth16/formats/r1cs.ts';
import { writeR1cs } from '../../groth16/formats/r1cs-file.ts';
import { rangeOf } from '../integer/evaluate.ts';
import { isProvable, type IntegerProgram } from '../integer/program.ts';
import { decodeProgram } from '../integer/serialise.ts';
import { referenceProblem } from './reference.ts';
import { rehearse } from './rehearse.ts';
import { differs, type Notes } from './finding.ts';
import { uniquenessProblem } from './uniqueness.ts';

/** A slice's files against the manifest, and everything that follows from its program. */
export async function auditCircuit(
  folder: string,
  manifest: Manifest,
  slice: ManifestSlice,
  notes: Notes,
  unique: boolean,
): Promise<void> {
  const { id, artifacts } = slice;
  for (const kind of artifactKinds(slice)) {
    notes.note(`file ${kind}`, await fileProblem(folder, slice, kind), id);
  }
  notes.note('ONNX operators', await operatorsProblem(folder, slice), id);
  if (!slice.provable) return;
  // From here on only the program's file is looked at: what it compiles to is what the manifest must name.
  const program = await readProgram(folder, slice).catch((error: Error) => error.message);
  if (typeof program === 'string') return notes.note('circuit from program', program, id);
  notes.note('tensors of program', tensorsProblem(program, manifest, slice), id);
  if (!isProvable(program)) return;
  const onnx = orProblem(() => sliceOnnx(program, slice.name));
  const onnxProblem =
    typeof onnx === 'string' ? onnx : differs(artifacts.onnx.sha256, artifactOf(onnx).sha256);
  notes.note('ONNX from program', onnxProblem, id);
  const circuit = hasKeys(slice) ? orProblem(() => compileSlice(program, { mode: slice.mode })) : undefined;
  if (circuit !== undefined) noteCircuit(slice, circuit, notes, unique);
  notes.note('reference', referenceProblem(program, randomBytes), id);
  if (typeof onnx === 'string' || typeof circuit === 'string') return;
  const session = await openSlice(onnx);
  const problem = await rehearse({ program, session, circuit }, randomBytes).finally(() => session.close());
  notes.note('rehearsal', problem, id);
}

function noteCircuit(
  slice: ManifestSlice,
  circuit: CompiledSlice | string,
  notes: Notes,
  unique: boolean,
): void {
  const { id } = slice;
  if (typeof circuit === 'string') return notes.note('circuit from program', circuit, id);
  const { sha256 } = artifactOf(writeR1cs(circuit.r1cs));
  notes.note('circuit from program', differs(circuitArtifacts(slice).r1cs.sha256, sha256), id);
  const rows = provedRows(circuit.r1cs);
  const counts = `${rows} constraints, weight ${rows}`;
  notes.note('price', differs(counts, `${slice.constraints} constraints, weight ${slice.weight}`), id);
  if (unique) notes.note('one witness for each input', uniquenessProblem(circuit.r1cs, circuit.roles), id);
}

/** What comes of the program, or why nothing does. */
function orProblem<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SliceproofError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

async function fileProblem(
  folder: string,
  { id, artifacts }: ManifestSlice,
  kind: keyof ManifestSlice['artifacts'],
): Promise<string | undefined> {
  try {
    return differs(
      (artifacts[kind] as Artifact).sha256,
      artifactOf(await readFile(sliceFile(folder, id, kind))).sha256,
    );
  } catch (error) {
    return (error as Error).message;
  }
}

/** What of a slice's ONNX model no slice has: nobody would run it. */
async function operatorsProblem(folder: string, slice: ManifestSlice): Promise<string | undefined> {
  try {
    expectSliceOnnx(await readFile(sliceFile(folder, slice.id, 'onnx')), { foreign: !hasKeys(slice) });
    return undefined;
  } catch (error) {
    return `${error instanceof SliceproofError ? `${error.code}: ` : ''}${(error as Error).message}`;
  }
}

async function readProgram(folder: string, { id }: ManifestSlice): Promise<IntegerProgram> {
  return decodeProgram(await readFile(sliceFile(folder, id, 'program')));
}

/** Shapes, ranges and scales at the slice's edges: what its commitments mean. */
function tensorsProblem(
  program: IntegerProgram,
  { tensors }: Manifest,
  { inputs, outputs }: ManifestSlice,
): string | undefined {
  const own = [...program.inputs, ...program.outputs].map((id) => {
    const { shape, scale } = program.tensors[id];
    const { signed, bits } = rangeOf(program.tensors[id]);
    return describe({ shape, scale, signed, bits });
  });
  const named = [...inputs, ...outputs].map((id) => describe(tensors[id]));
  const at = named.findIndex((text, i) => text !== own[i]);
  if (named.length !== own.length) return `it has ${own.length}, the manifest names ${named.length}`;
  return at < 0 ? undefined : differs(named[at], own[at]);
}

function describe(tensor: {
  readonly shape: readonly number[];
  readonly scale: number;
  readonly signed: boolean;
  readonly bits: number;
}): string {
  return `${tensor.shape.join('×')} of ${tensor.bits} ${tensor.signed ? 'signed' : 'unsigned'} bits, scale ${tensor.scale}`;
}
