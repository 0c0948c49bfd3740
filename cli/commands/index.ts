/** The sub-commands, in the order in which the help lists them. */
import type { Define } from '../command.ts';
import { defineAgent } from './agent.ts';
import { defineConformance } from './conformance.ts';
import { defineDemo } from './demo.ts';
import { defineDoctor } from './doctor.ts';
import { defineEmulate } from './emulate.ts';
import { defineFilter } from './filter.ts';
import { defineHost } from './host.ts';
import { defineMei } from './mei.ts';
import { defineNic } from './nic.ts';
import { defineReplay } from './replay.ts';
import { defineShow } from './show.ts';
import { defineValidate } from './validate.ts';

export const COMMANDS: readonly Define[] = [
  defineDemo,
  defineEmulate,
  defineHost,
  defineConformance,
  defineReplay,
  defineValidate,
  defineShow,
  defineFilter,
  defineNic,
  defineAgent,
  defineMei,
  defineDoctor,
];
