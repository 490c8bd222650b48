import protobuf from 'protobufjs/light.js';

/**
 * The part of ONNX's file format that the slicer writes for what it proves, field numbers as in the ONNX project's
 * `onnx.proto`.
 */
const OWN = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: { id: 1, type: 'int64' },
        producerName: { id: 2, type: 'string' },
        graph: { id: 7, type: 'GraphProto' },
        opsetImport: { id: 8, type: 'OperatorSetIdProto', rule: 'repeated' },
      },
    },
    OperatorSetIdProto: {
      fields: { domain: { id: 1, type: 'string' }, version: { id: 2, type: 'int64' } },
    },
    GraphProto: {
      fields: {
        node: { id: 1, type: 'NodeProto', rule: 'repeated' },
        name: { id: 2, type: 'string' },
        initializer: { id: 5, type: 'TensorProto', rule: 'repeated' },
        input: { id: 11, type: 'ValueInfoProto', rule: 'repeated' },
        output: { id: 12, type: 'ValueInfoProto', rule: 'repeated' },
        valueInfo: { id: 13, type: 'ValueInfoProto', rule: 'repeated' },
      },
    },
    NodeProto: {
      fields: {
        input: { id: 1, type: 'string', rule: 'repeated' },
        output: { id: 2, type: 'string', rule: 'repeated' },
        name: { id: 3, type: 'string' },
        opType: { id: 4, type: 'string' },
        attribute: { id: 5, type: 'AttributeProto', rule: 'repeated' },
        domain: { id: 7, type: 'string' },
      },
    },
    AttributeProto: {
      fields: {
        name: { id: 1, type: 'string' },
        f: { id: 2, type: 'float' },
        i: { id: 3, type: 'int64' },
        s: { id: 4, type: 'bytes' },
        t: { id: 5, type: 'TensorProto' },
        floats: { id: 7, type: 'float', rule: 'repeated' },
        ints: { id: 8, type: 'int64', rule: 'repeated' },
        type: { id: 20, type: 'int32' },
      },
    },
    TensorProto: {
      fields: {
        dims: { id: 1, type: 'int64', rule: 'repeated' },
        dataType: { id: 2, type: 'int32' },
        floatData: { id: 4, type: 'float', rule: 'repeated' },
        int32Data: { id: 5, type: 'int32', rule: 'repeated' },
        int64Data: { id: 7, type: 'int64', rule: 'repeated' },
        name: { id: 8, type: 'string' },
        rawData: { id: 9, type: 'bytes' },
        doubleData: { id: 10, type: 'double', rule: 'repeated' },
        externalData: { id: 13, type: 'StringStringEntryProto', rule: 'repeated' },
        dataLocation: { id: 14, type: 'int32' },
      },
    },
    StringStringEntryProto: {
      fields: { key: { id: 1, type: 'string' }, value: { id: 2, type: 'string' } },
    },
    ValueInfoProto: { fields: { name: { id: 1, type: 'string' }, type: { id: 2, type: 'TypeProto' } } },
    TypeProto: { fields: { tensorType: { id: 1, type: 'TensorTypeProto' } } },
    TensorTypeProto: {
      fields: { elemType: { id: 1, type: 'int32' }, shape: { id: 2, type: 'TensorShapeProto' } },
    },
    TensorShapeProto: { fields: { dim: { id: 1, type: 'DimensionProto', rule: 'repeated' } } },
    DimensionProto: { fields: { dimValue: { id: 1, type: 'int64' }, dimParam: { id: 2, type: 'string' } } },
  },
} as const;

