import { HealthCard } from './components/health-card';

/** The landing page. */
export function App() {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <HealthCard />
    </main>
  );
}
