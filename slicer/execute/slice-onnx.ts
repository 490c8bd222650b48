import { nodeInputs, type IntegerProgram } from '../integer/program.ts';
import { writeOnnx, type OnnxGraph } from '../onnx/index.ts';
import { GraphWriter } from './graph-writer.ts';
import { executeKind } from './nodes/index.ts';
import { FLOAT32_EXACT, largest } from './precision.ts';

/** {@link sliceGraph} as an ONNX file. */
export function sliceOnnx(program: IntegerProgram, name: string): Uint8Array {
  return writeOnnx(sliceGraph(program, name));
}

/**
 * A program as an ordinary ONNX graph whose tensors hold its integers: float32 where every partial sum and every
 * result stays below 2^24, float64 elsewhere; ONNX Runtime then computes exactly what `evaluate` does. A convolution that
 * goes further is split into several over some of its taps each, added up in float64, since ONNX Runtime
 * convolves in float32 only.
 * @throws ExecuteError EXECUTE_TOO_WIDE: a single tap of a convolution passes 2^24
 */
export function sliceGraph(program: IntegerProgram, name: string): OnnxGraph {
  const writer = new GraphWriter(program);
  for (const node of program.nodes) {
    const kind = executeKind(node);
    const inputs = nodeInputs(node).map((id) => writer.value(id));
    // What a node writes counts too: a clamp lifts a value past anything that its input reaches.
    const reach = Math.max(kind.reach(node, writer), largest(writer.intervals[node.output]));
    const type =
      reach < FLOAT32_EXACT && inputs.every((input) => input.type === 'float32') ? 'float32' : 'float64';
    kind.emit(writer, node, inputs, type);
  }
  return writer.finish(name);
}
