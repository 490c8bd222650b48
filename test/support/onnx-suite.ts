import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dequantiseTensor } from '../../protocol/manifest.ts';
import { joinWhole, splitWhole } from '../../protocol/wholes.ts';
import { openFloatRuntime } from '../../slicer/build/float-runtime.ts';
import { openModel } from '../../slicer/build/open-model.ts';
import { planModel } from '../../slicer/build/plan-model.ts';
import { quantiseSample } from '../../slicer/build/quantise-sample.ts';
import { executeModel } from '../../slicer/execute/execute-model.ts';
import { openSlice } from '../../slicer/execute/session.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { isProvable } from '../../slicer/integer/program.ts';
import { BUDGETS } from '../../slicer/plan/budgets.ts';
import { widenedTensor } from '../../slicer/onnx/prepare/half.ts';
import { modelCodec, tensorCodec, type GraphProto, type TensorProto } from '../../slicer/onnx/schema.ts';
import { fromTensorProto } from '../../slicer/onnx/tensor-proto.ts';
import { SliceproofError } from '../../protocol/errors.ts';

/** ONNX's own test vectors as Debian packs them, or where the environment says; absent on most machines. */
export const suiteFolder = process.env.SLICEPROOF_ONNX_SUITE ?? '/usr/share/libonnx-testdata/data';

export const hasSuite = existsSync(suiteFolder);

/** A model of the suite with one set of inputs. */
export interface SuiteCase {
  readonly name: string;
  /** What it is a test of. */
  readonly operator: string;
  readonly model: Uint8Array;
  readonly inputs: readonly TensorProto[];
}

/** Of each model: it as it is, and where it has several inputs, it with all but the first made constants. */
export function* suiteCases(folder: string = suiteFolder): Generator<SuiteCase> {
  for (const group of readdirSync(folder).toSorted()) {
    for (const name of readdirSync(path.join(folder, group)).toSorted()) {
      const place = path.join(folder, group, name);
      const data = path.join(place, 'test_data_set_0');
      if (!existsSync(path.join(place, 'model.onnx')) || !existsSync(data)) continue;
      const model = readFileSync(path.join(place, 'model.onnx'));
      const tensors = (kind: string): readonly TensorProto[] =>
        readdirSync(data)
          .filter((file) => file.startsWith(`${kind}_`))
          .toSorted((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]))
          .map((file) => tensorCodec.decode(readFileSync(path.join(data, file))));
      let own: SuiteCase;
      try {
        const { graph } = modelCodec.decode(model);
        const operator = (graph?.node ?? []).map(({ opType }) => opType).at(-1) ?? '';
        own = { name: `${group}/${name}`, operator, model, inputs: tensors('input') };
      } catch {
        continue;
      }
      yield own;
      if (own.inputs.length > 1) yield withConstants(own);
    }
  }
}

/** The case with all inputs but the first as initializers. */
function withConstants(given: SuiteCase): SuiteCase {
  const model = modelCodec.decode(given.model);
  const graph = model.graph as GraphProto;
  const known = new Set((graph.initializer ?? []).map(({ name }) => name));
  const open = (graph.input ?? []).filter(({ name }) => !known.has(name));
  const made = given.inputs.slice(1).map((tensor, i) => ({ ...tensor, name: open[i + 1]?.name }));
  const changed = {
    ...graph,
    input: (graph.input ?? []).filter(({ name }) => name === open[0]?.name || known.has(name)),
    initializer: [...(graph.initializer ?? []), ...made],
  };
  return {
    ...given,
    name: `${given.name} +constants`,
    model: modelCodec.encode({ ...model, graph: changed }),
    inputs: given.inputs.slice(0, 1),
  };
}

/** What became of a case. */
export type Verdict =
  | { readonly kind: 'proved' | 'executed'; readonly error: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'wrong'; readonly message: string };

/** Share of the largest value that an answer may be off by. */
const TOLERANCE = 0.02;

/** What float32 can't tell beside 1, as a share of a row may be, is nothing. */
const LEAST = 2 ** -23 / TOLERANCE;

/** Where so many bits don't say what the inputs say (0 … 3 beside 10,003), more are tried. */
const BITS = [12, 16] as const;

/** Plans a case, runs its slices in ONNX Runtime, and compares what comes with what has to. */
export async function verdictOf(given: SuiteCase): Promise<Verdict> {
  let verdict = await verdictWith(given, BITS[0]);
  for (const bits of BITS.slice(1)) {
    if (verdict.kind === 'wrong') verdict = await verdictWith(given, bits);
  }
  return verdict;
}

async function verdictWith({ model, inputs }: SuiteCase, bits: number): Promise<Verdict> {
  let sample: Float32Array[];
  let planned;
  let expected: readonly Float64Array[];
  try {
    const graph = await openModel(model);
    sample = inputs.map((tensor, i) =>
      Float32Array.from(
        fromTensorProto(widenedTensor(tensor), `input ${i}`).data as ArrayLike<number>,
        Number,
      ),
    );
    planned = await planModel(model, {
      calibration: [sample],
      bits: { weights: bits, activations: bits },
      // Larger slices help two cases of the sample, and take six minutes.
      budget: BUDGETS[0],
    });
    // Where ONNX Runtime gives something else than the suite wants, it is what a model's user sees.
    const float = await openFloatRuntime(model, graph);
    expected = await float.run(sample).finally(() => float.close());
  } catch (error) {
    return refusal(error);
  }
  const { plan, program } = planned;
  try {
    const integers = quantiseSample(program, sample);
    const pieces = plan.wholes.inputs.flatMap((part, i) => splitWhole(part, integers[i]));
    const trace = await executeModel(plan.slices, pieces, (id) => {
      const part = plan.slices[id].program;
      return openSlice(sliceOnnx(part, `slice${id}`), { foreign: !isProvable(part) });
    });
    let worst = 0;
    for (const [o, whole] of plan.wholes.outputs.entries()) {
      const got = dequantiseTensor(
        program.tensors[program.outputs[o]],
        joinWhole(
          whole,
          whole.pieces.map((piece) => trace[piece.tensor]),
        ),
      );
      const wanted = Array.from(expected[o]);
      if (got.length !== wanted.length) {
        return { kind: 'wrong', message: `output ${o} has ${got.length} values, expected ${wanted.length}` };
      }
      const largest = Math.max(...wanted.filter(Number.isFinite).map(Math.abs), LEAST);
      const off = wanted.flatMap((value, i) => {
        if (!Number.isFinite(value)) return [];
        const error = Math.abs(value - got[i]) / largest;
        worst = Math.max(worst, error);
        return error <= TOLERANCE ? [] : [i];
      });
      // Scales are fitted to squared errors: of many values a rare largest one saturates.
      if (off.length > wanted.length / 1000) {
        const [i] = off;
        return {
          kind: 'wrong',
          message: `output ${o}[${i}] is ${got[i]}, expected ${wanted[i]} (largest ${largest})`,
        };
      }
    }
    return {
      kind: plan.slices.every((slice) => isProvable(slice.program)) ? 'proved' : 'executed',
      error: worst,
    };
  } catch (error) {
    return { kind: 'wrong', message: `after planning: ${message(error)}` };
  }
}

function refusal(error: unknown): Verdict {
  if (!(error instanceof SliceproofError))
    return { kind: 'wrong', message: `no error of ours: ${message(error)}` };
  return { kind: 'refused', code: error.code, message: error.message };
}

function message(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message}` : String(error);
}
