import { SlicerError } from '../../errors.ts';
import { ONNX_LIMITS } from '../limits.ts';
import { modelCodec, type ModelProto } from '../schema.ts';
import { withoutMaps } from './classes.ts';
import { withoutFunctions } from './functions.ts';
import { withoutHalf } from './half.ts';

export { withBranches } from './branches.ts';

/**
 * The messages of a file.
 * @throws SlicerError ONNX_TRUNCATED, ONNX_INVALID, ONNX_TOO_LARGE
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  if (bytes.length > ONNX_LIMITS.fileBytes) {
    throw new SlicerError(
      'ONNX_TOO_LARGE',
      `the ONNX file has ${bytes.length} bytes, at most ${ONNX_LIMITS.fileBytes} are read`,
    );
  }
  try {
    return modelCodec.decode(bytes);
  } catch (cause) {
    // protobufjs raises a RangeError when a length points past the end.
    const truncated = cause instanceof RangeError;
    throw new SlicerError(
      truncated ? 'ONNX_TRUNCATED' : 'ONNX_INVALID',
      truncated
        ? `the file's ${bytes.length} bytes announce more than there is: cut off, or not an ONNX model`
        : `the ${bytes.length} bytes are not an ONNX model: ${(cause as Error).message}`,
      { hint: 'Copy or export the file again.', cause },
    );
  }
}

/**
 * A file as it is read and run: without functions of its own, in float32 where it has halves, in tensors where it has maps by class.
 * The same bytes where that changes nothing.
 * @throws SlicerError ONNX_*
 */
export function prepareOnnx(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes);
  const prepared = withoutMaps(withoutHalf(withoutFunctions(model)));
  return prepared === model ? bytes : modelCodec.encode(prepared);
}