/** What files of others may have besides: what is read of them, and what is handed on to ONNX Runtime as it is. */
const MORE = {
  ModelProto: {
    producerVersion: { id: 3, type: 'string' },
    domain: { id: 4, type: 'string' },
    modelVersion: { id: 5, type: 'int64' },
    docString: { id: 6, type: 'string' },
    metadataProps: { id: 14, type: 'StringStringEntryProto', rule: 'repeated' },
    functions: { id: 25, type: 'FunctionProto', rule: 'repeated' },
  },
  GraphProto: {
    docString: { id: 10, type: 'string' },
    quantizationAnnotation: { id: 14, type: 'bytes', rule: 'repeated' },
    sparseInitializer: { id: 15, type: 'SparseTensorProto', rule: 'repeated' },
    metadataProps: { id: 16, type: 'StringStringEntryProto', rule: 'repeated' },
  },
  NodeProto: {
    docString: { id: 6, type: 'string' },
    overload: { id: 8, type: 'string' },
    metadataProps: { id: 9, type: 'StringStringEntryProto', rule: 'repeated' },
  },
  AttributeProto: {
    g: { id: 6, type: 'GraphProto' },
    strings: { id: 9, type: 'bytes', rule: 'repeated' },
    tensors: { id: 10, type: 'TensorProto', rule: 'repeated' },
    graphs: { id: 11, type: 'GraphProto', rule: 'repeated' },
    docString: { id: 13, type: 'string' },
    tp: { id: 14, type: 'TypeProto' },
    typeProtos: { id: 15, type: 'TypeProto', rule: 'repeated' },
    refAttrName: { id: 21, type: 'string' },
    sparseTensor: { id: 22, type: 'SparseTensorProto' },
    sparseTensors: { id: 23, type: 'SparseTensorProto', rule: 'repeated' },
  },
  TensorProto: {
    segment: { id: 3, type: 'bytes' },
    stringData: { id: 6, type: 'bytes', rule: 'repeated' },
    uint64Data: { id: 11, type: 'uint64', rule: 'repeated' },
    docString: { id: 12, type: 'string' },
    metadataProps: { id: 16, type: 'StringStringEntryProto', rule: 'repeated' },
  },
  ValueInfoProto: {
    docString: { id: 3, type: 'string' },
    metadataProps: { id: 4, type: 'StringStringEntryProto', rule: 'repeated' },
  },
  TypeProto: {
    sequenceType: { id: 4, type: 'ElementTypeProto' },
    mapType: { id: 5, type: 'MapTypeProto' },
    denotation: { id: 6, type: 'string' },
    sparseTensorType: { id: 8, type: 'TensorTypeProto' },
    optionalType: { id: 9, type: 'ElementTypeProto' },
  },
  DimensionProto: { denotation: { id: 3, type: 'string' } },
} as const;

const OTHERS = {
  FunctionProto: {
    fields: {
      name: { id: 1, type: 'string' },
      input: { id: 4, type: 'string', rule: 'repeated' },
      output: { id: 5, type: 'string', rule: 'repeated' },
      attribute: { id: 6, type: 'string', rule: 'repeated' },
      node: { id: 7, type: 'NodeProto', rule: 'repeated' },
      docString: { id: 8, type: 'string' },
      opsetImport: { id: 9, type: 'OperatorSetIdProto', rule: 'repeated' },
      domain: { id: 10, type: 'string' },
      attributeProto: { id: 11, type: 'AttributeProto', rule: 'repeated' },
      valueInfo: { id: 12, type: 'ValueInfoProto', rule: 'repeated' },
      overload: { id: 13, type: 'string' },
      metadataProps: { id: 14, type: 'StringStringEntryProto', rule: 'repeated' },
    },
  },
  SparseTensorProto: {
    fields: {
      values: { id: 1, type: 'TensorProto' },
      indices: { id: 2, type: 'TensorProto' },
      dims: { id: 3, type: 'int64', rule: 'repeated' },
    },
  },
  ElementTypeProto: { fields: { elemType: { id: 1, type: 'TypeProto' } } },
  MapTypeProto: { fields: { keyType: { id: 1, type: 'int32' }, valueType: { id: 2, type: 'TypeProto' } } },
} as const;

/** protobufjs's 64-bit integer on reading; a plain number on writing. */
export type Int64 = number | { toString(): string };

