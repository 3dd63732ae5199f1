import { useRequest } from '../hooks/use-request';
import { fetchHealth } from '../lib/health';
import { HealthStatus } from './health-status';
import { Button } from './ui/button';

/** Shows whether the API is up, and asks again when its button is pressed. */
export function HealthCard() {
  const { state, refetch } = useRequest(fetchHealth);
  return (
    <section
      aria-labelledby="health-title"
      className="w-full max-w-md rounded-2xl border bg-card p-5 text-card-foreground shadow-sm sm:p-8"
    >
      <h1 id="health-title" className="text-2xl font-semibold tracking-tight">
        IA-CRM
      </h1>
      <p className="mt-1 text-muted-foreground">Is the API up?</p>
      <HealthStatus state={state} />
      <Button className="w-full" aria-disabled={state.kind === 'loading'} onClick={refetch}>
        Check again
      </Button>
    </section>
  );
}
