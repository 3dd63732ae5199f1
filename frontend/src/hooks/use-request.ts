import { useEffect, useState } from 'react';

type Outcome<T> = { kind: 'success'; data: T } | { kind: 'error'; error: Error };

/** What is known of a request right now. */
export type RequestState<T> = { kind: 'loading' } | Outcome<T>;

/**
 * Sends a request when the component mounts, and again on demand.
 *
 * @param load - Sends the request. Must be the same function in every render: a new function
 *   sends a new request.
 * @returns `state`, and `refetch`, which does nothing while a request is in flight.
 */
export function useRequest<T>(load: (signal: AbortSignal) => Promise<T>): {
  state: RequestState<T>;
  refetch: () => void;
} {
  const [attempt, setAttempt] = useState(1);
  const [settled, setSettled] = useState<{ attempt: number; outcome: Outcome<T> }>();
  // The outcome of an earlier attempt says nothing about this one: it is loading.
  const state: RequestState<T> =
    settled?.attempt === attempt ? settled.outcome : { kind: 'loading' };

  useEffect(() => {
    const controller = new AbortController();
    const settle = (outcome: Outcome<T>) => {
      if (!controller.signal.aborted) setSettled({ attempt, outcome });
    };
    load(controller.signal).then(
      (data) => settle({ kind: 'success', data }),
      (error: unknown) => settle({ kind: 'error', error: toError(error) }),
    );
    return () => controller.abort();
  }, [load, attempt]);

  const refetch = () => {
    if (state.kind !== 'loading') setAttempt(attempt + 1);
  };
  return { state, refetch };
}

// A promise may reject with any value.
function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
