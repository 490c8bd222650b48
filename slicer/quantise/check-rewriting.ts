import { argmaxOf } from '../integer/nodes/argmax.ts';
import type { OnnxGraph } from '../onnx/index.ts';
import { QuantiseError } from './errors.ts';
import { evaluateFloat } from './evaluate-float.ts';
import type { FloatCompare, FloatLevels, FloatModel } from './float-model.ts';
import { lowerGraph, PASSES } from './lower.ts';
import type { Observation, Sample } from './observation.ts';

/** Runs the float model as its file has it: the values of these tensors of the graph, by sample. */
export type RunTensors = (
  tensors: readonly string[],
  samples: readonly Sample[],
) => Promise<readonly Sample[]>;

/** How far the rewritten model may be from ONNX Runtime, as a share of an output's largest value. */
const SHARE = 1e-4;

/** ONNX Runtime counts in float32: what that alone makes of a model, times this, is no fault of a rewriting. */
const NOISE_FACTOR = 32;

/** Two values whose distance is this share of the largest are a tie, which either may win. */
const TIE = 1e-5;

/** What a level more or less may change of an output, as a share of its largest value. */
const FEW_LEVELS = 0.02;

/** Names of the tensors whose values only ONNX Runtime knows, in the order of the model's nodes. */
export function foreignTensors({ nodes }: FloatModel): readonly string[] {
  return nodes.flatMap((node) => (node.kind === 'foreign' ? [node.tensor] : []));
}

/**
 * Every sample's outputs must be what ONNX Runtime gives for the model as its file has it. Where they are not, the passes
 * are gone through one by one, to name the first that changes them.
 * @param expected by sample: the graph's outputs
 * @throws QuantiseError QUANTISE_REWRITING
 */
export async function expectSame(
  graph: OnnxGraph,
  model: FloatModel,
  { samples, outputs, foreign }: Observation,
  expected: readonly Sample[],
  run: RunTensors,
): Promise<void> {
  const largest = graph.outputs.map((_, o) => largestOf(expected.map((sample) => sample[o])));
  for (const [i, sample] of samples.entries()) {
    const found = differenceOf(outputs[i], expected[i], largest);
    if (!found || isNoise(model, { sample, foreign: foreign[i] ?? [], found, largest })) continue;
    const { output, by } = found;
    throw new QuantiseError(
      'QUANTISE_REWRITING',
      `${await firstWrong(graph, sample, run)} changes the model: output ${graph.outputs[output].name} is off by ` +
        `${by.toPrecision(3)} on calibration sample ${i}, of at most ${largest[output].toPrecision(3)}`,
      { hint: 'This is a fault of sliceproof, and nothing was built; please report it with the model.' },
    );
  }
}

interface Difference {
  readonly output: number;
  readonly by: number;
}

/** The output that is farthest beyond what it may be off by, if any is. */
function differenceOf(
  got: Sample,
  expected: Sample,
  largest: readonly number[],
  share = SHARE,
): Difference | undefined {
  const differences = expected.map((values, output) => {
    const by = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (got[output][i] ?? Infinity))),
      values.length === got[output].length ? 0 : Infinity,
    );
    return { output, by };
  });
  return differences.find(({ output, by }) => !(by <= share * largest[output]));
}

function largestOf(tensors: readonly Float64Array[]): number {
  return tensors.reduce(
    (all, values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), all),
    0,
  );
}

/** Whether float32 alone explains a difference, or a tie that a model decides. */
function isNoise(
  model: FloatModel,
  given: {
    readonly sample: Sample;
    readonly foreign: Sample;
    readonly found: Difference;
    readonly largest: readonly number[];
  },
): boolean {
  const { sample, foreign, found, largest } = given;
  const exact = evaluateFloat(model, sample, foreign);
  const rounded = evaluateFloat(model, sample, foreign, Math.fround);
  const id = model.outputs[found.output];
  const noise = largestOf([exact[id].map((value, i) => value - rounded[id][i])]);
  if (found.by <= SHARE * largest[found.output] + NOISE_FACTOR * noise) return true;
  const few = found.by <= FEW_LEVELS * largest[found.output];
  return model.nodes.some((node) => {
    if (node.kind === 'compare') return isNearThreshold(node, exact[node.input]);
    if (node.kind === 'levels') return few && isNearStep(node, exact[node.input]);
    if (node.kind !== 'argmax') return false;
    const values = exact[node.input];
    const tilt = TIE * largestOf([values]);
    const { shape } = model.tensors[node.input];
    const [up, down] = [tilt, -tilt].map((by) =>
      argmaxOf(
        node,
        shape,
        values.map((value, i) => value + (by * i) / values.length),
      ),
    );
    return up.some((place, i) => place !== down[i]);
  });
}

/** The first pass after which a sample's outputs are wrong; of lowering itself, the first tensor that is. */
async function firstWrong(graph: OnnxGraph, sample: Sample, run: RunTensors): Promise<string> {
  const names = graph.outputs.map(({ name }) => name);
  for (let done = 0; done <= PASSES.length; done++) {
    const model = lowerGraph(graph, PASSES.slice(0, done));
    const foreign = foreignTensors(model);
    const [known] = await run([...foreign, ...names], [sample]);
    const expected = known.slice(foreign.length);
    const values = evaluateFloat(model, sample, known);
    const largest = expected.map((tensor) => largestOf([tensor]));
    const got = model.outputs.map((id) => values[id]);
    if (!differenceOf(got, expected, largest)) continue;
    return done === 0 ? wrongTensor(graph, model, sample, values, run) : `pass "${PASSES[done - 1]}"`;
  }
  return 'pass "masks"';
}

async function wrongTensor(
  graph: OnnxGraph,
  model: FloatModel,
  sample: Sample,
  values: readonly Float64Array[],
  run: RunTensors,
): Promise<string> {
  const written = graph.nodes.flatMap((node) => node.outputs.map((name) => ({ node, name })));
  const ids = new Map(model.tensors.map(({ name }, id) => [name, id]));
  const known = written.filter(({ name }) => ids.has(name));
  const [expected] = await run(
    known.map(({ name }) => name),
    [sample],
  );
  const wrong = known.find(({ name }, i) => {
    const got = values[ids.get(name) as number];
    return differenceOf([got], [expected[i]], [largestOf([expected[i]])]) !== undefined;
  });
  return wrong ? `pass "lower", at ${wrong.node.operator} node "${wrong.node.name}",` : 'pass "lower"';
}

function isNearThreshold({ thresholds }: FloatCompare, values: Float64Array): boolean {
  const tilt = TIE * largestOf([values]);
  return values.some((value, i) => value !== thresholds[i] && Math.abs(value - thresholds[i]) <= tilt);
}

/** Whether a value is so near to the middle of two integers that float32 may round it to the other one. */
function isNearStep({ factors, offsets, run }: FloatLevels, values: Float64Array): boolean {
  return values.some((value, i) => {
    const channel = Math.floor(i / run) % factors.length;
    const at = value * factors[channel] + offsets[channel];
    return Math.abs(at - Math.floor(at) - 0.5) <= TIE * Math.max(1, Math.abs(at));
  });
}
