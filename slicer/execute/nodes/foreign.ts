import { size } from '../../integer/exact.ts';
import { rangeOf } from '../../integer/evaluate.ts';
import { boundsOf, type ForeignNode } from '../../integer/program.ts';
import { namesWithin } from '../../onnx/foreign-call.ts';
import { isFloat } from '../../onnx/tensor-data.ts';
import type { ElementType } from '../../onnx/index.ts';
import type { GraphWriter, Value } from '../graph-writer.ts';
import { FLOAT32_EXACT } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/** The first version that has Where. */
const WHERE_OPSET = 9;

/**
 * Times 2^−scale, the operator as its file has it, times 2^scale, rounded and clipped. What is no number (the operator divided 0 by
 * 0) is 0: whoever executes has to bring a trace for any input, a blank one too. What stands around the operator means the same in
 * every version of ONNX that the operator may be of.
 */
export const foreign: ExecuteKind<ForeignNode> = {
  reach: () => 0,
  emit(writer, node, inputs) {
    const { tensors } = writer.program;
    const call = writer.callOf(node);
    const fixed = namesWithin(call.node);
    const names = new Map<string, string>();
    call.inputs.forEach(({ name, type }, i) => {
      const given = realOf(writer, inputs[i], tensors[node.inputs[i]].scale, type, `${node.name}/${name}`);
      if (fixed.has(name)) writer.emitAs(name, given);
      names.set(name, fixed.has(name) ? name : given);
    });
    const result = writer.splice(call, names, node.name);
    const { scale } = tensors[node.output];
    const { low, high } = boundsOf(rangeOf(tensors[node.output]));
    const step = (operator: string, operands: readonly number[], value: Value): Value =>
      writer.emit(
        `${node.name}/${operator.toLowerCase()}`,
        operator,
        [value, ...operands.map((by, i) => writer.scalar(`${node.name}/${operator}${i}`, value.type, by))],
        value.type,
      );
    const scaled = scale === 0 ? result : step('Mul', [2 ** scale], result);
    const rounded = isFloat(call.output.type) ? step('Floor', [], step('Add', [0.5], scaled)) : scaled;
    // float32 would round the ends of a wide range, and so step out of it.
    const type = Math.max(size(low), size(high)) < FLOAT32_EXACT ? 'float32' : 'float64';
    const wide = writer.cast(rounded, result.type === 'float64' ? 'float64' : type);
    const clipped = writer.cast(step('Min', [high], step('Max', [low], wide)), type);
    writer.put(node.output, isFloat(call.output.type) ? numberOf(writer, node.name, wide, clipped) : clipped);
  },
};

/** An integer of the program as what the operator reads. */
function realOf(writer: GraphWriter, value: Value, scale: number, type: ElementType, label: string): string {
  if (!isFloat(type) && scale === 0) return writer.castTo(value, type);
  const float = type === 'float64' ? 'float64' : 'float32';
  const wide = writer.cast(value, float);
  const by = writer.scalar(`${label}/unit`, float, 2 ** -scale);
  const real = writer.emit(`${label}/real`, 'Mul', [wide, by], float);
  return type === float ? real.name : writer.castTo(real, type);
}

/** A value where it is a number, else 0: only what is no number is neither below 1 nor above 0. */
function numberOf(writer: GraphWriter, label: string, of: Value, value: Value): Value {
  const side = (operator: string, by: number): Value =>
    writer.emit(
      `${label}/${operator.toLowerCase()}`,
      operator,
      [of, writer.scalar(`${label}/${operator}`, of.type, by)],
      of.type,
    );
  const number = writer.emit(`${label}/number`, 'Or', [side('Less', 1), side('Greater', 0)], value.type);
  const { type } = value;
  if (writer.opset >= WHERE_OPSET) {
    return writer.emit(
      `${label}/where`,
      'Where',
      [number, value, writer.scalar(`${label}/zero`, type, 0)],
      type,
    );
  }
  // Whatever integer a machine makes of what is no number, it is taken 0 times.
  const whole = writer.castTo(value, 'int64');
  const kept = writer.emit(`${label}/kept`, 'Mul', [whole, writer.castTo(number, 'int64')], type);
  return { name: writer.castTo(kept, type), type };
}
