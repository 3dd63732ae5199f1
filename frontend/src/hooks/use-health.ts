import { useEffect, useState } from 'react';
import type { ApiError } from '../lib/api';
import { fetchHealth, type Health } from '../lib/health';

/** What is known of the API right now. */
export type HealthState =
  | { kind: 'loading' }
  | { kind: 'success'; health: Health }
  | { kind: 'error'; error: ApiError };

/**
 * Asks for the API's health when the component mounts, and again on request.
 *
 * @returns `state`, and `checkAgain`, which does nothing while a request is in flight.
 */
export function useHealth(): { state: HealthState; checkAgain: () => void } {
  const [state, setState] = useState<HealthState>({ kind: 'loading' });
  const loading = state.kind === 'loading';

  // Being in the loading state is what sends the request, so there is never more than one.
  useEffect(() => {
    if (!loading) return;
    const controller = new AbortController();
    const settle = (next: HealthState) => {
      if (!controller.signal.aborted) setState(next);
    };
    fetchHealth(controller.signal).then(
      (health) => settle({ kind: 'success', health }),
      (error: ApiError) => settle({ kind: 'error', error }),
    );
    return () => controller.abort();
  }, [loading]);

  return { state, checkAgain: () => setState({ kind: 'loading' }) };
}
