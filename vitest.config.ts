import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those run in the virtual machine (vitest.vm.config.ts).
    exclude: [...configDefaults.exclude, 'test/vm/guest/**'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 120_000,
  },
});
