import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Readings } from '../../protocol/database/readings.ts';

/** Shorter ones are as fast as they are. */
const ZIPPED_FROM = 2048;
const zip = promisify(gzip);

/** What a GET is answered with where its answer depends on nothing but the block that is served. */
interface Tagged {
  readonly tag: string;
  readonly known: boolean;
}

/** What is served: the last block, and by which rules its rows were made. */
interface ServedState {
  readonly hash: string;
  readonly projection: number;
}

/**
 * Large answers are zipped for who takes it. A GET has an ETag of the block and of what is asked; who has that answer is told so before
 * anything else is read. What changes without a block (`extensions.volatile`: the price of this second, what a store has) has none.
 */
export function answerPlugin(readings: Readings): Plugin<object> {
  const tagged = new WeakMap<Request, Tagged>();
  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const { request } = args.contextValue as { readonly request?: Request };
      if (request?.method !== 'GET' || isVolatile(args)) return;
      const [served] = await readings.query<ServedState>('SELECT "hash", "projection" FROM "Sync"');
      if (served === undefined) return;
      const tag = tagOf(served, args);
      const known = matches(request.headers.get('if-none-match'), tag);
      tagged.set(request, { tag, known });
      if (known) setResultAndStopExecution({ data: null });
      // What failed may succeed at the same block.
      return {
        onExecuteDone({ result }) {
          if ('errors' in result && result.errors !== undefined) tagged.delete(request);
        },
      };
    },
    async onResponse(answered) {
      const { request, response, fetchAPI } = answered;
      const type = response.headers.get('content-type') ?? '';
      if (!/\bjson\b/.test(type)) return;
      const found = tagged.get(request);
      response.headers.append('vary', 'accept-encoding, accept');
      if (found !== undefined && response.status === 200) {
        response.headers.set('etag', found.tag);
        response.headers.set('cache-control', 'no-cache');
        if (found.known) {
          const { headers } = response;
          for (const name of ['content-type', 'content-length']) headers.delete(name);
          return answered.setResponse(new fetchAPI.Response(null, { status: 304, headers }));
        }
      }
      if (!/\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')) return;
      const { status, headers } = response;
      const text = await response.text();
      if (text.length < ZIPPED_FROM)
        return answered.setResponse(new fetchAPI.Response(text, { status, headers }));
      const body = await zip(text);
      headers.set('content-encoding', 'gzip');
      headers.set('content-length', String(body.length));
      answered.setResponse(new fetchAPI.Response(body, { status, headers }));
    },
  };
}

/** Weak: zipped or not, it is the same answer. */
function tagOf(
  { hash, projection }: ServedState,
  { document, variableValues, operationName }: ExecutionArgs,
): string {
  const asked = [hash, projection, print(document), variableValues ?? {}, operationName ?? null];
  return `W/"${createHash('sha256').update(JSON.stringify(asked)).digest('base64url').slice(0, 22)}"`;
}

function matches(given: string | null, tag: string): boolean {
  return (given ?? '').split(',').some((one) => ['*', tag].includes(one.trim()));
}

const volatile = new WeakMap<DocumentNode, boolean>();

/** Whether its answer may change while the block doesn't. */
function isVolatile({ schema, document, variableValues }: ExecutionArgs): boolean {
  let found = volatile.get(document);
  if (found === undefined) {
    found = asksVolatile(schema, document);
    volatile.set(document, found);
  }
  return found || JSON.stringify(variableValues ?? {}).includes('"biddable"');
}

function asksVolatile(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        if (types.getFieldDef()?.extensions['volatile'] === true) found = true;
      },
      ObjectField({ name }) {
        if (name.value === 'biddable') found = true;
      },
    }),
  );
  return found;
}
