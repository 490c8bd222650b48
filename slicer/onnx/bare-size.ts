import protobuf from 'protobufjs/light.js';

/** Field numbers of ONNX's format: a model's graph, a graph's initializers, an initializer's values as raw bytes. */
const [GRAPH, INITIALIZER, RAW_DATA] = [7, 5, 9];
/** Wire type of what has a length. */
const WITH_LENGTH = 2;

/**
 * How many bytes of an ONNX file are something else than the values of its initializers: what it takes to decode grows with
 * these. Nothing is decoded.
 * @throws RangeError, Error (protobufjs's) where the bytes are no message
 */
export function bareSize(onnx: Uint8Array): number {
  return sizeOfFields(onnx, (field, model) =>
    field !== GRAPH
      ? undefined
      : sizeOfFields(model, (inGraph, graph) =>
          inGraph !== INITIALIZER
            ? undefined
            : sizeOfFields(graph, (inTensor) => (inTensor === RAW_DATA ? 0 : undefined)),
        ),
  );
}

/** @param within the size of what is in a field, if that isn't its length */
function sizeOfFields(
  bytes: Uint8Array,
  within: (field: number, bytes: Uint8Array) => number | undefined,
): number {
  const reader = protobuf.Reader.create(bytes);
  let size = 0;
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    if ((tag & 7) !== WITH_LENGTH) {
      reader.skipType(tag & 7);
      size += reader.pos - start;
      continue;
    }
    const length = reader.uint32();
    const from = reader.pos;
    reader.skip(length);
    size += from - start + (within(tag >>> 3, bytes.subarray(from, from + length)) ?? length);
  }
  return size;
}
