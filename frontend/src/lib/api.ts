const DEFAULT_BASE_URL = 'http://localhost:8000';
const TIMEOUT_SECONDS = 5;

/** A failed call to the API: `message` says what happened, `hint` what to look at. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

// Empty or blank means unset: "" as a base would ask the page's own server, which answers with HTML.
function baseUrl(): string {
  const url = import.meta.env.VITE_API_BASE_URL?.trim() || DEFAULT_BASE_URL;
  // `new URL('localhost:8000')` parses, with the scheme "localhost:".
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new ApiError(
      'VITE_API_BASE_URL is not a web address',
      'It must start with http:// or https://.',
    );
  }
  return url.replace(/\/+$/, '');
}

/**
 * Asks the API at `VITE_API_BASE_URL` (default `http://localhost:8000`) with GET
 * and returns the JSON of its answer, unchecked.
 * Headers and body together must arrive within 5 seconds.
 *
 * @param path - Path below the base URL, with its leading slash.
 * @param signal - Aborts the request; the promise then rejects with the signal's reason.
 * @throws {@link ApiError} when the base URL is wrong, no answer comes, or it is not 2xx with JSON.
 */
export function getJson(path: string, signal: AbortSignal): Promise<unknown> {
  return request(path, { signal }, `does it allow ${location.origin} (CORS_ORIGINS)`);
}

/**
 * Sends JSON to the API, as `getJson` asks it; an answer without content (HTTP 204) is `undefined`.
 *
 * @param method - What the route of the API takes.
 * @param body - Becomes JSON.
 */
export function sendJson(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const init = {
    method,
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
    signal,
  };
  // The browser asks beforehand, and hides why the API said no.
  return request(path, init, `does it have ${method} ${path} for ${location.origin}`);
}

async function request(
  path: string,
  init: RequestInit & { signal: AbortSignal },
  question: string,
): Promise<unknown> {
  const base = baseUrl();
  const timeout = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  try {
    const signal = AbortSignal.any([init.signal, timeout]);
    const response = await fetch(base + path, { cache: 'no-store', ...init, signal });
    if (!response.ok) throw new ApiError(`the API answered with HTTP ${response.status}`);
    return response.status === 204 ? undefined : await response.json();
  } catch (error) {
    init.signal.throwIfAborted();
    if (error instanceof ApiError) throw error;
    if (error instanceof SyntaxError) {
      throw new ApiError('the API answered with something that is not JSON');
    }
    // Which signal fired says why; the name of the error need not.
    if (timeout.aborted) {
      throw new ApiError(`no answer from the API within ${TIMEOUT_SECONDS} seconds`);
    }
    throw new ApiError(
      'cannot reach the API',
      `Is it running at ${base} (VITE_API_BASE_URL), and ${question}?`,
    );
  }
}
