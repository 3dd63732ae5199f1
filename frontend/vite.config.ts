/// <reference types="vitest/config" />
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The API's CORS default names this port: moving to a free one would only look like it works.
const address = { host: '127.0.0.1', port: 5173, strictPort: true };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  server: address,
  preview: address,
  // React's build for tests, whatever NODE_ENV the shell has; quicker: each test cleans up itself
  test: { env: { NODE_ENV: 'test' }, isolate: false },
});
