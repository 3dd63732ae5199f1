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
  test: { isolate: false }, // quicker; each test cleans up what it changed
});