export interface TensorProto {
  readonly dims?: readonly Int64[];
  readonly dataType?: number;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly Int64[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly stringData?: readonly Uint8Array[];
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Int64[];
  readonly externalData?: readonly { readonly key?: string; readonly value?: string }[];
  readonly dataLocation?: number;
}

export interface AttributeProto {
  readonly name?: string;
  readonly f?: number;
  readonly i?: Int64;
  readonly s?: Uint8Array;
  readonly t?: TensorProto | null;
  readonly floats?: readonly number[];
  readonly ints?: readonly Int64[];
  readonly type?: number;
  readonly g?: GraphProto | null;
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly tp?: unknown;
  readonly typeProtos?: readonly unknown[];
  readonly refAttrName?: string;
  readonly sparseTensor?: { readonly values?: TensorProto; readonly indices?: TensorProto } | null;
  readonly sparseTensors?: readonly unknown[];
  readonly strings?: readonly Uint8Array[];
}

/** A node whose attributes are bytes as they stand in its file: nothing of them is lost. */
export interface RawNodeProto extends Omit<NodeProto, 'attribute'> {
  readonly attribute?: readonly Uint8Array[];
}

export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly string[];
  readonly attributeProto?: readonly AttributeProto[];
  readonly node?: readonly NodeProto[];
  readonly opsetImport?: readonly OperatorSetIdProto[];
}

export interface NodeProto {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly attribute?: readonly AttributeProto[];
  readonly domain?: string;
  readonly overload?: string;
}

export interface DimensionProto {
  readonly dimValue?: Int64;
  readonly dimParam?: string;
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim?: readonly DimensionProto[] } | null;
    } | null;
    readonly sequenceType?: unknown;
    readonly optionalType?: unknown;
    readonly mapType?: unknown;
  } | null;
}

export interface GraphProto {
  readonly node?: readonly NodeProto[];
  readonly name?: string;
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly sparseInitializer?: readonly unknown[];
}

export interface OperatorSetIdProto {
  readonly domain?: string;
  readonly version?: Int64;
}

export interface ModelProto {
  readonly irVersion?: Int64;
  readonly producerName?: string;
  readonly graph?: GraphProto | null;
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly functions?: readonly FunctionProto[];
}

/** A model whose nodes keep their attributes as bytes. */
export interface RawModelProto extends Omit<ModelProto, 'graph'> {
  readonly graph?: (Omit<GraphProto, 'node'> & { readonly node?: readonly RawNodeProto[] }) | null;
}

/** Values of AttributeProto.type. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

/** Encoder and decoder of one message of the schema. */
export interface MessageCodec<T> {
  /** Throws protobufjs's RangeError when the bytes end early, and its Error when they are something else. */
  readonly decode: (bytes: Uint8Array) => T;
  readonly encode: (message: T) => Uint8Array;
}

interface Messages {
  readonly [message: string]: { readonly fields: Record<string, protobuf.IField> };
}

/** The messages with fields besides their own. */
function joined(
  messages: Messages,
  more: Readonly<Record<string, Record<string, protobuf.IField>>>,
): Messages {
  return Object.fromEntries(
    Object.entries(messages).map(([name, { fields }]) => [name, { fields: { ...fields, ...more[name] } }]),
  );
}

const whole = { ...joined(OWN.nested, MORE), ...OTHERS };
const raw = joined(whole, {
  NodeProto: { attribute: { id: 5, type: 'bytes', rule: 'repeated' } },
});

const roots = {
  own: protobuf.Root.fromJSON(OWN),
  whole: protobuf.Root.fromJSON({ nested: whole }),
  raw: protobuf.Root.fromJSON({ nested: raw }),
};

function codec<T>(name: string, root = roots.whole): MessageCodec<T> {
  const type = root.lookupType(name);
  return {
    decode: (bytes) => type.decode(bytes) as T,
    encode: (message) => type.encode(message as Record<string, unknown>).finish(),
  };
}

export const modelCodec = codec<ModelProto>('ModelProto');
export const tensorCodec = codec<TensorProto>('TensorProto');
export const attributeCodec = codec<AttributeProto>('AttributeProto');
export const rawModelCodec = codec<RawModelProto>('ModelProto', roots.raw);
/** A model that has nothing but what our own writer writes; other fields are left out on reading. */
export const ownModelCodec = codec<ModelProto>('ModelProto', roots.own);
/** The messages of files of others, by which a file is looked through field by field. */
export const modelType = roots.whole.lookupType('ModelProto');
