import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { TABLES } from '../projection/rows.ts';

export const DEFAULT_PAGE = 20;
export const LARGEST_PAGE = 100;

/** What the contracts let a model have at most. */
export const LARGEST_MODEL = { slices: 256, tensors: 1024, sliceTensors: 11 } as const;

export interface Limits {
  /** Selections inside selections at most. */
  readonly depth: number;
  /** Words and signs of a request at most. */
  readonly tokens: number;
  /** Renamed fields at most. */
  readonly aliases: number;
  /** Weighted count of fields at most: see graphql-armor's cost limit. */
  readonly cost: number;
  /** Rows that a request could ask for at most, reckoned before anything is read. */
  readonly rows: number;
  /** How long it may take. */
  readonly milliseconds: number;
}

/** Refuses requests that would cost too much, each with a code of its own. Introspection is not counted. */
export function limitPlugins(limits: Limits): readonly Plugin[] {
  const refuse = (code: string, message: string) => ({
    propagateOnRejection: false,
    onReject: [
      (context: ValidationContext | null): void => {
        const error = new GraphQLError(message, { extensions: { code } });
        // The parser has no context to report to.
        if (context === null) throw error;
        context.reportError(error);
      },
    ],
  });
  const armor = EnvelopArmorPlugin({
    // Field names are public: see docs/graphql.md.
    blockFieldSuggestion: { enabled: false },
    maxDepth: {
      n: limits.depth,
      flattenFragments: true,
      ...refuse('GRAPHQL_TOO_DEEP', `The request is nested deeper than ${limits.depth} levels.`),
    },
    maxTokens: {
      n: limits.tokens,
      ...refuse('GRAPHQL_TOO_LONG', `The request has more than ${limits.tokens} tokens.`),
    },
    maxAliases: {
      n: limits.aliases,
      ...refuse('GRAPHQL_TOO_MANY_ALIASES', `The request has more than ${limits.aliases} aliases.`),
    },
    maxDirectives: {
      n: 20,
      ...refuse('GRAPHQL_TOO_MANY_DIRECTIVES', 'The request has more than 20 directives.'),
    },
    costLimit: {
      maxCost: limits.cost,
      flattenFragments: true,
      ...refuse('GRAPHQL_TOO_COSTLY', 'The request asks for too many fields.'),
    },
  });
  const rows: Plugin = {
    onValidate({ addValidationRule }) {
      addValidationRule(rowLimit(limits.rows));
    },
  };
  // Typed for an older envelop, which Yoga's plugins extend.
  return [armor as Plugin, rows];
}

/** So many values in a list of a row's own take the room of another row. */
const VALUES_A_ROW = 16;

const rowTypes: ReadonlySet<string> = new Set([...TABLES, 'Node']);

/**
 * Lists within lists multiply, pages or not: a page of 100 jobs with 256 slices each is 25,700 rows. Sums, over all that is asked
 * for, the product of the sizes on the way to it: of a page its size (in a variable: the largest), of another list what its field
 * says in `extensions.most`.
 */
function rowLimit(most: number): ValidationRule {
  return (context: ValidationContext): ASTVisitor => ({
    OperationDefinition(operation) {
      const root = context.getSchema().getRootType(operation.operation);
      const rows = new RowCounter(context).rowsOf(operation.selectionSet, root);
      if (rows <= most) return;
      const message = `The request asks for up to ${rows} rows, the limit is ${most}: ask for smaller pages, or for less of each row.`;
      context.reportError(new GraphQLError(message, { extensions: { code: 'GRAPHQL_TOO_MANY_ROWS' } }));
    },
  });
}

class RowCounter {
  readonly #context: ValidationContext;
  /** Counted once each, or fragments that spread others twice would take exponential time. */
  readonly #fragments = new Map<string, number>();

  constructor(context: ValidationContext) {
    this.#context = context;
  }

  /** @param type what the selections are made on; unknown for fields that do not exist, which others refuse */
  rowsOf(set: SelectionSetNode | undefined, type: GraphQLNamedType | null | undefined): number {
    return (set?.selections ?? []).reduce((rows, selection) => rows + this.#rowsOfOne(selection, type), 0);
  }

  #rowsOfOne(selection: SelectionNode, type: GraphQLNamedType | null | undefined): number {
    switch (selection.kind) {
      case Kind.FRAGMENT_SPREAD:
        return this.#rowsOfFragment(selection.name.value);
      case Kind.INLINE_FRAGMENT: {
        const named = selection.typeCondition?.name.value;
        const on = named === undefined ? type : this.#context.getSchema().getType(named);
        return this.rowsOf(selection.selectionSet, on);
      }
      case Kind.FIELD: {
        const known = isObjectType(type) || isInterfaceType(type);
        const field = known ? type.getFields()[selection.name.value] : undefined;
        return field === undefined ? 0 : this.#rowsOfField(selection, field);
      }
    }
  }

  #rowsOfField(selection: FieldNode, field: GraphQLField<unknown, unknown>): number {
    const inner = getNamedType(field.type);
    const rows = this.rowsOf(selection.selectionSet, inner);
    if (inner.name.endsWith('Connection')) return pageSize(selection) * (1 + rows);
    // The rows of a page were counted with it.
    if (field.extensions['most'] === 'page') return rows;
    const most = sizeAsked(selection, field) ?? listSize(field);
    if (most === undefined) return (rowTypes.has(inner.name) ? 1 : 0) + rows;
    return isObjectType(inner) || isInterfaceType(inner) ? most * (1 + rows) : most / VALUES_A_ROW;
  }

  #rowsOfFragment(name: string): number {
    const known = this.#fragments.get(name);
    if (known !== undefined) return known;
    // A fragment within itself, which GraphQL's own rules refuse, counts nothing.
    this.#fragments.set(name, 0);
    const fragment = this.#context.getFragment(name);
    if (!fragment) return 0;
    const type = this.#context.getSchema().getType(fragment.typeCondition.name.value);
    const rows = this.rowsOf(fragment.selectionSet, type);
    this.#fragments.set(name, rows);
    return rows;
  }
}

/** How many a list that is no page can hold; undefined for what is no list, or the page of a connection, which is counted there. */
export function listSize(field: GraphQLField<unknown, unknown>): number | undefined {
  if (!isListType(getNullableType(field.type))) return undefined;
  const most: unknown = field.extensions['most'];
  return most === 'page' ? undefined : typeof most === 'number' ? most : Number.POSITIVE_INFINITY;
}

/** How long a list can be that an argument keeps short: the argument that its field names in `extensions.sizedBy`. */
function sizeAsked(
  { arguments: given = [] }: FieldNode,
  field: GraphQLField<unknown, unknown>,
): number | undefined {
  const sizedBy: unknown = field.extensions['sizedBy'];
  const declared = field.args.find(({ name }) => name === sizedBy);
  if (declared === undefined) return undefined;
  const value = given.find(({ name }) => name.value === sizedBy)?.value;
  const most = listSize(field) ?? 0;
  const asked = value === undefined ? declared.defaultValue : value.kind === Kind.INT ? value.value : most;
  return Math.min(most, Math.max(0, Number(asked)));
}

function pageSize({ arguments: args = [] }: FieldNode): number {
  const sizes = args
    .filter(({ name, value }) => ['first', 'last'].includes(name.value) && value.kind !== Kind.NULL)
    .map(({ value }) =>
      value.kind === Kind.INT ? Math.min(LARGEST_PAGE, Math.max(0, Number(value.value))) : LARGEST_PAGE,
    );
  return sizes.length === 0 ? DEFAULT_PAGE : Math.max(...sizes);
}
