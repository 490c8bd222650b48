import type { IncomingMessage, ServerResponse } from 'node:http';
import { safeHeaders, serveFile, staticFile, type StaticFile } from './static-files.ts';

/** GraphiQL as it is served: the page itself at `/graphql`, the rest beneath `/graphiql/`. */
export interface Graphiql {
  /** @returns false: there is no such part of it */
  answer(request: IncomingMessage, response: ServerResponse, path: string): boolean;
}

const FOLDER = '/graphiql/';

/** The editor makes styles of its own, and its workers of what it has fetched. */
const SAFE = safeHeaders([
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]);

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The market over GraphQL</title>
<link rel="icon" href="${FOLDER}icon.svg">
<link rel="stylesheet" href="${FOLDER}app.css">
</head>
<body class="no-focus-outline">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
<script src="${FOLDER}workers.js"></script>
<script src="${FOLDER}app.js"></script>
<script src="${FOLDER}start.js"></script>
</body>
</html>
`;

const WORKERS = `self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_, label) => '${FOLDER}' + (label === 'graphql' || label === 'json' ? label : 'editor') + '-worker.js',
};
`;

const START = `YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  title: 'sliceproof',
  endpoint: '/graphql',
  credentials: 'omit',
});
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 1l6 3.5v7L8 15l-6-3.5v-7z" fill="#d64292"/></svg>`;

/** Whether a browser wants GraphiQL or a part of it. */
export function isGraphiql({ method, headers }: IncomingMessage, path: string): boolean {
  if (path.startsWith(FOLDER)) return true;
  return path === '/graphql' && method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');
}

/** GraphiQL from the package, 9 MB of script that is read once somebody wants it. */
export async function readGraphiql(): Promise<Graphiql> {
  const parts = await import('@graphql-yoga/render-graphiql/graphiql');
  const files = new Map<string, StaticFile>();
  const add = async (path: string, text: string): Promise<void> => {
    const name = path === '/graphql' ? 'page.html' : path;
    files.set(path, await staticFile(name, Buffer.from(text), SAFE, false));
  };
  await add('/graphql', PAGE);
  await add(`${FOLDER}workers.js`, WORKERS);
  await add(`${FOLDER}start.js`, START);
  await add(`${FOLDER}icon.svg`, ICON);
  await add(`${FOLDER}app.js`, parts.js);
  await add(`${FOLDER}app.css`, parts.css);
  await add(`${FOLDER}editor-worker.js`, parts.editorWorkerService);
  await add(`${FOLDER}json-worker.js`, parts.jsonWorker);
  await add(`${FOLDER}graphql-worker.js`, parts.graphqlWorker);
  return {
    answer(request, response, path) {
      const file = files.get(path);
      if (file === undefined) return false;
      serveFile(file, request, response);
      return true;
    },
  };
}
