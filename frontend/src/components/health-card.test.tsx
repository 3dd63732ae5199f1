// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HealthCard } from './health-card';

const ok = () => Response.json({ status: 'ok' });
const serverError = () => new Response('', { status: 500 });

/** Every request that the card has sent; each stays unanswered until a test answers it. */
let requests: { signal: AbortSignal; settle: (outcome: Response | Error) => void }[];

beforeEach(() => {
  requests = [];
  vi.stubEnv('VITE_API_BASE_URL', undefined); // whatever the shell or .env.local says
  vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) => {
    return new Promise<Response>((resolve, reject) => {
      const settle = (outcome: Response | Error) =>
        outcome instanceof Error ? reject(outcome) : resolve(outcome);
      requests.push({ signal, settle });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

function mount() {
  return render(<HealthCard />, { wrapper: StrictMode });
}

function status(): HTMLElement {
  return screen.getByRole('status');
}

function button(): HTMLButtonElement {
  return screen.getByRole('button', { name: 'Check again' });
}

function icon(): string | undefined {
  return status().querySelector('svg')?.innerHTML;
}

/** Answers the latest request, and waits until the card shows it. */
async function answer(outcome: Response | Error) {
  await act(async () => requests.at(-1)?.settle(outcome));
  await waitFor(() => expect(status().textContent).not.toBe('Loading…'));
}

describe('HealthCard', () => {
  test('asks once when it is mounted: StrictMode aborts the first of two requests, without an error', async () => {
    mount();
    await act(() => new Promise((resolve) => setTimeout(resolve)));
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(status().textContent).toBe('Loading…');
  });

  test('shows Loading… and then status: ok', async () => {
    mount();
    expect(status().textContent).toBe('Loading…');
    await answer(ok());
    expect(status().textContent).toBe('status: ok');
  });

  test('shows Loading… again and then the new answer when its button is pressed', async () => {
    mount();
    await answer(ok());
    await userEvent.click(button());
    expect(status().textContent).toBe('Loading…');
    await answer(serverError());
    expect(status().textContent).toBe('Error: the API answered with HTTP 500');
    await userEvent.click(button());
    expect(status().textContent).toBe('Loading…');
    await answer(ok());
    expect(status().textContent).toBe('status: ok');
  });

  test('shows the hint of an error', async () => {
    mount();
    await answer(new TypeError('Failed to fetch'));
    expect(status().textContent).toMatch(/^Error: cannot reach the API/);
    expect(screen.getByText(/^Is it running at http:\/\/localhost:8000 /)).toBeTruthy();
  });

  test('sends one request when its button is pressed twice in a row', async () => {
    mount();
    await answer(ok());
    requests = [];
    await userEvent.dblClick(button());
    expect(requests).toHaveLength(1);
    await answer(ok());
    act(() => {
      button().click();
      button().click(); // before React has rendered the first press
    });
    expect(requests).toHaveLength(2);
  });

  test('has a button that is aria-disabled while it loads, and keeps the focus', async () => {
    mount();
    expect(button().getAttribute('aria-disabled')).toBe('true');
    await answer(ok());
    expect(button().getAttribute('aria-disabled')).toBe('false');
    await userEvent.click(button());
    expect(button().getAttribute('aria-disabled')).toBe('true');
    expect(button().disabled).toBe(false); // a disabled button would lose the focus
    await answer(serverError());
    expect(document.activeElement).toBe(button());
  });

  test.each([
    ['Enter', '{Enter}'],
    ['Space', ' '],
  ])('asks again when %s is pressed on its button', async (_, key) => {
    mount();
    await answer(ok());
    requests = [];
    await userEvent.tab();
    expect(document.activeElement).toBe(button());
    await userEvent.keyboard(key);
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['a success', ok],
    ['an error', serverError],
  ])(
    'never asks on its own after %s, in ten minutes or when somebody comes back',
    async (_, response) => {
      vi.useFakeTimers();
      mount();
      await act(async () => {
        requests.at(-1)?.settle(response());
        await vi.advanceTimersByTimeAsync(0);
      });
      expect(status().textContent).not.toBe('Loading…');
      requests = [];
      await act(() => vi.advanceTimersByTimeAsync(10 * 60 * 1000));
      await act(async () => {
        for (const type of ['focus', 'online', 'pageshow']) window.dispatchEvent(new Event(type));
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        await vi.advanceTimersByTimeAsync(10 * 1000);
      });
      expect(requests).toEqual([]);
    },
  );

  test('tells screen readers of each state in one status element that stays', async () => {
    mount();
    const first = status();
    expect(first.getAttribute('aria-live')).not.toBe('off');
    await answer(ok());
    expect(status()).toBe(first);
    expect(first.getAttribute('aria-live')).not.toBe('off');
    await userEvent.click(button());
    await answer(serverError());
    expect(status()).toBe(first);
    expect(first.getAttribute('aria-live')).not.toBe('off');
  });

  test('has an icon of its own in each state', async () => {
    mount();
    const icons = [icon()];
    await answer(ok());
    icons.push(icon());
    await userEvent.click(button());
    await answer(serverError());
    icons.push(icon());
    expect(icons).not.toContain(undefined);
    expect(new Set(icons).size).toBe(3);
  });

  test('aborts its request when it is unmounted', () => {
    mount().unmount();
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });
});
