import type { ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * Bounds how many subscriptions are open over HTTP at a time, as server-sent events or however else they are told: each holds its
 * connection as long as its client likes. Those over a WebSocket are bounded by its own limits.
 */
export function streamLimit(most: number): Plugin<object> {
  const open = new Set<ServerResponse>();
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { res: response } = args.contextValue as { readonly res?: ServerResponse };
      if (response === undefined) return;
      if (open.size >= most) {
        const message = `At most ${most} subscriptions are open over HTTP at a time: try again later, or use a WebSocket.`;
        const extensions = { code: 'GRAPHQL_TOO_MANY_STREAMS', http: { status: 503 } };
        setResultAndStopExecution({ errors: [new GraphQLError(message, { extensions })] });
        return;
      }
      open.add(response);
      response.once('close', () => open.delete(response));
    },
  };
}
