import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Runs a script as a page of headless Chromium.
 * @param script a module
 * @param input what the page gets at `/input`, as JSON
 * @returns what it posts to `/done`, as text
 */
export async function inBrowser(
  program: string,
  script: string,
  input: unknown,
  profile: string,
): Promise<string> {
  const said = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const send = (type: string, body: string): unknown =>
      response.writeHead(200, { 'content-type': type }).end(body);
    if (request.url === '/page.js') return send('text/javascript', script);
    if (request.url === '/input') return send('application/json', JSON.stringify(input));
    if (request.url === '/done') {
      text(request).then(said.resolve, said.reject);
      return send('text/plain', '');
    }
    return send('text/html', '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const child = spawn(
    program,
    [
      ...[
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-dev-shm-usage',
      ],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[`--user-data-dir=${path.resolve(profile)}`, `http://127.0.0.1:${port}/`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const words = text(child.stderr);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void ended.then(async () => said.reject(new Error(`Chromium ended: ${(await words).slice(-2000)}`)));
  try {
    return await said.promise;
  } finally {
    child.kill('SIGKILL');
    await ended;
    server.closeAllConnections();
    server.close();
  }
}
