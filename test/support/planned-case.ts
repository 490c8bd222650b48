import type { Sample } from '../../protocol/samples.ts';
import { measureAccuracy, type Accuracy } from '../../slicer/build/accuracy.ts';
import { openFloatRuntime } from '../../slicer/build/float-runtime.ts';
import { planModel, type PlannedModel, type PlanModelOptions } from '../../slicer/build/plan-model.ts';
import type { ElementType, OnnxGraph, OnnxNode, OnnxTensor } from '../../slicer/onnx/index.ts';
import { buildGraph, writeOnnx } from '../../slicer/onnx/index.ts';

export interface SmallModel {
  readonly inputs: readonly {
    readonly name: string;
    readonly type: ElementType;
    readonly shape: readonly number[];
  }[];
  readonly outputs?: readonly string[];
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
  readonly nodes: readonly OnnxNode[];
  readonly opset?: number;
  /** What operators write that the reader has no rules for. */
  readonly types?: Readonly<
    Record<string, { readonly type: ElementType; readonly shape: readonly number[] }>
  >;
}

export function smallGraph({
  inputs,
  outputs = ['y'],
  constants = {},
  nodes,
  opset = 17,
  types = {},
}: SmallModel): OnnxGraph {
  return buildGraph({
    name: 'small',
    opset,
    inputs,
    outputs: outputs.map((name) => ({ name })),
    nodes,
    constants: new Map(Object.entries(constants)),
    types: new Map(Object.entries(types)),
  });
}

export const smallOnnx = (model: SmallModel): Uint8Array => writeOnnx(smallGraph(model));

interface PlannedCase extends Omit<PlanModelOptions, 'calibration'> {
  readonly calibration: readonly Sample[];
  readonly heldOut: readonly Sample[];
}

/** Plans a model, and measures the program against ONNX Runtime on samples that calibration did not see. */
export async function plannedCase(
  onnx: Uint8Array,
  { heldOut, ...options }: PlannedCase,
): Promise<{
  readonly planned: PlannedModel;
  readonly accuracy: Accuracy;
  readonly foreign: readonly string[];
}> {
  const planned = await planModel(onnx, options);
  const float = await openFloatRuntime(onnx, planned.graph);
  try {
    const accuracy = await measureAccuracy(float, planned.program, { inputs: heldOut });
    const foreign = planned.program.nodes.flatMap((node) => (node.kind === 'foreign' ? [node.operator] : []));
    return { planned, accuracy, foreign };
  } finally {
    await float.close();
  }
}
