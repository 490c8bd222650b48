import protobuf from 'protobufjs/light.js';

/** Graphs in graphs in …: more than this no file has. */
const MAX_DEPTH = 64;

const WITH_LENGTH = 2;

/**
 * Why a message is not what it seems: a field that its type doesn't have, one that is there twice where it counts once, or bytes
 * that are no message. Undefined when every byte is of a known field.
 * @throws RangeError, Error (protobufjs's) where the bytes end early
 */
export function strangeField(bytes: Uint8Array, type: protobuf.Type, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `${type.name} in more than ${MAX_DEPTH} others`;
  const seen = new Set<number>();
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [id, wire] = [tag >>> 3, tag & 7];
    const field = (type.fieldsById as Record<number, protobuf.Field | undefined>)[id]?.resolve();
    if (!field) return `field ${id} of ${type.name}`;
    if (!field.repeated && seen.has(id)) return `${field.name} of ${type.name} twice`;
    seen.add(id);
    const packed = wire === WITH_LENGTH && field.repeated && field.type in protobuf.types.packed;
    const expected = (protobuf.types.basic as Record<string, number>)[field.type] ?? WITH_LENGTH;
    if (wire !== expected && !packed) return `${field.name} of ${type.name} as something else`;
    if (wire !== WITH_LENGTH) {
      reader.skipType(wire);
      continue;
    }
    const length = reader.uint32();
    const from = reader.pos;
    reader.skip(length);
    const inner = field.resolvedType;
    if (!(inner instanceof protobuf.Type)) continue;
    const strange = strangeField(bytes.subarray(from, from + length), inner, depth + 1);
    if (strange !== undefined) return strange;
  }
  return undefined;
}
