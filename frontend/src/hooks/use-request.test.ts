// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { useRequest } from './use-request';

afterEach(cleanup);

const rejectWithText = () => Promise.reject<never>('out of order');
const loadNew = () => Promise.resolve('new');

describe('useRequest', () => {
  test('turns a rejection that is no Error into one', async () => {
    const { result } = renderHook(() => useRequest(rejectWithText));
    await act(async () => {});
    expect(result.current.state).toEqual({ kind: 'error', error: new Error('out of order') });
  });

  test('sends a new request, and aborts the old one, for a new function', async () => {
    const signals: AbortSignal[] = [];
    const loadOld = (signal: AbortSignal) => new Promise<string>(() => signals.push(signal));
    const { result, rerender } = renderHook(useRequest<string>, { initialProps: loadOld });
    rerender(loadNew);
    await act(async () => {});
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(result.current.state).toEqual({ kind: 'success', data: 'new' });
  });
});
