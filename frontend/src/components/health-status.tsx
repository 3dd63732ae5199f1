import type { RequestState } from '../hooks/use-request';
import { ApiError } from '../lib/api';
import type { Health } from '../lib/health';

type HealthState = RequestState<Health>;

const STYLES: Record<HealthState['kind'], { color: string; icon: string }> = {
  loading: { color: 'text-muted-foreground', icon: 'M12 3a9 9 0 1 0 9 9' },
  success: { color: 'text-success', icon: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0M8 12l3 3 5-6' },
  error: { color: 'text-destructive', icon: 'M12 3 2 20h20ZM12 10v4m0 3v.01' },
};

function messageOf(state: HealthState): string {
  switch (state.kind) {
    case 'loading':
      return 'Loading…';
    case 'success':
      return `status: ${state.data.status}`;
    case 'error':
      return `Error: ${state.error.message}`;
  }
}

/** Shows the state of the API, and announces each change to screen readers. */
export function HealthStatus({ state }: { state: HealthState }) {
  const { color, icon } = STYLES[state.kind];
  const hint = state.kind === 'error' && state.error instanceof ApiError && state.error.hint;
  // One element for every state: screen readers only announce changes inside a region they know.
  return (
    <div
      role="status"
      data-state={state.kind}
      className="my-6 grid min-h-46 content-center rounded-xl bg-muted p-4 wrap-anywhere sm:min-h-30"
    >
      <p className={`flex gap-2 font-medium ${color}`}>
        <svg
          aria-hidden="true"
          viewBox="0 0 24 24"
          className={`mt-0.5 size-5 shrink-0 fill-none stroke-current stroke-2 ${state.kind === 'loading' ? 'motion-safe:animate-spin' : ''}`}
        >
          <path d={icon} strokeLinecap="round" strokeLinejoin="round" />
        </svg>
        <span>{messageOf(state)}</span>
      </p>
      {hint && <p className="mt-1 ml-7 text-sm text-muted-foreground">{hint}</p>}
    </div>
  );
}
