import { ApiError, getJson } from './api';

/** The answer of an API that is up. */
export type Health = { status: 'ok' };

/**
 * Asks the API whether it is up (`GET /health`).
 *
 * @param signal - Aborts the request; the promise then rejects with the signal's reason.
 * @throws {@link ApiError} when the call fails or the API reports anything but `ok`.
 */
export async function fetchHealth(signal: AbortSignal): Promise<Health> {
  const body = await getJson('/health', signal);
  const status = (body as { status?: unknown } | null)?.status;
  if (typeof status !== 'string') throw new ApiError('the API answered without a status');
  if (status !== 'ok') throw new ApiError(`the API reports status: ${status}`);
  return { status };
}
