import type { AttributeValue } from './graph.ts';
import { ATTRIBUTE_TYPE, attributeCodec, type AttributeProto } from './schema.ts';
import { fromTensorProto } from './tensor-proto.ts';

/** A list of strings, as trees name their nodes; the reader's own operators have none. */
const STRINGS = 8;

const utf8 = new TextDecoder();

/** The attributes of a node as its file has them, by name; those that hold graphs are left out. */
export function attributesOf(
  attributes: readonly Uint8Array[],
): Readonly<Record<string, AttributeValue | readonly string[]>> {
  return Object.fromEntries(
    attributes.flatMap((bytes) => {
      const proto = attributeCodec.decode(bytes);
      const value = valueOf(proto);
      return value === undefined ? [] : [[proto.name ?? '', value] as const];
    }),
  );
}

function valueOf(proto: AttributeProto): AttributeValue | readonly string[] | undefined {
  const { name = '', type, f = 0, i = 0, s, t, floats = [], ints = [], strings = [] } = proto;
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return f;
    case ATTRIBUTE_TYPE.int:
      return Number(i.toString());
    case ATTRIBUTE_TYPE.string:
      return utf8.decode(s);
    case ATTRIBUTE_TYPE.tensor:
      return fromTensorProto(t ?? {}, `attribute ${name}`);
    case ATTRIBUTE_TYPE.floats:
      return [...floats];
    case ATTRIBUTE_TYPE.ints:
      return ints.map((value) => Number(value.toString()));
    case STRINGS:
      return strings.map((value) => utf8.decode(value));
    default:
      return undefined;
  }
}
