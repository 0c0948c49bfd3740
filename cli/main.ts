#!/usr/bin/env node
/** The `sapwood` command. */
import { run } from './program.ts';

process.exitCode = await run(process.argv);
