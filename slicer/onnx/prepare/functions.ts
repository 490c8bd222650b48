import { SlicerError } from '../../errors.ts';
import { ONNX_LIMITS } from '../limits.ts';
import { refuseNode } from '../refuse.ts';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
} from '../schema.ts';
import { graphsOf, renamedNode, withGraphs } from './names.ts';

/** Functions that call functions that call … */
const MAX_DEPTH = 32;

/**
 * The model with what its own functions do in place of their calls, in graphs within nodes too.
 * @throws SlicerError ONNX_TOO_LARGE, ONNX_INVALID (a function that calls itself), ONNX_UNSUPPORTED_OPSET: a function's operators are
 * of another version than the model's
 */
export function withoutFunctions(model: ModelProto): ModelProto {
  const { functions = [], graph } = model;
  if (functions.length === 0 || !graph) return model;
  const inliner = new Inliner(functions, model.opsetImport ?? []);
  return {
    ...model,
    functions: [],
    graph: inliner.graph(graph, 0),
    opsetImport: inliner.imports,
  };
}

/** ONNX's own operators go by two names. */
function domainOf({ domain = '' }: { readonly domain?: string }): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function keyOf(domain: string, name = '', overload = ''): string {
  return JSON.stringify([domain, name, overload]);
}

class Inliner {
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  #calls = 0;
  #nodes = 0;
  imports: readonly OperatorSetIdProto[];

  constructor(functions: readonly FunctionProto[], imports: readonly OperatorSetIdProto[]) {
    this.#functions = new Map(
      functions.map((one) => [keyOf(domainOf(one), one.name, one.overload), one] as const),
    );
    this.imports = imports;
  }

  graph(graph: GraphProto, depth: number): GraphProto {
    return { ...graph, node: this.#nodesOf(graph.node ?? [], depth) };
  }

  #nodesOf(nodes: readonly NodeProto[], depth: number): readonly NodeProto[] {
    return nodes.flatMap((node) => {
      const called = this.#functions.get(keyOf(domainOf(node), node.opType, node.overload));
      if (called) return this.#nodesOf(this.#bodyOf(node, called, depth), depth + 1);
      if (++this.#nodes > ONNX_LIMITS.nodes) {
        throw new SlicerError(
          'ONNX_TOO_LARGE',
          `with its functions the model has over ${ONNX_LIMITS.nodes} nodes`,
        );
      }
      if (!(node.attribute ?? []).some((attribute) => graphsOf(attribute).length > 0)) return [node];
      const attribute = (node.attribute ?? []).map((one) =>
        withGraphs(one, (graph) => this.graph(graph, depth)),
      );
      return [{ ...node, attribute }];
    });
  }

  /** What a function does, between the tensors of a call. */
  #bodyOf(call: NodeProto, called: FunctionProto, depth: number): readonly NodeProto[] {
    const named = { name: call.name ?? '', operator: call.opType ?? '' };
    if (depth >= MAX_DEPTH) throw refuseNode(named, 'ONNX_INVALID', 'a function that calls itself');
    for (const { domain, version } of called.opsetImport ?? []) {
      const own = this.imports.find((one) => domainOf(one) === domainOf({ domain }));
      if (!own) this.imports = [...this.imports, { domain, version }];
      else if (Number(own.version) !== Number(version)) {
        throw refuseNode(
          named,
          'ONNX_UNSUPPORTED_OPSET',
          `the function has version ${String(version)} of the operators of "${domain ?? ''}", the model ${String(own.version)}`,
        );
      }
    }
    const label = `${call.output?.find((name) => name !== '') ?? call.opType ?? ''}#${this.#calls++}`;
    const known = new Map<string, string>();
    (called.input ?? []).forEach((name, i) => known.set(name, call.input?.[i] ?? ''));
    (called.output ?? []).forEach((name, i) => {
      const wanted = call.output?.[i] ?? '';
      if (wanted !== '') known.set(name, wanted);
    });
    const nameOf = (name: string): string => known.get(name) ?? `${label}/${name}`;
    const given = new Map((call.attribute ?? []).map((one) => [one.name ?? '', one] as const));
    const otherwise = new Map((called.attributeProto ?? []).map((one) => [one.name ?? '', one] as const));
    const bound = (name: string): AttributeProto | undefined => given.get(name) ?? otherwise.get(name);
    return (called.node ?? []).map((node, i) =>
      renamedNode({ ...boundNode(node, bound), name: `${label}/${node.name || i}` }, nameOf),
    );
  }
}

/** A node of a function with the call's attributes where it refers to them; one that the call leaves out is left out. */
function boundNode(node: NodeProto, bound: (name: string) => AttributeProto | undefined): NodeProto {
  const attribute = (node.attribute ?? []).flatMap((one) => {
    if (one.refAttrName) {
      const value = bound(one.refAttrName);
      return value ? [{ ...value, name: one.name }] : [];
    }
    return [
      withGraphs(one, (graph) => ({
        ...graph,
        node: (graph.node ?? []).map((inner) => boundNode(inner, bound)),
      })),
    ];
  });
  return { ...node, attribute };
}
