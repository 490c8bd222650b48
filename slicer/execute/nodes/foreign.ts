import { size } from '../../integer/exact.ts';
import { rangeOf } from '../../integer/evaluate.ts';
import { boundsOf, type ForeignNode } from '../../integer/program.ts';
import { readOnnx } from '../../onnx/index.ts';
import type { Value } from '../graph-writer.ts';
import { FLOAT32_EXACT } from '../precision.ts';
import type { ExecuteKind } from './kind.ts';

/**
 * Times 2^−scale, the operator, times 2^scale, rounded and clipped. What is no number (the operator divided 0 by 0) is 0:
 * whoever executes has to bring a trace for any input, a blank one too.
 */
export const foreign: ExecuteKind<ForeignNode> = {
  reach: () => 0,
  emit(writer, node, inputs) {
    const { tensors } = writer.program;
    const call = readOnnx(node.model);
    const names = new Map<string, string>();
    call.inputs.forEach(({ name, type }, i) => {
      const { scale } = tensors[node.inputs[i]];
      const label = `${node.name}/${name}`;
      const narrow = writer.cast(inputs[i], 'float32');
      const by = writer.scalar(`${label}/unit`, 'float32', 2 ** -scale);
      const real = writer.emit(`${label}/real`, 'Mul', [narrow, by], 'float32');
      names.set(name, type === 'float32' ? real.name : writer.castTo(real, type));
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
    const rounded = step('Floor', [], step('Add', [0.5], step('Mul', [2 ** scale], result)));
    // float32 would round the ends of a wide range, and so step out of it.
    const type = Math.max(size(low), size(high)) < FLOAT32_EXACT ? 'float32' : 'float64';
    const clipped = step('Clip', [low, high], writer.cast(rounded, type));
    // Only NaN differs from itself.
    const number = writer.emit(`${node.name}/number`, 'Equal', [clipped, clipped], type).name;
    const zero = writer.scalar(`${node.name}/zero`, type, 0);
    writer.put(node.output, writer.emit(`${node.name}/where`, 'Where', [number, clipped, zero], type));
  },
};
