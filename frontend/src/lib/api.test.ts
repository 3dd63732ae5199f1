import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sendJson } from './api';
import { fetchHealth } from './health';

const ORIGIN = 'http://localhost:5173';
const TIMED_OUT = ['pending', 'ApiError: no answer from the API within 5 seconds'];
const signal = new AbortController().signal;
let api: Server | undefined;

/** Starts an API, until the test ends, and has `VITE_API_BASE_URL` name it. */
async function startApi(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  api = server;
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('VITE_API_BASE_URL', url);
  return { server, url };
}

/** Returns the outcome of a request after 4,999 and after 5,000 milliseconds of the fake clock. */
async function outcomesAroundFiveSeconds(health: Promise<unknown>): Promise<string[]> {
  let outcome = 'pending';
  const settled = health.then(
    () => (outcome = 'success'),
    (error: Error) => (outcome = `${error.name}: ${error.message}`),
  );
  await vi.advanceTimersByTimeAsync(4999);
  const before = outcome;
  await vi.advanceTimersByTimeAsync(1);
  await settled;
  return [before, outcome];
}

/** Replaces `fetch` by one that sends nothing and says that the API is up. */
function stubFetch() {
  return vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ status: 'ok' }));
}

beforeEach(() => {
  vi.stubEnv('VITE_API_BASE_URL', undefined); // whatever the shell or .env.local says
  vi.stubGlobal('location', { origin: ORIGIN });
});

afterEach(() => {
  api?.close().closeAllConnections();
  api = undefined;
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the answer of the API', () => {
  test('is asked for with GET /health, and never taken from a cache', async () => {
    const requests: unknown[] = [];
    await startApi(({ method, url, headers }, response) => {
      requests.push([method, url, headers['cache-control']]);
      response.end('{"status":"ok","version":"2"}');
    });
    expect(await fetchHealth(signal)).toEqual({ status: 'ok' });
    expect(requests).toEqual([['GET', '/health', 'no-cache']]);
  });

  test.each([
    ['HTTP 500', 500, '{"status":"ok"}', 'the API answered with HTTP 500'],
    ['HTTP 404', 404, '{"status":"ok"}', 'the API answered with HTTP 404'],
    ['a web page', 200, '<!doctype html>', 'the API answered with something that is not JSON'],
    ['an empty body', 200, '', 'the API answered with something that is not JSON'],
    ['null', 200, 'null', 'the API answered without a status'],
    ['no status', 200, '{}', 'the API answered without a status'],
    ['a status that is no text', 200, '{"status":1}', 'the API answered without a status'],
    ['status: degraded', 200, '{"status":"degraded"}', 'the API reports status: degraded'],
  ])('is an error when it is %s', async (_, status, body, message) => {
    await startApi((_request, response) => response.writeHead(status).end(body));
    await expect(fetchHealth(signal)).rejects.toMatchObject({ name: 'ApiError', message });
  });
});

describe('sending JSON', () => {
  test('sends method, path and body, and returns what comes back', async () => {
    const requests: unknown[] = [];
    await startApi(async (request, response) => {
      const { method, url, headers } = request;
      requests.push([method, url, headers['content-type'], await text(request)]);
      response.end('{"id":1}');
    });
    expect(await sendJson('POST', '/contacts', { name: 'é' }, signal)).toEqual({ id: 1 });
    expect(requests).toEqual([['POST', '/contacts', 'application/json', '{"name":"é"}']]);
  });

  test('takes an answer without content', async () => {
    await startApi((_request, response) => response.writeHead(204).end());
    expect(await sendJson('DELETE', '/contacts/1', {}, signal)).toBeUndefined();
  });

  test('fails like a question, with a hint that names the route', async () => {
    await startApi((_request, response) => response.writeHead(422).end('{}'));
    const refused = sendJson('PUT', '/contacts/1', {}, signal);
    await expect(refused).rejects.toMatchObject({ message: 'the API answered with HTTP 422' });
    vi.stubEnv('VITE_API_BASE_URL', 'http://127.0.0.1:1');
    const hint = `Is it running at http://127.0.0.1:1 (VITE_API_BASE_URL), and does it have PUT /contacts/1 for ${ORIGIN}?`;
    const lost = sendJson('PUT', '/contacts/1', {}, signal);
    await expect(lost).rejects.toMatchObject({ message: 'cannot reach the API', hint });
  });
});

describe('the time limit', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    // The fake clock does not reach the platform's own timer.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), milliseconds);
      return controller.signal;
    });
  });

  test('is 5 seconds when the API never answers', async () => {
    const { server } = await startApi(() => {});
    const health = fetchHealth(signal);
    await once(server, 'request');
    expect(await outcomesAroundFiveSeconds(health)).toEqual(TIMED_OUT);
  });

  test('is 5 seconds when the API stops in the middle of its answer', async () => {
    await startApi((_, response) => response.write('{"status":'));
    const fetch = vi.spyOn(globalThis, 'fetch');
    const health = fetchHealth(signal);
    await fetch.mock.results[0]?.value; // the headers have arrived
    expect(await outcomesAroundFiveSeconds(health)).toEqual(TIMED_OUT);
  });
});

describe('a request', () => {
  test('that does not reach the API fails with a hint that names base URL and origin', async () => {
    const { url } = await startApi((request) => request.socket.destroy());
    await expect(fetchHealth(signal)).rejects.toMatchObject({
      name: 'ApiError',
      message: 'cannot reach the API',
      hint: `Is it running at ${url} (VITE_API_BASE_URL), and does it allow ${ORIGIN} (CORS_ORIGINS)?`,
    });
  });

  test('that is aborted by the caller ends at once and rejects with the reason', async () => {
    const { server } = await startApi(() => {});
    const controller = new AbortController();
    const health = fetchHealth(controller.signal);
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    const reason = new Error('not needed any more');
    controller.abort(reason);
    await expect(health).rejects.toBe(reason);
    await once(request.socket, 'close');
  });
});

describe('VITE_API_BASE_URL', () => {
  test.each([
    ['unset', 'http://localhost:8000/health', undefined],
    ['empty', 'http://localhost:8000/health', ''],
    ['blank', 'http://localhost:8000/health', '  '],
    ['with https', 'https://api.example/health', 'https://api.example'],
    ['with a path', 'http://api.example:9000/sub/health', 'http://api.example:9000/sub'],
    [
      'with trailing slashes',
      'http://api.example:9000/sub/health',
      'http://api.example:9000/sub//',
    ],
  ])('%s sends the request to %s', async (_, url, value) => {
    vi.stubEnv('VITE_API_BASE_URL', value);
    const fetch = stubFetch();
    await fetchHealth(signal);
    expect(fetch.mock.calls.map(([input]) => input)).toEqual([url]);
  });

  test.each(['localhost:8000', 'http://', '/api', 'ftp://api.example'])(
    'set to %s is refused, and no request is sent',
    async (value) => {
      vi.stubEnv('VITE_API_BASE_URL', value);
      const fetch = stubFetch();
      await expect(fetchHealth(signal)).rejects.toMatchObject({
        name: 'ApiError',
        message: 'VITE_API_BASE_URL is not a web address',
        hint: 'It must start with http:// or https://.',
      });
      expect(fetch).not.toHaveBeenCalled();
    },
  );
});
