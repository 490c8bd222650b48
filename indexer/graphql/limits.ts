import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import {
  getNamedType,
  GraphQLError,
  isObjectType,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type GraphQLNamedType,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LARGEST_PAGE, DEFAULT_PAGE } from './connection.ts';

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

/**
 * Pages within pages multiply: a page of 100 jobs with 100 bids each is 10,000 rows. Sums, over all lists, the
 * product of the page sizes on the way to it; a size in a variable counts as the largest.
 */
function rowLimit(most: number): ValidationRule {
  return (context: ValidationContext): ASTVisitor => ({
    OperationDefinition(operation) {
      const root = context.getSchema().getRootType(operation.operation);
      const rows = new RowCounter(context).rowsOf(operation.selectionSet, root);
      if (rows <= most) return;
      const message = `The request asks for up to ${rows} rows, the limit is ${most}: ask for smaller pages.`;
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
      case Kind.INLINE_FRAGMENT:
        return this.rowsOf(selection.selectionSet, type);
      case Kind.FIELD: {
        const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined;
        const inner = field === undefined ? undefined : getNamedType(field.type);
        const rows = this.rowsOf(selection.selectionSet, inner);
        return inner?.name.endsWith('Connection') === true ? pageSize(selection) * (1 + rows) : rows;
      }
    }
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

function pageSize({ arguments: args = [] }: FieldNode): number {
  const first = args.find((argument) => argument.name.value === 'first')?.value;
  if (first === undefined || first.kind === Kind.NULL) return DEFAULT_PAGE;
  return first.kind === Kind.INT ? Math.min(LARGEST_PAGE, Math.max(0, Number(first.value))) : LARGEST_PAGE;
}
