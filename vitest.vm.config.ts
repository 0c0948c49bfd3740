/** The tests that run inside the virtual machine (npm run test:vm). It emulates its processor: everything takes long there. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/vm/guest/**/*.test.ts'],
    // They share the one kernel and its devices.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
