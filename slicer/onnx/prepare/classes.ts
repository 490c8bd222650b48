import type { AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../schema.ts';

/** TensorProto.DataType. */
const [INT64, STRING] = [7, 8];

/** AttributeProto.AttributeType of a list of integers. */
const INTS = 7;

/** By operator that names its classes: how the attribute with integers is called. */
const LABELS: Readonly<Record<string, string | undefined>> = {
  LinearClassifier: 'classlabels_ints',
  SVMClassifier: 'classlabels_ints',
  TreeEnsembleClassifier: 'classlabels_int64s',
};

/**
 * A classifier as scikit-learn's exporter writes it, in tensors: a ZipMap, which makes maps by class of scores, is these scores in the
 * order of the classes; a label that is a text is the place of its class. The same model where there is neither.
 */
export function withoutMaps(model: ModelProto): ModelProto {
  const { graph } = model;
  const nodes = graph?.node ?? [];
  if (!graph || !nodes.some((node) => isZipMap(node) || textLabels(node))) return model;
  return { ...model, graph: inTensors(graph, nodes) };
}

function isOwn({ domain }: NodeProto): boolean {
  return domain === 'ai.onnx.ml';
}

function isZipMap(node: NodeProto): boolean {
  return isOwn(node) && node.opType === 'ZipMap';
}

/** The labels of a node that are texts. */
function textLabels(node: NodeProto): AttributeProto | undefined {
  if (!isOwn(node) || LABELS[node.opType ?? ''] === undefined) return undefined;
  const given = (node.attribute ?? []).find(({ name }) => name === 'classlabels_strings');
  return (given?.strings ?? []).length > 0 ? given : undefined;
}

function inTensors(graph: GraphProto, nodes: readonly NodeProto[]): GraphProto {
  const scores = new Set<string>();
  const places = new Set<string>();
  const node = nodes.map((each): NodeProto => {
    const [input = ''] = each.input ?? [];
    const [output = ''] = each.output ?? [];
    if (isZipMap(each)) {
      scores.add(output);
      return passing(each);
    }
    // Texts as texts.
    if (each.opType === 'Cast' && places.has(input) && targetOf(each) === STRING) {
      places.add(output);
      return passing(each);
    }
    if (each.opType === 'Identity' && places.has(input)) places.add(output);
    const labels = textLabels(each);
    if (labels === undefined) return each;
    places.add(output);
    const ints = Array.from(labels.strings ?? [], (_, i) => i);
    const others = (each.attribute ?? []).filter((one) => one !== labels);
    return { ...each, attribute: [...others, { name: LABELS[each.opType ?? ''], type: INTS, ints }] };
  });
  const typed = (value: ValueInfoProto): ValueInfoProto => {
    const { name = '', type } = value;
    if (scores.has(name)) return { name };
    if (!places.has(name)) return value;
    return { ...value, type: { ...type, tensorType: { ...type?.tensorType, elemType: INT64 } } };
  };
  const known = (graph.valueInfo ?? []).filter(({ name = '' }) => !scores.has(name));
  return { ...graph, node, output: (graph.output ?? []).map(typed), valueInfo: known.map(typed) };
}

function targetOf({ attribute = [] }: NodeProto): number {
  return Number(attribute.find(({ name }) => name === 'to')?.i ?? 0);
}

function passing({ name, input, output }: NodeProto): NodeProto {
  return { name, opType: 'Identity', input, output };
}
