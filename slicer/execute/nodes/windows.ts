import type { Windows } from '../../integer/windows.ts';
import type { AttributeValue } from '../../onnx/index.ts';

export function windowAttributes({
  kernel,
  strides,
  pads,
  dilations,
}: Windows): Record<string, AttributeValue> {
  return { kernel_shape: [...kernel], strides: [...strides], pads: [...pads], dilations: [...dilations] };
}
